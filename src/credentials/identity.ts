import { X509Certificate } from 'node:crypto';
import type { Credential } from './credentials.ts';

/** Whom the API server knows somebody as: `authentication.k8s.io/v1 UserInfo`. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: ReadonlyMap<string, readonly string[]> | undefined;
}

/**
 * How we know: the cluster's own word (SelfSubjectReview), the subject of the client certificate, the claims of a token
 * (unverified), the kubeconfig (basic authentication), or not at all.
 */
export type IdentitySource =
  | 'SelfSubjectReview'
  | 'client certificate'
  | 'token claims'
  | 'kubeconfig'
  | 'unknown';

/** Who the API server takes us for. */
export interface Identity {
  readonly user: UserInfo;
  readonly source: IdentitySource;
}

/** Of requests that prove somebody whom we do not know. */
export const UNKNOWN: Identity = {
  user: { username: 'system:unknown', groups: [] },
  source: 'unknown',
};

/** Whom kube-apiserver takes a request for that proves nothing, where it lets it in (`authentication/request/anonymous`). */
const ANONYMOUS: Identity = {
  user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
  source: 'kubeconfig',
};

const AUTHENTICATED = 'system:authenticated';

/** What a credential says of its owner, as kube-apiserver reads it, which looks at certificates first. */
export function identityOf({ authorization, clientCertificate }: Credential): Identity {
  if (clientCertificate !== undefined) return ofCertificate(clientCertificate.cert) ?? UNKNOWN;
  if (authorization === undefined) return ANONYMOUS;
  const [scheme = '', value = ''] = authorization.split(' ', 2);
  if (scheme === 'Basic') return ofBasic(value);
  return ofToken(value) ?? UNKNOWN;
}

/** The common name and the organisations (`authentication/request/x509 CommonNameUserConversion`). */
function ofCertificate(pem: string): Identity | undefined {
  try {
    const { CN, O } = new X509Certificate(pem).toLegacyObject().subject;
    // Node has one value, or all of a name that stands there several times; the types know of one.
    const groups = [O ?? []].flat();
    const username = [CN ?? []].flat().at(-1);
    if (username === undefined) return undefined;
    return { user: { username, groups: [...groups, AUTHENTICATED] }, source: 'client certificate' };
  } catch {
    return undefined;
  }
}

function ofBasic(value: string): Identity {
  const [username = ''] = Buffer.from(value, 'base64').toString('utf8').split(':', 1);
  return { user: { username, groups: [AUTHENTICATED] }, source: 'kubeconfig' };
}

/** A service account's token names it; of others, kube-apiserver by default takes issuer and subject (`--oidc-username-claim`). */
function ofToken(token: string): Identity | undefined {
  const claims = claimsOf(token);
  const { sub, iss } = claims ?? {};
  if (claims === undefined || typeof sub !== 'string' || sub === '') return undefined;
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(sub) ?? [];
  if (namespace === undefined) {
    const username = typeof iss === 'string' ? `${iss}#${sub}` : sub;
    return { user: { username, groups: [AUTHENTICATED] }, source: 'token claims' };
  }
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED];
  return { user: { username: sub, uid: accountUid(claims), groups }, source: 'token claims' };
}

function accountUid(claims: Readonly<Record<string, unknown>>): string | undefined {
  const kubernetes = claims['kubernetes.io'] as { serviceaccount?: { uid?: unknown } } | undefined;
  const uid =
    kubernetes?.serviceaccount?.uid ?? claims['kubernetes.io/serviceaccount/service-account.uid'];
  return typeof uid === 'string' ? uid : undefined;
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null
      ? (claims as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The user that a SelfSubjectReview's answer names; undefined for what is no such answer. */
export function reviewedUser(text: string): UserInfo | undefined {
  try {
    const review = JSON.parse(text) as { status?: { userInfo?: Partial<Record<string, unknown>> } };
    const { username, uid, groups, extra } = review.status?.userInfo ?? {};
    if (typeof username !== 'string') return undefined;
    return {
      username,
      uid: typeof uid === 'string' ? uid : undefined,
      groups: texts(groups),
      extra:
        extra === undefined
          ? undefined
          : new Map(Object.entries(extra ?? {}).map(([key, values]) => [key, texts(values)])),
    };
  } catch {
    return undefined;
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

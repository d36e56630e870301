import type { CredentialState } from '../credentials/credentials.ts';
import { asPortholeError, PortholeError } from '../errors.ts';
import type { User } from '../kubeconfig/kubeconfig.ts';
import { credentialText } from './credential-state.ts';
import { adviceOn, adviceOnLogin, NOT_TAKEN } from './doctor-advice.ts';
import {
  certificateOf,
  expiredCredential,
  readClaims,
  tokenOf,
  withoutSecrets,
} from './doctor-credentials.ts';
import { sentence } from './doctor-layout.ts';

/** An answer of the API server, or of porthole in its place. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The way to the API server that every client of porthole takes. Its promises reject when there is no answer. */
export interface Connection {
  get(path: string): Promise<Answer>;
  /** `body` is JSON. */
  post(path: string, body: string): Promise<Answer>;
  /** How the credentials are that it has used. */
  credentials(): CredentialState;
  close(): Promise<void>;
  /** The same at once, with what runs for it. */
  destroy(): void;
}

/** How a check went, in printable words. */
export interface Finding {
  readonly verdict: 'ok' | 'warn' | 'FAIL' | 'skip';
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** What the checks of a cluster need. */
export interface CheckOptions {
  readonly user: User;
  /** Until an answer has to be here. */
  readonly timeoutMs: number;
  readonly now: Date;
}

/** Can the API server be reached? Asks for its version. Not to be allowed to know it is no failure. */
export async function checkReach(connection: Connection, options: CheckOptions): Promise<Finding> {
  const began = performance.now();
  try {
    const { status, body } = await within(options.timeoutMs, connection.get('/version'));
    const ms = Math.round(performance.now() - began);
    const version = textIn(body, 'gitVersion');
    if (status === 200 && version !== undefined)
      return { verdict: 'ok', text: `${clean(version, options.user)}, in ${ms} ms` };
    if (status === 403) {
      const why = clean(textIn(body, 'message') ?? 'forbidden', options.user);
      return { verdict: 'ok', text: `reached, in ${ms} ms; its version is not for you: ${why}` };
    }
    return refusal({ status, body }, options);
  } catch (error) {
    return failure(asPortholeError(error).message);
  }
}

/** How are the credentials? Says what is not in the kubeconfig: what a plugin or a file has given, and when it ends. */
export function checkCredentials(connection: Connection, now: number): Finding {
  const state = connection.credentials();
  const text = credentialText(state, now);
  return state.failure === undefined ? { verdict: 'ok', text } : failure(text);
}

/** As API servers know it: v1 since 1.28, the others before. */
const REVIEW_VERSIONS = ['v1', 'v1beta1', 'v1alpha1'];

/** Who am I? Asks the API server, or concludes from the credentials where it cannot tell. */
export async function checkIdentity(
  connection: Connection,
  options: CheckOptions,
): Promise<Finding> {
  try {
    for (const version of REVIEW_VERSIONS) {
      const answer = await within(options.timeoutMs, review(connection, version));
      if (answer.status === 404) continue;
      if (answer.status === 401 || answer.status >= 500) return refusal(answer, options);
      return told(answer, options);
    }
    return concludeIdentity(options.user, 'the API server has no SelfSubjectReview');
  } catch (error) {
    return failure(asPortholeError(error).message);
  }
}

function review(connection: Connection, version: string): Promise<Answer> {
  const apiVersion = `authentication.k8s.io/${version}`;
  const body = JSON.stringify({ apiVersion, kind: 'SelfSubjectReview' });
  return connection.post(`/apis/${apiVersion}/selfsubjectreviews`, body);
}

function told({ status, body }: Answer, { user }: CheckOptions): Finding {
  const info = fieldsIn(fieldsIn(parsed(body))['status'])['userInfo'];
  const { username, groups } = fieldsIn(info);
  if (typeof username !== 'string') {
    const why = clean(textIn(body, 'message') ?? `SelfSubjectReview answered ${status}`, user);
    return concludeIdentity(user, why);
  }
  const list = Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
  const text = `${clean(username, user)}, groups ${clean(list.join(', ') || 'none', user)}`;
  const isProven = user.impersonate === undefined && conclusion(user) !== undefined;
  return isProven && username === 'system:anonymous'
    ? { verdict: 'FAIL', text, advice: NOT_TAKEN }
    : { verdict: 'ok', text };
}

/** Who the credentials say that we are, and why the API server does not tell. */
export function concludeIdentity(user: User, why: string): Finding {
  const who = conclusion(user) ?? 'system:anonymous, for want of credentials';
  return { verdict: 'ok', text: `${who}; not confirmed: ${why}` };
}

/** The certificate comes first, as among kube-apiserver's authenticators. */
function conclusion(user: User): string | undefined {
  const certificate = certificateOf(user);
  const subject = readClaims(tokenOf(user) ?? '')?.subject;
  if (user.impersonate !== undefined)
    return `probably ${sentence(user.impersonate.user)}, which the requests ask to act as`;
  if (certificate !== undefined)
    return `probably ${certificate.commonName}, by the client certificate`;
  if (subject !== undefined) return `probably ${subject}, by the claims of the token`;
  if (tokenOf(user) !== undefined) return 'whoever the token stands for';
  if (user.username !== undefined) return `probably ${sentence(user.username)}, by the user name`;
  const others = user.exec ?? user.authProvider;
  return others === undefined ? undefined : 'whoever the credential plugin logs in';
}

/** How messages begin with which porthole answers in place of the API server. */
const OWN = 'porthole: ';

function refusal({ status, body }: Answer, { user, now }: CheckOptions): Finding {
  const message = textIn(body, 'message');
  if (message?.startsWith(OWN)) return failure(clean(message.slice(OWN.length), user));
  const said = message === undefined ? '' : `: ${clean(message, user)}`;
  if (status === 401)
    return {
      verdict: 'FAIL',
      text: `the API server does not accept the credentials (401${said})`,
      advice: adviceOnLogin(expiredCredential(user, now)),
    };
  if (status === 200) return failure('answered without a Kubernetes version');
  return failure(`answered ${status}${said}`);
}

/** A failure, with advice by its words. */
export function failure(text: string): Finding {
  return { verdict: 'FAIL', text, advice: adviceOn(text) };
}

function clean(text: string, user: User): string {
  return sentence(withoutSecrets(text, user));
}

function textIn(body: string, field: string): string | undefined {
  const value = fieldsIn(parsed(body))[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function fieldsIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Resolves or rejects as `answer` does, unless that takes longer than `ms`. */
function within(ms: number, answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new PortholeError('ERR_UPSTREAM_TIMEOUT', `no answer within ${ms / 1000} s`);
    timer = setTimeout(() => reject(error), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

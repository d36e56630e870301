import type { User } from '../kubeconfig/kubeconfig.ts';
import type {
  ClientCertificate,
  Credential,
  CredentialKind,
  CredentialState,
  Credentials,
} from './credentials.ts';

/** Credentials that never change: always the same object. Another one comes with another configuration only. */
export class StaticCredentials implements Credentials {
  readonly renewable = false;
  readonly accepted = undefined;
  readonly busy = false;
  readonly state: CredentialState;
  readonly #credential: Credential;

  constructor(credential: Credential, kind: CredentialKind, expiresAt: number | undefined) {
    this.#credential = credential;
    this.state = { ...NOTHING_KNOWN, kind, expiresAt };
  }

  current(): Credential {
    return this.#credential;
  }

  renew(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  retry(): void {}

  close(): void {}
}

export const NOTHING_KNOWN: Omit<CredentialState, 'kind'> = {
  expiresAt: undefined,
  renewedAt: undefined,
  tookMs: undefined,
  failure: undefined,
};

/** `Authorization` from a token or a user name and password (RFC 6750 section 2.1, RFC 7617 section 2); undefined without. */
export function staticAuthorization(user: User): string | undefined {
  if (user.token !== undefined) return `Bearer ${user.token}`;
  if (user.username === undefined) return undefined;
  const pair = Buffer.from(`${user.username}:${user.password ?? ''}`, 'utf8');
  return `Basic ${pair.toString('base64')}`;
}

/** The user's client certificate and key, undefined without; the same object as `before` while they are the same. */
export function staticCertificate(
  { clientCertificate, clientKey }: User,
  before?: ClientCertificate,
): ClientCertificate | undefined {
  if (clientCertificate === undefined || clientKey === undefined) return undefined;
  const [cert, key] = [clientCertificate.pem, clientKey.pem];
  return before?.cert === cert && before.key === key ? before : { cert, key };
}

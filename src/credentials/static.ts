import { readFileSync } from 'node:fs';
import { PortholeError } from '../errors.ts';
import type { PemSource, User } from '../kubeconfig/kubeconfig.ts';
import type { ClientCertificate, Credential, Credentials } from './credentials.ts';

/** Credentials that never change: always the same object. */
export function staticCredentials(credential: Credential): Credentials {
  return { current: () => credential };
}

/** `Authorization` from a token or a user name and password (RFC 6750 section 2.1, RFC 7617 section 2); undefined without. */
export function staticAuthorization(user: User): string | undefined {
  if (user.token !== undefined) return `Bearer ${user.token}`;
  if (user.username === undefined) return undefined;
  const pair = Buffer.from(`${user.username}:${user.password ?? ''}`, 'utf8');
  return `Basic ${pair.toString('base64')}`;
}

/**
 * The user's client certificate and key, from data or files; undefined without.
 * @throws {PortholeError} `ERR_CREDENTIALS` when a file cannot be read
 */
export function readClientCertificate(user: User): ClientCertificate | undefined {
  if (user.clientCertificate === undefined || user.clientKey === undefined) return undefined;
  return { cert: readPem(user.clientCertificate), key: readPem(user.clientKey) };
}

function readPem(source: PemSource): string {
  if (source.kind === 'data') return source.pem;
  try {
    return readFileSync(source.path, 'utf8');
  } catch (cause) {
    throw new PortholeError(
      'ERR_CREDENTIALS',
      `cannot read ${JSON.stringify(source.path)}, which the kubeconfig names for the client certificate`,
      { cause },
    );
  }
}

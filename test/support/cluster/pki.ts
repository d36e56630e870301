import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificatePair, mintAuthority } from '../../../certs/mint.ts';

/** Both are in system:masters; the audit log tells which one a request came as. */
export const CERTIFICATE_USER = 'admin-by-certificate';
export const TOKEN_USER = 'admin-by-token';

const ADMINISTRATORS = 'system:masters';
const ROTATED_PAIRS = 4;

/** Whom the nth client certificate of `rotated` names, from 0; also an administrator. */
export function rotatedUser(nth: number): string {
  return `rotated-${nth}`;
}

/** The secrets of one cluster. Those that a program of the cluster reads are files beside it. */
export interface ClusterPki {
  readonly caPem: string;
  readonly client: CertificatePair;
  /** For tests that replace one by the next: each names another user. */
  readonly rotated: readonly CertificatePair[];
  readonly token: string;
  readonly files: {
    readonly ca: string;
    readonly serverCert: string;
    readonly serverKey: string;
    readonly clientCert: string;
    readonly clientKey: string;
    readonly tokens: string;
    readonly serviceAccountKey: string;
  };
}

/** One authority for everything: it signs the servers' certificates and says who the clients are. */
export function writePki(dir: string): ClusterPki {
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const authority = mintAuthority({ commonName: 'porthole-e2e' });
  const server = authority.issueServer();
  const administrator = (commonName: string): CertificatePair =>
    authority.issueClient({ commonName, organizations: [ADMINISTRATORS] });
  const client = administrator(CERTIFICATE_USER);
  const token = randomBytes(24).toString('base64url');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    caPem: authority.pem,
    client,
    rotated: Array.from({ length: ROTATED_PAIRS }, (_, nth) => administrator(rotatedUser(nth))),
    token,
    files: {
      ca: file('ca.crt', authority.pem),
      serverCert: file('server.crt', server.cert),
      serverKey: file('server.key', server.key),
      clientCert: file('client.crt', client.cert),
      clientKey: file('client.key', client.key),
      tokens: file('tokens.csv', `${token},${TOKEN_USER},${TOKEN_USER},${ADMINISTRATORS}\n`),
      serviceAccountKey: file(
        'service-account.key',
        privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
      ),
    },
  };
}

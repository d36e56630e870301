import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificatePair, mintAuthority } from '../../../certs/mint.ts';

/** Both are in system:masters; the audit log tells which one a request came as. */
export const CERTIFICATE_USER = 'admin-by-certificate';
export const TOKEN_USER = 'admin-by-token';

const ADMINISTRATORS = 'system:masters';

/** The secrets of one cluster. Those that a program of the cluster reads are files beside it. */
export interface ClusterPki {
  readonly caPem: string;
  readonly client: CertificatePair;
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
  const client = authority.issueClient({
    commonName: CERTIFICATE_USER,
    organizations: [ADMINISTRATORS],
  });
  const token = randomBytes(24).toString('base64url');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    caPem: authority.pem,
    client,
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

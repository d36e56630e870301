import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { type CertificatePair, mintAuthority } from './mint.ts';

/** What a server that asks for client certificates, and one client of it, need. */
export interface CertificateSet {
  readonly ca: string;
  readonly server: CertificatePair;
  readonly client: CertificatePair;
}

/** The names of the files, in the directory that the first two functions here are given. */
const FILES = {
  ca: 'ca.pem',
  serverCert: 'server.pem',
  serverKey: 'server-key.pem',
  clientCert: 'client.pem',
  clientKey: 'client-key.pem',
  kubeconfig: 'kubeconfig',
} as const;

const DAY_MS = 24 * 60 * 60_000;

/**
 * The set in `directory`, or a new one written there where it is missing, incomplete, inconsistent or has a day or less
 * to live. The authority's key is not kept: a new set is a new authority. `now` is for tests. Fails as node:fs does.
 */
export async function ensureCertificates(
  directory: string,
  now = new Date(),
): Promise<CertificateSet> {
  const found = await readSet(directory);
  if (found !== undefined && isIntact(found.ca, [found.server, found.client], now, DAY_MS)) {
    return found;
  }
  const set = mintSet();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writePrivate(path.join(directory, FILES.ca), set.ca);
  await writePrivate(path.join(directory, FILES.serverCert), set.server.cert);
  await writePrivate(path.join(directory, FILES.serverKey), set.server.key);
  await writePrivate(path.join(directory, FILES.clientCert), set.client.cert);
  await writePrivate(path.join(directory, FILES.clientKey), set.client.key);
  return set;
}

/** Writes a kubeconfig that names the set's files beside it, so that the client's key exists once. Returns its path. */
export async function writeKubeconfig(
  directory: string,
  options: { readonly name: string; readonly server: string },
): Promise<string> {
  const { name, server } = options;
  const file = path.join(directory, FILES.kubeconfig);
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server, 'certificate-authority': FILES.ca } }],
    users: [
      { name, user: { 'client-certificate': FILES.clientCert, 'client-key': FILES.clientKey } },
    ],
  };
  await writePrivate(file, stringify(content));
  return file;
}

function mintSet(): CertificateSet {
  const authority = mintAuthority({ commonName: 'porthole-demo-ca' });
  return {
    ca: authority.pem,
    server: authority.issueServer(),
    client: authority.issueClient({
      commonName: 'porthole-demo',
      organizations: ['system:masters'],
    }),
  };
}

async function readSet(directory: string): Promise<CertificateSet | undefined> {
  const read = (name: string) => readFile(path.join(directory, name), 'utf8');
  try {
    return {
      ca: await read(FILES.ca),
      server: { cert: await read(FILES.serverCert), key: await read(FILES.serverKey) },
      client: { cert: await read(FILES.clientCert), key: await read(FILES.clientKey) },
    };
  } catch {
    // Whatever can not be read is written anew, and that reports what is wrong with the directory.
    return undefined;
  }
}

/**
 * Whether the authority and all that it issued belong together, are valid at `now` and live for more than `leastLifeMs`
 * after. A crash between two of the files leaves parts of two sets, so that nothing is taken for granted.
 */
export function isIntact(
  ca: string,
  issued: readonly CertificatePair[],
  now: Date,
  leastLifeMs: number,
): boolean {
  try {
    const authority = new X509Certificate(ca);
    const lives = (certificate: X509Certificate) =>
      Date.parse(certificate.validFrom) <= now.getTime() &&
      Date.parse(certificate.validTo) - now.getTime() > leastLifeMs;
    return (
      lives(authority) &&
      issued.every(({ cert, key }) => {
        const certificate = new X509Certificate(cert);
        return (
          lives(certificate) &&
          certificate.verify(authority.publicKey) &&
          certificate.checkPrivateKey(createPrivateKey(key))
        );
      })
    );
  } catch {
    return false;
  }
}

/** A rename replaces the file whole, with our mode: a reader sees the old content or the new one. */
export async function writePrivate(file: string, content: string): Promise<void> {
  // Ends in .pem, as what git ignores does: a crash may leave it behind.
  const draft = path.join(path.dirname(file), `.${randomUUID()}.pem`);
  try {
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

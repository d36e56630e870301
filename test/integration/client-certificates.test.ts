import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder } from '../support/cli.ts';
import { ask, base64, root, startInFront } from '../support/in-front.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';

interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

const fixture = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../fixtures/kubeconfig/${name}`, import.meta.url)), 'utf8');
/** Self-signed: who trusts it as an authority knows its owner. */
const ec: CertificatePair = { cert: fixture('ec.crt'), key: fixture('ec.key') };
const rsa = root.issueClient({ commonName: 'rsa-user' });
const intermediate = root.issueAuthority({ commonName: 'intermediate' });
const leaf = intermediate.issueClient({ commonName: 'chain-user' });
const chain: CertificatePair = { cert: leaf.cert + intermediate.pem, key: leaf.key };
const serving = root.issueServer();

const NONE = { 'client-certificate-data': undefined, 'client-key-data': undefined };

function asData({ cert, key }: CertificatePair): object {
  return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
}

function asFiles({ cert, key }: CertificatePair): object {
  const folder = emptyFolder();
  const [certPath, keyPath] = [join(folder, 'client.crt'), join(folder, 'client.key')];
  writeFileSync(certPath, cert);
  writeFileSync(keyPath, key, { mode: 0o600 });
  return { ...NONE, 'client-certificate': certPath, 'client-key': keyPath };
}

const mixed = (pair: CertificatePair): object => ({
  ...asFiles(pair),
  'client-key': undefined,
  'client-key-data': base64(pair.key),
});

describe('the API server knows the user by', () => {
  const versions = ['TLSv1.3', 'TLSv1.2'] as const;
  const rows = [
    ['an EC certificate, given as data', 'ec-user', () => asData(ec)],
    ['an EC certificate, given as files', 'ec-user', () => asFiles(ec)],
    ['an EC certificate as a file and its key as data', 'ec-user', () => mixed(ec)],
    ['an RSA certificate, given as files', 'rsa-user', () => asFiles(rsa)],
    ['a certificate with its chain, given as files', 'chain-user', () => asFiles(chain)],
  ] as const;

  it.each(versions.flatMap((version) => rows.map((row) => [...row, version] as const)))(
    '%s: %s',
    async (_, name, user, maxVersion) => {
      const names: unknown[] = [];
      const upstream = await startUpstream(
        (_head, { tls }) => {
          const { subject } = tls.getPeerCertificate();
          names.push([tls.authorized, subject.CN, tls.getProtocol()]);
          return OK;
        },
        { ...serving, ca: [root.pem, ec.cert], maxVersion },
      );
      onTestFinished(() => upstream.close());
      const proxy = await startInFront(upstream.port, { user: { ...user() } });
      expect(await ask(proxy)).toContain('HTTP/1.1 200 OK\r\n');
      expect(names).toEqual([[true, name, maxVersion]]);
    },
  );
});

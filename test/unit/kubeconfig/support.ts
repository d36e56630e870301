import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import forge from 'node-forge';
import { onTestFinished } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import type { KubeconfigFlags, ResolvedConfig } from '../../../src/kubeconfig/kubeconfig.ts';
import { type LoadOptions, loadKubeconfig } from '../../../src/kubeconfig/load.ts';

/** A folder with these files, gone after the test. */
export function folder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'porthole-kubeconfig-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}

export const NOW = new Date('2030-01-01T00:00:00Z');

/** Loads with `dir` as the home folder and the working directory. */
export function load(
  dir: string,
  flags: KubeconfigFlags = {},
  more: Partial<LoadOptions> = {},
): ResolvedConfig {
  return loadKubeconfig({
    flags,
    env: { HOME: dir },
    cwd: dir,
    platform: 'linux',
    now: NOW,
    serviceAccountDir: join(dir, 'no-service-account'),
    ...more,
  });
}

/** Loads `text` as the only kubeconfig. */
export function loadText(text: string, flags: KubeconfigFlags = {}): ResolvedConfig {
  return load(folder({ config: text }), { kubeconfig: 'config', ...flags });
}

/** The message of the `PortholeError` that `action` throws: always one line. */
export function messageOf(action: () => unknown, code = 'ERR_KUBECONFIG'): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof PortholeError) || error.code !== code) throw error;
    if (/[\r\n]/.test(error.message)) throw new Error('more than one line', { cause: error });
    return error.message;
  }
  throw new Error('nothing was thrown');
}

/** A kubeconfig of one context `x`, cluster `c` and user `u`; arguments are the lines of the latter two. */
export function config(cluster: string, user = 'token: t0ken'): string {
  const lines = (text: string) => text.replaceAll('\n', '\n    ');
  return `current-context: x
contexts:
- name: x
  context: {cluster: c, user: u}
clusters:
- name: c
  cluster:
    ${lines(cluster)}
users:
- name: u
  user:
    ${lines(user)}
`;
}

export const HTTPS = 'server: https://c.example:6443';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A self-signed RSA certificate and its key. */
export function rsaPair(notBefore: Date, notAfter: Date): Pair {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const signer = forge.pki.privateKeyFromPem(key);
  const cert = forge.pki.createCertificate();
  cert.publicKey = forge.pki.setRsaPublicKey(signer.n, signer.e);
  cert.serialNumber = '01';
  cert.validity.notBefore = notBefore;
  cert.validity.notAfter = notAfter;
  cert.setSubject([{ name: 'commonName', value: 'rsa-user' }]);
  cert.setIssuer([{ name: 'commonName', value: 'rsa-user' }]);
  cert.sign(signer, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(cert), key };
}

/** An EC certificate that lasts from 2020 until 2125, minted once with `openssl req -x509`. */
export function ecPair(): Pair {
  const read = (name: string) =>
    readFileSync(new URL(`../../fixtures/kubeconfig/${name}`, import.meta.url), 'utf8');
  return { cert: read('ec.crt'), key: read('ec.key') };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificatePair } from '../../../certs/mint.ts';

/** Paths of kubeconfigs of one administrator each; `none` has no cluster at all, as on a machine without Kubernetes. */
export interface Kubeconfigs {
  readonly certificateData: string;
  readonly certificateFiles: string;
  readonly token: string;
  readonly certificateAndToken: string;
  readonly none: string;
}

export interface KubeconfigInput {
  readonly dir: string;
  readonly server: string;
  readonly caPem: string;
  readonly client: CertificatePair;
  readonly token: string;
}

/** Writes every form in which kubectl users carry their credentials. */
export function writeKubeconfigs(input: KubeconfigInput): Kubeconfigs {
  const { dir, client, token } = input;
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  file('ca.crt', input.caPem);
  file('client.crt', client.cert);
  file('client.key', client.key);
  const byData = {
    'client-certificate-data': base64(client.cert),
    'client-key-data': base64(client.key),
  };
  const authority = { 'certificate-authority-data': base64(input.caPem) };
  const authorityFile = { 'certificate-authority': 'ca.crt' };
  const byFiles = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };
  const config = (cluster: object, user: object): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'e2e',
      contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'admin' } }],
      clusters: [{ name: 'e2e', cluster: { server: input.server, ...cluster } }],
      users: [{ name: 'admin', user }],
    });
  return {
    certificateData: file('certificate-data.kubeconfig', config(authority, byData)),
    certificateFiles: file('certificate-files.kubeconfig', config(authorityFile, byFiles)),
    token: file('token.kubeconfig', config(authority, { token })),
    certificateAndToken: file('both.kubeconfig', config(authority, { ...byData, token })),
    none: file('none.kubeconfig', ''),
  };
}

/** A kubeconfig for clients of a proxy: no credentials, plain HTTP. */
export function writeProxyKubeconfig(path: string, server: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'proxy',
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'nobody' } }],
    clusters: [{ name: 'proxy', cluster: { server } }],
    users: [{ name: 'nobody', user: {} }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

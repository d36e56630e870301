import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingUpstream } from './recording-upstream.ts';

/** Fields that a test's kubeconfig has beside the usual ones, or instead of them; undefined leaves one out. */
export interface KubeconfigFields {
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
}

/** Writes a kubeconfig for a test's upstream into a folder of its own and returns its path. */
export function writeTestKubeconfig(
  upstream: Pick<RecordingUpstream, 'port' | 'ca' | 'client'>,
  fields: KubeconfigFields = {},
): string {
  const path = join(mkdtempSync(join(tmpdir(), 'porthole-test-')), 'config');
  const data = (pem: string): string => Buffer.from(pem).toString('base64');
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'alice' } }],
      clusters: [
        {
          name: 'test',
          cluster: {
            server: `https://127.0.0.1:${upstream.port}`,
            'certificate-authority-data': data(upstream.ca),
            ...fields.cluster,
          },
        },
      ],
      users: [
        {
          name: 'alice',
          user: {
            'client-certificate-data': data(upstream.client.cert),
            'client-key-data': data(upstream.client.key),
            ...fields.user,
          },
        },
      ],
    }),
    { mode: 0o600 },
  );
  return path;
}

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import type { KubeconfigFlags } from '../../src/kubeconfig/kubeconfig.ts';
import type { ProxyOptions } from '../../src/proxy.ts';
import { type KubeconfigFields, writeTestKubeconfig } from './kubeconfig-file.ts';
import { RawClient, request } from './raw-client.ts';
import { startProxy, type TestProxy } from './start-proxy.ts';

/** Whom the kubeconfig of `startInFront` trusts. */
export const root = mintAuthority({ commonName: 'root' });
const alice = root.issueClient({ commonName: 'alice' });

/** The port of this machine that `server` listens on until the test has ended. */
export async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  return bound.port;
}

/** A proxy in front of whatever a test listens with, as alice; it ends with the test. */
export async function startInFront(
  port: number,
  fields: KubeconfigFields = {},
  options: Partial<ProxyOptions> = {},
  flags: KubeconfigFlags = {},
): Promise<TestProxy> {
  const upstream = { port, ca: root.pem, client: alice };
  const kubeconfig = writeTestKubeconfig(upstream, fields);
  const proxy = await startProxy(upstream, options, { kubeconfig, ...flags });
  onTestFinished(() => {
    proxy.destroy();
    rmSync(dirname(kubeconfig), { recursive: true });
  });
  return proxy;
}

/** The whole answer to one request on a connection of its own. */
export async function ask(proxy: TestProxy, line = 'GET /version'): Promise<string> {
  const client = await RawClient.connect(proxy.port);
  await client.send(request(line, { headers: 'Connection: close\r\n' })).untilEnd();
  client.close();
  return client.received;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

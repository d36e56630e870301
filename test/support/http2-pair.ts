import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Http2UpstreamOptions, type OnStream, startHttp2Upstream } from './http2-upstream.ts';
import { type KubeconfigFields, writeTestKubeconfig } from './kubeconfig-file.ts';
import { RawClient } from './raw-client.ts';
import { startProxy } from './start-proxy.ts';

/** A proxy in front of an upstream that speaks HTTP/2, for one test. */
export async function startHttp2Pair(
  onStream?: OnStream,
  server: Http2UpstreamOptions = {},
  kubeconfigFields: KubeconfigFields = {},
) {
  const upstream = await startHttp2Upstream(onStream, server);
  const kubeconfig = writeTestKubeconfig(upstream, kubeconfigFields);
  const proxy = await startProxy(upstream, {}, { kubeconfig });
  const clients: RawClient[] = [];
  onTestFinished(() => {
    for (const client of clients) client.close();
    proxy.destroy();
    rmSync(dirname(kubeconfig), { recursive: true });
  });
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(proxy.port);
    clients.push(client);
    return client;
  };
  return { upstream, proxy, connect };
}

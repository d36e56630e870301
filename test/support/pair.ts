import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';
import type { KubeconfigFlags } from '../../src/kubeconfig/kubeconfig.ts';
import type { ProxyOptions } from '../../src/proxy.ts';
import { type KubeconfigFields, writeTestKubeconfig } from './kubeconfig-file.ts';
import { RawClient } from './raw-client.ts';
import { type RecordingUpstream, type Script, startUpstream } from './recording-upstream.ts';
import { speaking, type Way } from './scripted-streams.ts';
import { startProxy, type TestProxy } from './start-proxy.ts';

/** An upstream with a proxy in front of it, for one test; both end with the test. */
export interface Pair {
  readonly upstream: RecordingUpstream;
  readonly proxy: TestProxy;
  connect(): Promise<RawClient>;
  /** Sends `text` on a connection of its own and returns all that came by the time the proxy closed it. */
  ask(text: string): Promise<string>;
}

/** What is other than usual about the upstream and the kubeconfig; the latter is told the upstream's port. */
export interface PairSetup {
  readonly requestCert?: boolean;
  /** HTTP/1.1 unless given. */
  readonly way?: Way;
  readonly kubeconfig?: (port: number) => KubeconfigFields;
}

export async function startPair(
  script?: Script,
  options: Partial<ProxyOptions> = {},
  flags: KubeconfigFlags = {},
  setup: PairSetup = {},
): Promise<Pair> {
  const { requestCert = true, way = 'HTTP/1.1' } = setup;
  const upstream = await startUpstream(script, { requestCert, ...speaking(way) });
  const kubeconfig = writeTestKubeconfig(upstream, setup.kubeconfig?.(upstream.port));
  const proxy = await startProxy(upstream, options, { kubeconfig, ...flags });
  const clients: RawClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.close();
    proxy.destroy();
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(proxy.port);
    clients.push(client);
    return client;
  };
  return {
    upstream,
    proxy,
    connect,
    async ask(text) {
      const client = await connect();
      await client.send(text).untilEnd();
      client.close();
      return client.received;
    },
  };
}

/** Waits for a state that tells nobody when it is reached; fails when it never is. */
export async function eventually(what: string, reached: () => boolean): Promise<void> {
  for (const limit = performance.now() + 10_000; !reached(); ) {
    if (performance.now() > limit) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

// kubectl proxy and porthole with the same flags, in front of one upstream that records exact bytes.
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Cluster } from '../cluster/cluster.ts';
import { type KubeconfigFields, writeTestKubeconfig } from '../kubeconfig-file.ts';
import { type RunningProxy, startKubectlProxy, startPorthole } from '../proxies.ts';
import { RawClient } from '../raw-client.ts';
import { type RecordingUpstream, type Script, startUpstream } from '../recording-upstream.ts';
import { ask, type Reaction } from './ask.ts';

export interface BothProxies {
  readonly upstream: RecordingUpstream;
  readonly kubectl: RunningProxy;
  readonly porthole: RunningProxy;
  /** Sends the same bytes to one after the other. */
  react(bytes: string): Promise<{ readonly kubectl: Reaction; readonly porthole: Reaction }>;
  stop(): Promise<void>;
}

export interface BothSetup {
  readonly flags?: readonly string[];
  /** Beside `flags`; a difference that docs/kubectl.md names. */
  readonly portholeFlags?: readonly string[];
  readonly script?: Script;
  /** Told the upstream's port. */
  readonly kubeconfig?: (port: number) => KubeconfigFields;
}

export async function startBoth(cluster: Cluster, setup: BothSetup = {}): Promise<BothProxies> {
  const { flags = [], portholeFlags = [], script = answerByRequest } = setup;
  const upstream = await startUpstream(script);
  const kubeconfig = writeTestKubeconfig(upstream, setup.kubeconfig?.(upstream.port));
  const started = await Promise.allSettled([
    startKubectlProxy(cluster, [`--kubeconfig=${kubeconfig}`, ...flags]),
    startPorthole(cluster, { kubeconfig, flags: [...flags, ...portholeFlags] }),
  ]);
  const [kubectl, porthole] = started.map((one) =>
    one.status === 'fulfilled' ? one.value : undefined,
  );
  const stop = async (): Promise<void> => {
    await Promise.all([kubectl?.stop(), porthole?.stop()]);
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  };
  if (kubectl === undefined || porthole === undefined) {
    await stop();
    throw new AggregateError(
      started.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])),
    );
  }
  const react = async (bytes: string) => ({
    kubectl: await ask(() => RawClient.connect(kubectl.port), bytes, upstream),
    porthole: await ask(() => RawClient.connect(porthole.port), bytes, upstream),
  });
  return { upstream, kubectl, porthole, react, stop };
}

/** 101 to an upgrade, no body to HEAD, else `ok`. */
export function answerByRequest(head: string): string {
  const protocol = /\r\nUpgrade: (.*)\r\n/i.exec(head)?.[1];
  if (protocol !== undefined)
    return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
  const body = head.startsWith('HEAD ') ? '' : 'ok';
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n${body}`;
}

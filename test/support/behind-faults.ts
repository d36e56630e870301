// porthole between two wires that can hurt: one to the API server, one to its clients.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Cluster } from './cluster/cluster.ts';
import { Direct } from './consistency/direct.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { pidListeningOn } from './open-sockets.ts';
import { type RunningProxy, startPorthole } from './proxies.ts';

export interface BehindFaults {
  readonly proxy: RunningProxy;
  readonly pid: number;
  readonly upstreamWire: FaultProxy;
  /** Its port is where clients find porthole. */
  readonly clientWire: FaultProxy;
  /** The API server, without anybody between. */
  readonly direct: Direct;
}

/** Ends with the test. */
export async function startBehindFaults(
  cluster: Cluster,
  options: {
    readonly flags?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<BehindFaults> {
  const apiServerPort = Number(new URL(cluster.server).port);
  const upstreamWire = await startFaultProxy(apiServerPort);
  onTestFinished(() => upstreamWire.close());
  const config = JSON.parse(readFileSync(cluster.kubeconfigs.certificateData, 'utf8'));
  config.clusters[0].cluster.server = `https://127.0.0.1:${upstreamWire.port}`;
  const kubeconfig = join(mkdtempSync(join(cluster.dir, 'faults-')), 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const proxy = await startPorthole(cluster, { kubeconfig, ...options });
  onTestFinished(() => proxy.stop());
  const clientWire = await startFaultProxy(proxy.port);
  onTestFinished(() => clientWire.close());
  const direct = directTo(cluster, config);
  onTestFinished(() => direct.close());
  return { proxy, pid: pidListeningOn(proxy.port), upstreamWire, clientWire, direct };
}

/** The API server of a cluster, as the administrator of a kubeconfig with `-data` fields. */
function directTo(
  cluster: Cluster,
  config: {
    readonly users: readonly {
      readonly user: {
        readonly 'client-certificate-data': string;
        readonly 'client-key-data': string;
      };
    }[];
  },
): Direct {
  const user = config.users[0]?.user;
  const pem = (data = ''): string => Buffer.from(data, 'base64').toString();
  return new Direct(Number(new URL(cluster.server).port), {
    ca: cluster.caPem,
    cert: pem(user?.['client-certificate-data']),
    key: pem(user?.['client-key-data']),
  });
}

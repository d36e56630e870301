// A real Kubernetes API server of our own: etcd, kube-apiserver and streamlet on free ports, in a temporary folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificatePair } from '../../../certs/mint.ts';
import type { Stop } from './component.ts';
import { type Kubeconfigs, writeKubeconfigs } from './kubeconfigs.ts';
import { writePki } from './pki.ts';
import { type Program, startApiServer, startEtcd, startStreamlet } from './programs.ts';
import { seed } from './seed.ts';

/** What tests know of the cluster: plain data, because it crosses from the global setup to the test workers. */
export interface Cluster {
  /** Folder with etcd, kube-apiserver, kubectl, helm and streamlet. */
  readonly assets: string;
  /** Temporary folder of the run, removed at its end: logs, keys, kubeconfigs. */
  readonly dir: string;
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
  /** Client certificates of `rotatedUser`s. */
  readonly rotated: readonly CertificatePair[];
  readonly kubeconfigs: Kubeconfigs;
  /** The API server's audit log, level Metadata unless another policy was given, one JSON event a line. */
  readonly auditLog: string;
}

export interface StartedCluster {
  readonly cluster: Cluster;
  stop(): Promise<void>;
}

/**
 * Resolves when the API server is ready and seeded; it audits by `auditPolicyFile`. A start that fails leaves no process
 * and no file.
 */
export async function startCluster(
  assets: string,
  auditPolicyFile?: string,
): Promise<StartedCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'porthole-e2e-'));
  const remove = () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove); // for a run that is interrupted: there are keys in it
  const stops: Stop[] = [];
  const running = ({ port, stop }: Program): number => {
    stops.unshift(stop);
    return port;
  };
  async function stop(): Promise<void> {
    for (const end of stops) await end();
    remove();
  }
  try {
    const pki = writePki(dir);
    const { caPem, client, rotated, token } = pki;
    const place = { assets, dir, pki };
    const etcdPort = running(await startEtcd(place));
    const kubeletPort = running(await startStreamlet(place));
    const port = running(await startApiServer(place, etcdPort, { auditPolicyFile }));
    const server = `https://127.0.0.1:${port}`;
    const kubeconfigs = writeKubeconfigs({ dir, server, caPem, client, token });
    const auditLog = join(dir, 'audit.log');
    const cluster = { assets, dir, server, caPem, token, rotated, kubeconfigs, auditLog };
    await seed(cluster, kubeletPort);
    return { cluster, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

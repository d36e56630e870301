// An API server with an etcd of a test's own, which may be stopped and ended.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Cluster } from './cluster/cluster.ts';
import { writeKubeconfigs } from './cluster/kubeconfigs.ts';
import { writePki } from './cluster/pki.ts';
import {
  type RestartableApiServer,
  startEtcd,
  startRestartableApiServer,
} from './cluster/programs.ts';
import { pidListeningOn } from './open-sockets.ts';

export interface OwnCluster {
  readonly cluster: Cluster;
  readonly apiServer: RestartableApiServer;
  readonly etcd: { readonly port: number; readonly pid: number };
}

/** In a folder of its own, and without the objects of the shared one; it gives up a request after two seconds. Ends with the test. */
export async function startOwnCluster(shared: Cluster): Promise<OwnCluster> {
  const dir = mkdtempSync(join(shared.dir, 'own-'));
  const pki = writePki(dir);
  const place = { assets: shared.assets, dir, pki };
  const etcd = await startEtcd(place);
  onTestFinished(async () => void (await etcd.stop()));
  const pid = pidListeningOn(etcd.port);
  const apiServer = await startRestartableApiServer(place, etcd.port);
  onTestFinished(async () => void (await apiServer.end('SIGKILL')));
  // One that is stopped could not be ended.
  onTestFinished(() => void process.kill(pid, 'SIGCONT'));
  const { caPem, client, token } = pki;
  const server = `https://127.0.0.1:${apiServer.port}`;
  const kubeconfigs = writeKubeconfigs({ dir, server, caPem, client, token });
  const auditLog = join(dir, 'audit.log');
  const cluster: Cluster = { ...shared, dir, server, caPem, token, kubeconfigs, auditLog };
  return { cluster, apiServer, etcd: { port: etcd.port, pid } };
}

// What stands behind a proxy that is hurt: a kube-apiserver with an etcd, and who asks them without the proxy.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterPki, writePki } from '../cluster/pki.ts';
import {
  type RestartableApiServer,
  startEtcd,
  startRestartableApiServer,
} from '../cluster/programs.ts';
import { pidListeningOn } from '../open-sockets.ts';
import { Direct } from './direct.ts';
import { Count } from './tail.ts';

export interface Ground {
  readonly assets: string;
  /** Goes when it is stopped: there are keys in it. */
  readonly dir: string;
  readonly pki: ClusterPki;
  readonly etcd: { readonly port: number; readonly pid: number };
  readonly apiServer: RestartableApiServer;
  readonly direct: Direct;
  /** How often the API server had each request. */
  readonly had: Count;
  stop(): Promise<void>;
}

/** Requests that are answered, or that nobody could answer; not watches that have just begun. */
const HAD = /"stage":"(ResponseComplete|Panic)"/;
/** One file for all runs: nothing of it may be renamed away under the reader. */
const ONE_LOG = '--audit-log-maxsize=100000';

/** `flags` are the API server's. @throws {Error} as rejection, when one of the programs does not start */
export async function openGround(assets: string, flags: readonly string[] = []): Promise<Ground> {
  const dir = mkdtempSync(join(tmpdir(), 'porthole-consistency-'));
  const remove = () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove); // also when it is interrupted
  const stops: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0)) await end();
    remove();
    process.off('exit', remove);
  };
  try {
    const pki = writePki(dir);
    const place = { assets, dir, pki };
    const etcd = await startEtcd(place);
    stops.unshift(etcd.stop);
    const pid = pidListeningOn(etcd.port);
    // One that stands still could not be ended.
    stops.unshift(() => process.kill(pid, 'SIGCONT'));
    const options = { flags: [ONE_LOG, ...flags] };
    const apiServer = await startRestartableApiServer(place, etcd.port, options);
    stops.unshift(() => apiServer.end('SIGTERM'));
    const direct = new Direct(apiServer.port, { ca: pki.caPem, ...pki.client });
    stops.unshift(() => direct.close());
    const had = new Count(join(dir, 'audit.log'), HAD);
    stops.unshift(() => had.close());
    return { assets, dir, pki, etcd: { port: etcd.port, pid }, apiServer, direct, had, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

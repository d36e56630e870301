// The cluster of a bench: the end-to-end tests' own kube-apiserver, etcd and streamlet, and the proxies in front of it.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findAssets } from '../dist/bench/test/support/cluster/assets.js';
import { writeKubeconfigs } from '../dist/bench/test/support/cluster/kubeconfigs.js';
import { writePki } from '../dist/bench/test/support/cluster/pki.js';
import {
  startEtcd,
  startRestartableApiServer,
  startStreamlet,
} from '../dist/bench/test/support/cluster/programs.js';
import { createRunningPod, seed } from '../dist/bench/test/support/cluster/seed.js';
import { portOf, start } from './processes.js';

/**
 * @typedef {object} Cluster
 * @property {string} dir temporary folder: keys, kubeconfigs, logs
 * @property {number} port of kube-apiserver, on 127.0.0.1
 * @property {number} etcdPort plain HTTP, on 127.0.0.1
 * @property {string} kubeconfig of an administrator with a client certificate
 * @property {string} noKubeconfig an empty one, for kubectl as a client of a proxy
 * @property {string} kubectl path of the program
 * @property {Credentials} credentials of the same administrator
 * @property {readonly Credentials[]} rotated of other administrators
 * @property {(signal: NodeJS.Signals) => Promise<void>} restart ends kube-apiserver, and resolves once it is ready again
 * @property {() => Promise<void>} stop
 */

/** @typedef {{ ca: string, cert: string, key: string }} Credentials PEM */
/** @typedef {{ name: string, pid: number, port: number, log: string, child: import('node:child_process').ChildProcess }} Proxy */

/** A pod whose commands run on this machine. */
export const POD = 'shell';

const PORTHOLE = fileURLToPath(new URL('../bin/porthole.js', import.meta.url));
/** Memory where there is such a folder: etcd waits for the disk with each write, and disks differ from write to write. */
const FAST_FOLDER = '/dev/shm';

/**
 * kube-apiserver with the defaults but for its audit log, which is off. Its users are in `system:masters`, whom priority
 * and fairness does not limit.
 * @param {readonly string[]} [flags] of kube-apiserver
 * @returns {Promise<Cluster>}
 */
export async function startCluster(flags = []) {
  const assets = findAssets(process.env);
  if (assets === null) {
    throw new Error(
      'Set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd, kubectl, helm and streamlet',
    );
  }
  const dir = mkdtempSync(
    join(existsSync(FAST_FOLDER) ? FAST_FOLDER : tmpdir(), 'porthole-bench-'),
  );
  const remove = () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove); // also when it is interrupted: there are keys in it
  /** @type {(() => Promise<unknown>)[]} */
  const stops = [];
  /** @param {{ port: number, stop: () => Promise<unknown> }} program */
  const running = ({ port, stop }) => {
    stops.unshift(stop);
    return port;
  };
  const stop = async () => {
    for (const end of stops.splice(0)) await end();
    remove();
  };
  try {
    const pki = writePki(dir);
    const place = { assets, dir, pki };
    const etcdPort = running(await startEtcd(place));
    const kubeletPort = running(await startStreamlet(place));
    const auditPolicyFile = join(dir, 'no-audit.yaml');
    writeFileSync(auditPolicyFile, NO_AUDIT);
    const apiServer = await startRestartableApiServer(place, etcdPort, {
      auditPolicyFile,
      flags,
    });
    const { port } = apiServer;
    stops.unshift(() => apiServer.end('SIGTERM'));
    const { caPem, client, token } = pki;
    const server = `https://127.0.0.1:${port}`;
    const kubeconfigs = writeKubeconfigs({ dir, server, caPem, client, token });
    const known = { assets, dir, server, caPem, token, kubeconfigs };
    const seeded = { ...known, rotated: pki.rotated, auditLog: join(dir, 'audit.log') };
    await seed(seeded, kubeletPort);
    await createRunningPod(seeded, 'default', POD);
    return {
      dir,
      port,
      etcdPort,
      kubeconfig: kubeconfigs.certificateData,
      noKubeconfig: kubeconfigs.none,
      kubectl: join(assets, 'kubectl'),
      credentials: { ca: caPem, ...client },
      rotated: pki.rotated.map((pair) => ({ ca: caPem, ...pair })),
      async restart(signal) {
        await apiServer.end(signal);
        await apiServer.start();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const NO_AUDIT = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{ level: None }]
`;

/** In the order of their turns. */
export const PROXIES = /** @type {const} */ (['porthole', 'kubectl proxy']);

/**
 * A proxy in front of the cluster that lets exec through. porthole logs JSON to a file, as in every bench.
 * @param {Cluster} cluster
 * @param {string} name one of `PROXIES`
 * @param {readonly string[]} [flags]
 * @returns {Promise<Proxy>}
 */
export async function startProxy(cluster, name, flags = []) {
  const common = ['--port=0', `--kubeconfig=${cluster.kubeconfig}`, '--reject-paths=^$', ...flags];
  const env = { KUBECONFIG: undefined, HOME: cluster.dir };
  const log = join(mkdtempSync(join(cluster.dir, 'log-')), 'porthole.log');
  const child =
    name === 'porthole'
      ? start(
          process.execPath,
          [...nodeFlags(), PORTHOLE, ...common, '--log-format=json', `--log-file=${log}`],
          { env },
        )
      : start(cluster.kubectl, ['proxy', ...common], { env });
  const port = await portOf(child);
  return { name, pid: /** @type {number} */ (child.pid), port, log, child };
}

/** For profiles: PORTHOLE_NODE_FLAGS, as in '--cpu-prof --cpu-prof-dir=profiles'. */
function nodeFlags() {
  return (process.env['PORTHOLE_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
}

// How long after the commit of a write the clients of a proxy see its event.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from './accounting.js';
import { apiOf } from './api.js';
import { startClient } from './messages.js';
import { end } from './processes.js';

const PATH = '/api/v1/namespaces/default/configmaps';
const NAME = 'watched';
const KEY = `/registry/configmaps/default/${NAME}`;
/** Events come one by one, to processes that wait for them. */
const REST_MS = 10;
/** Writes that are not counted: code is compiled, connections open their windows. */
const WARM_UP = 10;

/**
 * Opens watches on one resource, writes to it straight through the API server, and closes them. The next write waits
 * until all have seen the last.
 * @param {import('./cluster.js').Cluster} cluster
 * @param {{ port: number, pid?: number }} side a proxy; the API server itself has no `pid` here
 * @param {{ watches: number, writes: number }} load
 * @returns {Promise<{ latencies: number[], cpu: number | undefined }>} ms, one for each watch and write; CPU of the proxy for each of
 *   them, microseconds
 */
export async function measureLatency(cluster, { port, pid }, { watches, writes }) {
  const api = apiOf(cluster);
  const client = startClient('watch-client.js', {
    port,
    path: `${PATH}?watch=1&timeoutSeconds=3600&resourceVersion=${await writtenVersion(api)}`,
    watches,
    etcd: { port: cluster.etcdPort, key: KEY },
    ...(pid === undefined ? { tls: cluster.credentials } : {}),
  });
  await client.next();
  /** @type {number[]} */
  const latencies = [];
  let before = 0;
  for (let write = 1; write <= WARM_UP + writes; write++) {
    await sleep(REST_MS);
    if (write === WARM_UP + 1 && pid !== undefined) before = cpuSeconds(pid);
    await api('PUT', `${PATH}/${NAME}`, configMap(write));
    const seen = await client.next();
    if (write > WARM_UP) latencies.push(...seen.latencies);
  }
  const seconds = pid === undefined ? undefined : cpuSeconds(pid) - before;
  await end(client.child);
  return { latencies, cpu: seconds && (seconds * 1e6) / latencies.length };
}

/**
 * The version of the object, which is made when it is not there.
 * @param {ReturnType<typeof apiOf>} api
 */
async function writtenVersion(api) {
  const written = await api('PUT', `${PATH}/${NAME}`, configMap(0)).catch(() =>
    api('POST', PATH, configMap(0)),
  );
  return JSON.parse(written).metadata.resourceVersion;
}

/** @param {number} write */
function configMap(write) {
  return { metadata: { name: NAME }, data: { write: String(write), more: 'x'.repeat(300) } };
}

// What watches cost on which nothing happens.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, rssBytes } from './accounting.js';
import { startProxy } from './cluster.js';
import { startClient } from './messages.js';
import { end } from './processes.js';
import { connectionsTo } from './sockets.js';

/** In which nothing is. */
const PATH = '/api/v1/namespaces/kube-public/secrets?watch=1&timeoutSeconds=3600';
/** Until what was allocated to open them is given back, or is not. */
const SETTLE_MS = 3000;

/** @typedef {{ rss: number, added: number, cpu: number, openedMs: number, connections: number }} IdleWatches bytes, seconds */

/**
 * Opens watches through a new proxy.
 * @param {import('./cluster.js').Cluster} cluster
 * @param {string} name one of `PROXIES`
 * @param {number} watches
 * @returns {Promise<IdleWatches>}
 */
export async function measureIdle(cluster, name, watches) {
  const proxy = await startProxy(cluster, name);
  const response = await fetch(`http://127.0.0.1:${proxy.port}/version`);
  await response.text();
  await sleep(SETTLE_MS / 3);
  const [rss, cpu] = [rssBytes(proxy.pid), cpuSeconds(proxy.pid)];
  const client = startClient('watch-client.js', { port: proxy.port, path: PATH, watches });
  const { openedMs } = await client.next();
  const opened = cpuSeconds(proxy.pid);
  await sleep(SETTLE_MS);
  const open = rssBytes(proxy.pid);
  const connections = connectionsTo(proxy.pid, cluster.port);
  await end(client.child);
  await end(proxy.child);
  return { rss: open, added: open - rss, cpu: opened - cpu, openedMs, connections };
}

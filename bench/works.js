// What is measured: each work gives some figures of one proxy for one round.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, peakRssBytes, resetPeakRss, rssBytes } from './accounting.js';
import { kubeconfigFor } from './kubeconfig.js';
import { atRest, drive, readAll, readSlowly } from './load.js';
import { end } from './processes.js';
import { HTTP_PROXY, NGINX } from './proxies.js';
import { LIST_BYTES, PATHS } from './upstream.js';

/** @typedef {import('./proxies.js').Proxy} Proxy */
/** @typedef {import('./proxies.js').Starter} Starter */
/** @typedef {import('./upstream.js').Upstream} Upstream */
/** @typedef {Record<string, number>} Figures by name; the names carry the unit in `targets.js` */
/**
 * @typedef {object} Work
 * @property {string} id
 * @property {string} words for the progress line
 * @property {boolean} quick part of `--quick`
 * @property {readonly string[]} [without] proxies that it is not for
 * @property {number} [rounds] instead of `--rounds`
 * @property {boolean} [fresh] works on processes of its own, by `starter`: `proxy` is then not looked at
 * @property {(turn: Turn) => Promise<Figures>} measure
 */
/** @typedef {{ proxy: Proxy, starter: Starter, upstream: Upstream, folder: string, seconds: number }} Turn */

const MICROSECONDS = 1e6;
const MEGABYTE = 1e6;
const SETTLE_MS = 1000;
const SLOW_SECONDS = 6;
const CONTEXTS = 5000;
/** A head of wrk has some 0.1 KiB of its own; these are added, in fields of 1 KiB. */
const HEADER_KIBIBYTES = [0, 16, 32];

/** @type {readonly Work[]} */
export const WORKS = [
  ...[1, 32, 128].map((connections) => small(connections)),
  load(
    'large',
    '64 KiB answers, 16 connections',
    PATHS.large,
    { connections: 16 },
    { quick: true },
  ),
  load('post', '4 KiB POSTs, 32 connections', PATHS.small, { connections: 32, posts: true }),
  ...HEADER_KIBIBYTES.map((kibibytes) => heads(kibibytes)),
  ...[512, 2000].map((connections) => small(connections)),
  { id: 'list', words: 'a list of 133 MB', quick: false, measure: list },
  {
    id: 'slow-list',
    words: 'a list of 133 MB at 1 MB/s',
    quick: false,
    without: [NGINX],
    rounds: 3,
    fresh: true,
    measure: slowList,
  },
  {
    id: 'memory',
    words: 'memory, idle and at 128 connections',
    quick: false,
    rounds: 3,
    fresh: true,
    measure: memory,
  },
  {
    id: 'start',
    words: 'cold starts',
    quick: true,
    without: [NGINX, HTTP_PROXY],
    rounds: 20,
    fresh: true,
    measure: coldStart,
  },
  {
    id: 'contexts',
    words: `cold starts with ${CONTEXTS} contexts`,
    quick: false,
    without: [NGINX, HTTP_PROXY],
    rounds: 5,
    fresh: true,
    measure: startWithContexts,
  },
];

/** @param {number} connections @returns {Work} */
function small(connections) {
  const words = `small GETs, ${connections} connection${connections === 1 ? '' : 's'}`;
  return load(
    `small-${connections}`,
    words,
    PATHS.small,
    { connections },
    {
      quick: connections === 32 || connections === 128,
      // Only how cost grows is asked there, and `kubectl proxy` is who it is shown beside.
      without: connections === 2000 ? [NGINX, HTTP_PROXY] : [],
      // So that opening the connections is a small part of the cost.
      longer: connections === 2000 ? 2 : 1,
    },
  );
}

/** @param {number} kibibytes @returns {Work} */
function heads(kibibytes) {
  const headers = Array.from(
    { length: kibibytes },
    (_, i) => `X-Bench-${String(i).padStart(2, '0')}: ${'h'.repeat(1024 - 14)}`,
  );
  const words = `request heads of ${kibibytes} KiB, 32 connections`;
  return load(
    `heads-${kibibytes}`,
    words,
    PATHS.small,
    { connections: 32, headers },
    {
      without: [NGINX, HTTP_PROXY],
    },
  );
}

/**
 * @param {string} id
 * @param {string} words
 * @param {string} path
 * @param {{ connections: number, headers?: string[], posts?: boolean }} options
 * @param {{ quick?: boolean, without?: string[], longer?: number }} [about] `longer` times the usual seconds
 * @returns {Work}
 */
function load(id, words, path, options, { quick = false, without = [], longer = 1 } = {}) {
  return {
    id,
    words,
    quick,
    without,
    measure: async ({ proxy: { pid, port }, seconds }) => {
      await atRest(pid, port, PATHS.small);
      const before = cpuSeconds(pid);
      const { requests, rate, p50, p99 } = await drive(port, path, {
        ...options,
        seconds: seconds * longer,
      });
      const cpu = ((cpuSeconds(pid) - before) / requests) * MICROSECONDS;
      return { rate, cpu, p50, p99 };
    },
  };
}

/** @param {Turn} turn */
async function list({ proxy: { port, pid } }) {
  await atRest(pid, port, PATHS.small);
  const before = cpuSeconds(pid);
  const { bytes, seconds } = await readAll(port, PATHS.list, LIST_BYTES);
  return { throughput: bytes / MEGABYTE / seconds, cpu: (cpuSeconds(pid) - before) * 1000 };
}

/** Above what the same process took when it had served one request and nothing more. @param {Turn} turn */
async function slowList({ starter, upstream }) {
  const proxy = await starter.start(upstream);
  await drive(proxy.port, PATHS.small, { connections: 1, seconds: 1 });
  const idle = rssBytes(proxy.pid);
  let most = idle;
  await readSlowly(proxy.port, PATHS.list, {
    bytesPerSecond: MEGABYTE,
    seconds: SLOW_SECONDS,
    each: () => {
      most = Math.max(most, rssBytes(proxy.pid));
    },
  });
  await end(proxy.child);
  return { above: (most - idle) / MEGABYTE };
}

/** @param {Turn} turn */
async function memory({ starter, upstream, seconds }) {
  const proxy = await starter.start(upstream);
  await sleep(SETTLE_MS);
  const idle = rssBytes(proxy.pid);
  resetPeakRss(proxy.pid);
  await drive(proxy.port, PATHS.small, { connections: 128, seconds });
  const loaded = peakRssBytes(proxy.pid);
  await end(proxy.child);
  return { idle: idle / MEGABYTE, loaded: loaded / MEGABYTE };
}

/** From the spawn of the process to its "Starting to serve". @param {Turn} turn */
async function coldStart({ starter, upstream }) {
  const began = performance.now();
  const proxy = await starter.start(upstream);
  const start = performance.now() - began;
  await end(proxy.child);
  return { start };
}

/** @param {Turn} turn */
function startWithContexts(turn) {
  const { folder, upstream } = turn;
  const kubeconfig = join(mkdtempSync(join(folder, 'contexts-')), 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigFor(upstream.port, upstream.identity, CONTEXTS - 1));
  return coldStart({ ...turn, upstream: { ...upstream, kubeconfig } });
}

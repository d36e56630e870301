// What `npm run load` does to a proxy: who comes, how many, and what they may make it hold.
import { spawnSync } from 'node:child_process';
import { platform } from 'node:os';
import { startClient } from './messages.js';
import { start } from './processes.js';
import { STRESS_PATHS } from './stress-paths.js';

/** @typedef {{ stop: () => Promise<object>, ended: Promise<unknown> }} Attack `ended` when it is over by itself, or all have come; `stop` tells how it went */
/** @typedef {{ connections: number, heads?: number, exchanges?: number }} Holds what of ours is in use at once, at most */
/**
 * @typedef {object} StressWork
 * @property {string} id
 * @property {string} words
 * @property {Holds} holds
 * @property {boolean} [brief] over when all have come
 * @property {number} [seconds] at least: past porthole's deadline of a head
 * @property {(port: number, seconds: number) => Attack} start
 */

/** @typedef {Omit<import('./stress-client.js').Crowd, 'port'>} CrowdOrders */

const MEGABYTE = 1e6;
const WATCHES = 10;
const PAST_DEADLINE = 13;

/** What to install first, in a sentence, or null. @returns {string | null} */
export function missingProgram() {
  if (platform() !== 'linux') return 'it reads the memory of processes from /proc: run it on Linux';
  const { error } = spawnSync('slowhttptest', ['-h']);
  if (error === undefined) return null;
  return 'slowhttptest is not installed: apt-get install slowhttptest (or your package manager)';
}

/** @type {readonly StressWork[]} */
export const STRESS_WORKS = [
  {
    id: 'slow-headers',
    words: 'slowhttptest -H: 1,000 heads that never end',
    holds: { connections: 1000, heads: 1000 },
    seconds: PAST_DEADLINE,
    start: slow('-H', ['-c', '1000', '-i', '2']),
  },
  {
    id: 'slow-body',
    words: 'slowhttptest -B: 1,000 bodies that never end',
    holds: { connections: 1000, exchanges: 1000 },
    start: slow('-B', ['-c', '1000', '-i', '2', '-s', '8192', '-t', 'POST']),
  },
  {
    id: 'slow-read',
    words: 'slowhttptest -X: 500 lists of 1 GB, read by 32 bytes',
    holds: { connections: 500, exchanges: 500 },
    start: slow('-X', ['-c', '500', '-w', '512', '-y', '1024', '-n', '5', '-z', '32'], 'list'),
  },
  {
    id: 'ranges',
    words: 'slowhttptest -R: 1,000 requests for 3,000 ranges each',
    holds: { connections: 1000, heads: 1000, exchanges: 1000 },
    start: slow('-R', ['-c', '1000', '-a', '10', '-b', '3000', '-t', 'GET']),
  },
  {
    id: 'silent',
    words: '5,000 connections that say nothing',
    holds: { connections: 5000 },
    seconds: PAST_DEADLINE,
    start: crowd({ kind: 'silent', count: 5000 }),
  },
  {
    id: 'short',
    words: '10,000 short connections, 100 at once',
    holds: { connections: 100, exchanges: 100 },
    brief: true,
    start: crowd({ kind: 'short', count: 10_000 }),
  },
  {
    id: 'head-flood',
    words: 'a flood of heads on 100 connections',
    holds: { connections: 100, heads: 100 },
    start: crowd({ kind: 'heads', count: 100 }),
  },
  {
    id: 'body-flood',
    words: 'a flood of bodies on 20 connections',
    holds: { connections: 20, exchanges: 20 },
    start: crowd({ kind: 'bodies', count: 20 }),
  },
  {
    id: 'stalled-list',
    words: 'a list of 1 GB, read at 0 B/s, ten times',
    holds: { connections: 10, exchanges: 10 },
    start: crowd({ kind: 'stalled', count: 10 }),
  },
  {
    id: 'watches',
    words: `${WATCHES} watches, 200 MB/s together`,
    holds: { connections: WATCHES, exchanges: WATCHES },
    start: crowd({ kind: 'watches', count: WATCHES, rate: (200 * MEGABYTE) / WATCHES }),
  },
];

/** @param {CrowdOrders} orders @returns {StressWork['start']} */
function crowd(orders) {
  return (port) => {
    const client = startClient('stress-client.js', { ...orders, port });
    const ended = client.next();
    return {
      ended,
      async stop() {
        client.child.kill('SIGUSR2');
        const first = await ended;
        // Not all had come, perhaps.
        return 'connected' in first ? first : client.next();
      },
    };
  };
}

/**
 * One of slowhttptest's modes, with 500 new connections a second. It ends by itself.
 * @param {string} mode
 * @param {string[]} args
 * @param {'small' | 'list'} [path]
 * @returns {StressWork['start']}
 */
function slow(mode, args, path = 'small') {
  return (port, seconds) => {
    const url = `http://127.0.0.1:${port}${STRESS_PATHS[path]}`;
    const all = [mode, ...args, '-r', '200', '-l', String(seconds), '-p', '3', '-u', url];
    const child = start('slowhttptest', all);
    let said = '';
    child.stdout?.on('data', (bytes) => {
      said = (said + bytes).slice(-4096);
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    return {
      ended,
      async stop() {
        child.kill('SIGINT');
        await ended;
        // Its last report: of how many there were, how many are closed.
        const last = (/** @type {string} */ what) =>
          Number([...said.matchAll(new RegExp(`${what}: +\\S*?(\\d+)`, 'g'))].at(-1)?.[1] ?? 0);
        return { connected: last('connected'), closed: last('closed'), error: last('error') };
      },
    };
  };
}

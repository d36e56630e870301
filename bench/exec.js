// `npm run bench:exec`: sessions in a pod of a real kube-apiserver, through porthole and `kubectl proxy`. `--help` tells more.
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROXIES } from './cluster.js';
import { kubectlEcho, measureBulk, measureEcho, webSocketEcho } from './exec-session.js';
import { DIRECT, runLive } from './live.js';
import { KUBECTL } from './proxies.js';
import { percentile } from './statistics.js';

/** @typedef {import('./targets.js').Target} Target */

const ROUND_TRIPS = 2000;
const BYTES = 1e9;
const SIDES = [DIRECT, ...PROXIES];

/** @typedef {import('./live.js').LiveWork} LiveWork */
/** @typedef {import('./live.js').Cluster} Cluster */
/** @typedef {{ id: string, words: string, direction: 'out' | 'in' }} Bulk */

const ECHOES = [
  { id: 'echo-spdy', words: '1 byte there and back by kubectl exec (SPDY)', session: kubectlEcho },
  { id: 'echo-websocket', words: '1 byte there and back by WebSocket', session: webSocketEcho },
];
/** @type {Bulk[]} */
const BULKS = [
  { id: 'bulk-out', words: '1 GB out by kubectl exec -- cat', direction: 'out' },
  { id: 'bulk-in', words: '1 GB in by kubectl exec -i -- cat', direction: 'in' },
];

await runLive({
  name: 'bench:exec',
  help: 'Sessions in a pod of a real kube-apiserver, through porthole and kubectl proxy, in turns: round trips and bytes.',
  rounds: 5,
  targets: [
    ...ECHOES.flatMap(({ id, words }) =>
      [50, 99].map((p) => ({
        id: `${id}-p${p}`,
        words: `${words}, p${p}`,
        work: id,
        figure: `p${p}`,
        unit: 'ms',
        to: KUBECTL,
        atMost: 1,
      })),
    ),
    ...BULKS.map(({ id, words }) => ({
      id,
      words,
      work: id,
      figure: 'throughput',
      unit: 'MB/s',
      to: KUBECTL,
      atLeast: 1,
    })),
  ],
  notes: [
    ...ECHOES.map(({ id, words }) => ({
      work: id,
      figure: 'cpu',
      words: `CPU, ${words}`,
      unit: 'µs',
    })),
    ...BULKS.map(({ id, words }) => ({
      work: id,
      figure: 'cpu',
      words: `CPU, ${words}`,
      unit: 's',
    })),
  ],
  works: [
    ...ECHOES.map(
      ({ id, words, session }) =>
        /** @type {LiveWork} */ ({
          id,
          words,
          sides: SIDES,
          async measure(cluster, side) {
            const opened = await session(cluster, side);
            const { roundTrips, cpu } = await measureEcho(opened, ROUND_TRIPS, side.pid);
            return { p50: percentile(roundTrips, 0.5), p99: percentile(roundTrips, 0.99), cpu };
          },
        }),
    ),
    ...BULKS.map(
      ({ id, words, direction }) =>
        /** @type {LiveWork} */ ({
          id,
          words,
          sides: SIDES,
          async measure(cluster, side) {
            const { megabytesPerSecond, cpu } = await measureBulk(cluster, side, {
              direction,
              file: sparseFile(cluster),
              bytes: BYTES,
            });
            return { throughput: megabytesPerSecond, cpu };
          },
        }),
    ),
  ],
});

/** Of zeros that are nowhere: reading it costs no disk. @param {Cluster} cluster */
function sparseFile(cluster) {
  const path = join(cluster.dir, 'zeros');
  writeFileSync(path, '');
  truncateSync(path, BYTES);
  return path;
}

// `npm run bench:watch`: watches on a real kube-apiserver, through porthole and `kubectl proxy`. `--help` tells more.
import { PROXIES } from './cluster.js';
import { DIRECT, runLive } from './live.js';
import { KUBECTL } from './proxies.js';
import { percentile } from './statistics.js';
import { measureIdle } from './watch-idle.js';
import { measureLatency } from './watch-latency.js';

/** @typedef {import('./targets.js').Target} Target */
/** @typedef {import('./live.js').LiveWork} LiveWork */

const MEGABYTE = 1e6;
/** Events have to come to mind one by one, so fewer where each is sent often. */
const WRITES = new Map([
  [1, 200],
  [500, 30],
]);
const IDLE = [500, 2000];

const several = (/** @type {number} */ n) =>
  `${n.toLocaleString('en')} watch${n === 1 ? '' : 'es'}`;

/** @type {Target[]} */
const latencyTargets = [...WRITES.keys()].flatMap((n) =>
  [50, 99].map((p) => ({
    id: `event-${n}-p${p}`,
    words: `commit to client, ${several(n)} on a resource, p${p}`,
    work: `event-${n}`,
    figure: `p${p}`,
    unit: 'ms',
    to: KUBECTL,
    atMost: 1,
  })),
);

/** @type {Target[]} */
const idleTargets = IDLE.flatMap((n) => {
  const row = { work: `idle-${n}`, to: KUBECTL };
  return [
    {
      ...row,
      id: `idle-${n}-rss`,
      words: `${several(n)}, idle: RSS`,
      figure: 'rss',
      unit: 'MB',
      atMost: 0.8,
    },
    {
      ...row,
      id: `idle-${n}-cpu`,
      words: `${several(n)}: CPU to open them`,
      figure: 'cpu',
      unit: 's',
      atMost: 1,
    },
  ];
});

await runLive({
  name: 'bench:watch',
  help: `Watches on a real kube-apiserver, through porthole and kubectl proxy, in turns: how long after the commit of a write
the clients see it (commits are seen by a watch on etcd; a client of the API server itself is the floor), and what idle
watches cost.`,
  rounds: 5,
  targets: [...latencyTargets, ...idleTargets],
  notes: [
    ...[...WRITES.keys()].map((n) => ({
      work: `event-${n}`,
      figure: 'cpu',
      words: `CPU for an event to one of ${several(n)}`,
      unit: 'µs',
    })),
    ...IDLE.flatMap((n) => [
      {
        work: `idle-${n}`,
        figure: 'added',
        words: `${several(n)}, idle: RSS above a proxy without`,
        unit: 'MB',
      },
      { work: `idle-${n}`, figure: 'opened', words: `${several(n)}: time to open them`, unit: 's' },
      {
        work: `idle-${n}`,
        figure: 'connections',
        words: `${several(n)}: to the API server`,
        unit: 'connections',
      },
    ]),
  ],
  works: [
    ...[...WRITES].map(
      ([watches, writes]) =>
        /** @type {LiveWork} */ ({
          id: `event-${watches}`,
          words: `events to ${several(watches)}`,
          sides: [DIRECT, ...PROXIES],
          async measure(cluster, side) {
            const { latencies, cpu } = await measureLatency(cluster, side, { watches, writes });
            return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu };
          },
        }),
    ),
    ...IDLE.map(
      (watches) =>
        /** @type {LiveWork} */ ({
          id: `idle-${watches}`,
          words: `${several(watches)}, idle`,
          sides: PROXIES,
          async measure(cluster, { name }) {
            const { rss, added, cpu, openedMs, connections } = await measureIdle(
              cluster,
              name,
              watches,
            );
            const megabytes = { rss: rss / MEGABYTE, added: added / MEGABYTE };
            return { ...megabytes, cpu, opened: openedMs / 1000, connections };
          },
        }),
    ),
  ],
});

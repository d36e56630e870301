// What has to be reached, as data. Figures come from `works.js`; ratios are between medians of one run.
import { KUBECTL, NGINX } from './proxies.js';

/**
 * @typedef {object} Target
 * @property {string} id
 * @property {string} words the row's first cell
 * @property {string} work id of the work that gives the figure
 * @property {string} figure
 * @property {string} unit of the figure
 * @property {string} [per] id of another work: the figure is divided by that one's, round by round
 * @property {readonly [string, string]} [steps] ids of works a, b before this one, c: (c - b) / (b - a) of the figure
 * @property {string} [to] the proxy whose figure porthole's is divided by; without it porthole's own figure is judged
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {number} [gate] what closes the gate instead of 40 % more than `atMost`, where the target is out of reach for now
 */

const connections = (/** @type {number} */ n) => `${n} connection${n === 1 ? '' : 's'}`;

/** @type {readonly Target[]} */
export const TARGETS = [
  ...[1, 32, 128, 512].map((n) => ({
    id: `rate-${n}`,
    words: `small GETs, ${connections(n)}`,
    work: `small-${n}`,
    figure: 'rate',
    unit: 'req/s',
    to: KUBECTL,
    atLeast: n === 1 ? 1.6 : 2,
  })),
  ...[32, 128].flatMap((n) => [
    {
      id: `cpu-${n}`,
      words: `CPU per request, ${connections(n)}`,
      work: `small-${n}`,
      figure: 'cpu',
      unit: 'µs',
      to: KUBECTL,
      atMost: 0.45,
    },
    {
      id: `cpu-${n}-nginx`,
      words: `CPU per request, ${connections(n)}, to nginx`,
      work: `small-${n}`,
      figure: 'cpu',
      unit: 'µs',
      to: NGINX,
      atMost: 1.6,
    },
    {
      id: `p99-${n}`,
      words: `p99 latency, ${connections(n)}`,
      work: `small-${n}`,
      figure: 'p99',
      unit: 'ms',
      to: KUBECTL,
      atMost: 0.7,
      // In the short rounds of a gate, the first requests of 128 connections are among the slowest 1 %.
      ...(n === 128 ? { gate: 4 } : {}),
    },
  ]),
  {
    id: 'large',
    words: '64 KiB answers, 16 connections',
    work: 'large',
    figure: 'rate',
    unit: 'req/s',
    to: KUBECTL,
    atLeast: 1.3,
  },
  {
    id: 'post',
    words: '4 KiB POSTs, 32 connections',
    work: 'post',
    figure: 'rate',
    unit: 'req/s',
    to: KUBECTL,
    atLeast: 1.8,
  },
  {
    id: 'list',
    words: 'one chunked list of 133 MB',
    work: 'list',
    figure: 'throughput',
    unit: 'MB/s',
    to: KUBECTL,
    atLeast: 1,
  },
  {
    id: 'slow-list',
    words: 'its memory above idle, read at 1 MB/s',
    work: 'slow-list',
    figure: 'above',
    unit: 'MB',
    atMost: 64,
  },
  {
    id: 'start',
    words: 'cold start to "Starting to serve"',
    work: 'start',
    figure: 'start',
    unit: 'ms',
    to: KUBECTL,
    atMost: 1,
    // Node itself needs 1.8 times as long as kubectl proxy.
    gate: 5,
  },
  {
    id: 'idle',
    words: 'RSS idle',
    work: 'memory',
    figure: 'idle',
    unit: 'MB',
    to: KUBECTL,
    atMost: 1,
  },
  {
    id: 'loaded',
    words: 'peak RSS at 128 connections',
    work: 'memory',
    figure: 'loaded',
    unit: 'MB',
    to: KUBECTL,
    atMost: 1.5,
  },
  ...[1, 32].map((n) => ({
    id: `growth-${n}`,
    words: `CPU per request at 2,000 connections over that at ${n}`,
    work: 'small-2000',
    figure: 'cpu',
    unit: 'times',
    per: `small-${n}`,
    atMost: 1.2,
  })),
  {
    id: 'heads',
    words: 'CPU per KiB of request head, 16 to 32 KiB over 0.1 to 16 KiB',
    work: 'heads-32',
    figure: 'cpu',
    unit: 'times',
    steps: ['heads-0', 'heads-16'],
    atMost: 1.2,
  },
  {
    id: 'contexts',
    words: 'cold start with 5,000 contexts',
    work: 'contexts',
    figure: 'start',
    unit: 'ms',
    atMost: 1000,
  },
];

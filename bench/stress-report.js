// What `npm run load` has shown, as a table.
import { cpus } from 'node:os';
import { KUBECTL, kubectlVersion, PORTHOLE } from './proxies.js';
import { percentile } from './statistics.js';
import { STRESS_WORKS } from './stress-works.js';

/** @typedef {{ rss: number, files: number }} State bytes; files without connections to the API server */
/**
 * @typedef {object} Measure of one work at one proxy
 * @property {string} work
 * @property {string} proxy
 * @property {number[]} ms of the probes that were answered with 200
 * @property {Record<string, number>} failed of the others
 * @property {State} before
 * @property {number} most files that were open at once
 * @property {number} peak resident memory, bytes
 * @property {object} crowd how it went for those who came
 * @property {number | null} recoveredMs until its files were as before; null for longer than 20 s
 * @property {State} after
 */

const MIB = 1024 * 1024;
const KIB = 1024;
/** docs/reliability.md says what they are made of. */
export const HELD = {
  base: 110 * MIB,
  connection: 24 * KIB,
  head: 128 * KIB,
  exchange: 512 * KIB,
};
/** Others are served within so many ms. */
const SERVED_MS = 100;

/** What porthole may hold in memory. @param {import('./stress-works.js').Holds} holds @returns {number} bytes */
export function mayHold({ connections, heads = 0, exchanges = 0 }) {
  const { base, connection, head, exchange } = HELD;
  return base + connections * connection + heads * head + exchanges * exchange;
}

export function stressFacts() {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    kubectl: kubectlVersion() ?? 'none',
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
  };
}

const HEADER = [
  'load',
  'proxy',
  'p50',
  'p99',
  'failed',
  'memory before, peak, after',
  'may hold',
  'files before, peak, after',
  'over in',
  'as promised',
];

/**
 * @param {readonly Measure[]} measured
 * @param {boolean} markdown
 * @returns {string}
 */
export function stressReport(measured, markdown) {
  const rows = STRESS_WORKS.flatMap((work) =>
    [PORTHOLE, KUBECTL].flatMap((name) => {
      const one = measured.find(({ work: id, proxy }) => id === work.id && proxy === name);
      return one === undefined ? [] : [cellsOf(work, one)];
    }),
  );
  const all = [HEADER, ...rows];
  if (markdown) {
    const rule = HEADER.map((_, i) => (i < 2 ? '---' : '---:'));
    return [HEADER, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  }
  const widths = HEADER.map((_, i) => Math.max(...all.map((cells) => cells[i].length)));
  return all
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @param {import('./stress-works.js').StressWork} work @param {Measure} one @returns {string[]} */
function cellsOf({ words, holds }, { proxy, ms, failed, before, most, peak, recoveredMs, after }) {
  const failures = Object.values(failed).reduce((a, b) => a + b, 0);
  const p99 = ms.length === 0 ? Number.POSITIVE_INFINITY : percentile(ms, 0.99);
  const bound = mayHold(holds);
  const isOurs = proxy === PORTHOLE;
  const short = [
    ...(p99 <= SERVED_MS && failures === 0 ? [] : ['others wait']),
    ...(isOurs && peak > bound ? ['memory'] : []),
    ...(recoveredMs === null ? ['does not recover'] : []),
  ];
  return [
    words,
    proxy,
    ms.length === 0 ? '' : `${percentile(ms, 0.5).toFixed(1)} ms`,
    ms.length === 0 ? '' : `${p99.toFixed(1)} ms`,
    `${failures} of ${ms.length + failures}`,
    `${[before.rss, peak, after.rss].map((bytes) => `${(bytes / MIB).toFixed(0)}`).join(', ')} MiB`,
    isOurs ? `${(bound / MIB).toFixed(0)} MiB` : '',
    [before.files, most, after.files].join(', '),
    recoveredMs === null ? '' : `${(recoveredMs / 1000).toFixed(1)} s`,
    short.length === 0 ? 'yes' : short.join('; '),
  ];
}

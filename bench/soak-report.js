// What a soak has shown, as a table with targets.
import { median } from './statistics.js';
import { trend } from './trend.js';

/** @typedef {{ at: number, rss: number, files: number, cpu: number, requests: number }} Sample ms since the start, bytes, seconds */
/**
 * @typedef {object} Soak
 * @property {string} name of the proxy
 * @property {readonly Sample[]} samples at about equal distances
 * @property {number} warmUpMs what came before is left out
 * @property {import('./soak-client.js').Progress} last
 * @property {string | null} status of porthole, when all was over
 * @property {readonly number[] | null} lines of the request log and of the audit log that are of requests
 * @property {number} rate that was wanted, requests a second
 * @property {import('./churn.js').Churned | null} churned what was changed meanwhile
 */
/** @typedef {{ words: string, figure: string, target: string, met: boolean | null }} Row */

/** A slope is one where it is more than chance, and more than this. */
const MEGABYTES_AN_HOUR = 1;
const SURE = 2;
/** Files open at the end, to those at the start. */
const FLAT = 1.1;
/** Of the rate that was wanted. */
const REACHED = 0.98;
const MEGABYTE = 1e6;
const HOUR_MS = 3_600_000;

/**
 * @param {Soak} soak
 * @returns {{ text: string, met: boolean }}
 */
export function soakReport(soak) {
  const rows = [...growth(soak), ...outcome(soak), ...records(soak)];
  const width = (/** @type {'words' | 'figure' | 'target'} */ column) =>
    Math.max(...rows.map((row) => row[column].length));
  const lines = rows.map(({ words, figure, target, met }) =>
    [
      words.padEnd(width('words')),
      figure.padStart(width('figure')),
      target.padEnd(width('target')),
      met === null ? '' : met ? 'yes' : 'NO',
    ]
      .join('  ')
      .trimEnd(),
  );
  const status = soak.status === null ? [] : ['', soak.status.trimEnd()];
  const errors = soak.last.errors.map((error) => `error: ${error}`);
  const text = [soak.name, '', ...lines, ...errors, ...status].join('\n');
  return { text, met: rows.every(({ met }) => met !== false) };
}

/** @param {Soak} soak @returns {Row[]} */
function growth({ samples, warmUpMs, rate }) {
  const warm = samples.filter(({ at }) => at >= warmUpMs);
  const [first, last] = [warm[0], warm.at(-1)];
  if (first === undefined || last === undefined) throw new Error('the soak was too short to tell');
  const hours = (last.at - first.at) / HOUR_MS;
  const { slope, error } = trend(
    warm.map(({ rss }) => rss / MEGABYTE),
    hours,
  );
  const third = Math.max(1, Math.floor(warm.length / 3));
  const files = warm.map(({ files }) => files);
  const [before, after] = [median(files.slice(0, third)), median(files.slice(-third))];
  const requests = last.requests - first.requests;
  const reached = requests / (hours * 3600);
  const cpu = ((last.cpu - first.cpu) / requests) * 1e6;
  const rss = warm.map(({ rss }) => rss / MEGABYTE);
  return [
    row(
      'RSS slope',
      `${slope.toFixed(1)} ± ${(SURE * error).toFixed(1)} MB/h`,
      'none',
      slope <= Math.max(MEGABYTES_AN_HOUR, SURE * error),
    ),
    row('RSS, median and most', `${median(rss).toFixed(0)}, ${Math.max(...rss).toFixed(0)} MB`),
    row('open files, first and last third', `${before}, ${after}`, 'flat', after <= before * FLAT),
    row('requests a second', reached.toFixed(0), `${rate}`, reached >= rate * REACHED),
    row('CPU per request, watches and all', `${cpu.toFixed(0)} µs`),
  ];
}

/** @param {Soak} soak @returns {Row[]} */
function outcome({ last, churned }) {
  return [
    row('requests, watches, events', `${last.requests}, ${last.watches}, ${last.events}`),
    row('failed', `${last.failed}`, '0', last.failed === 0),
    ...(churned === null ? [] : changes(churned, last)),
  ];
}

/**
 * @param {import('./churn.js').Churned} churned
 * @param {import('./soak-client.js').Progress} last
 * @returns {Row[]}
 */
function changes({ certificates, contexts, broken, restarts }, { away, cut }) {
  return [
    row('certificates, contexts, broken kubeconfigs', `${certificates}, ${contexts}, ${broken}`),
    row('restarts of the API server', `${restarts}`),
    row('failed while it was away', `${away}`),
    row('watches cut with all this', `${cut}`),
  ];
}

/** @param {Soak} soak @returns {Row[]} */
function records({ last, lines, status }) {
  if (lines === null) return [];
  const wanted = last.requests + last.watches;
  const dropped = /dropped: (.*)/.exec(status ?? '')?.[1] ?? 'unknown';
  return [
    ...['request log', 'audit log'].map((words, i) =>
      row(`lines of the ${words}`, `${lines[i]}`, `${wanted}`, lines[i] === wanted),
    ),
    row('dropped', dropped, '0', !/[1-9]|unknown/.test(dropped)),
  ];
}

/** @param {string} words @param {string} figure @param {string} [target] @param {boolean | null} [met] @returns {Row} */
function row(words, figure, target = '', met = null) {
  return { words, figure, target, met };
}

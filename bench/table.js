// The rows as one table: for the terminal, and as Markdown between two markers of a page.
import { HTTP_PROXY, KUBECTL, NGINX, PORTHOLE } from './proxies.js';
import { spread } from './statistics.js';

/** @typedef {import('./judge.js').Row} Row */
/** @typedef {import('./statistics.js').Sample} Sample */

const OPENING = '<!-- bench -->';
const CLOSING = '<!-- /bench -->';
const FIRST = [PORTHOLE, KUBECTL, NGINX, HTTP_PROXY];

/**
 * Cells, the header first: work, a column for each proxy with its median and spread, ratio, target, verdict.
 * @param {readonly Row[]} rows
 * @returns {string[][]}
 */
export function cells(rows) {
  const measured = new Set(rows.flatMap(({ samples }) => Object.keys(samples)));
  const proxies = [...new Set([...FIRST, ...measured])].filter((name) => measured.has(name));
  const lines = rows.map(({ target, samples, value, met }) => [
    target.words,
    ...proxies.map((name) => (name in samples ? figure(samples[name], target.unit) : '')),
    target.to === undefined ? '' : value.toFixed(2),
    bound(target),
    met ? 'yes' : 'no',
  ]);
  return [['work', ...proxies, 'ratio', 'target', 'met'], ...lines];
}

/** "24.4 k req/s ± 3 %": the median, and half of the width from the least to the most. @param {Sample} sample @param {string} unit */
function figure(sample, unit) {
  const text = unit === 'times' ? number(sample.median) : `${number(sample.median)} ${unit}`;
  return sample.rounds === 1 ? text : `${text} ± ${Math.round(spread(sample) * 100)} %`;
}

/** Three digits, thousands as "k". @param {number} value */
function number(value) {
  const [scaled, suffix] = Math.abs(value) >= 10_000 ? [value / 1000, ' k'] : [value, ''];
  const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)}${suffix}`;
}

/** @param {import('./targets.js').Target} target */
function bound({ atLeast, atMost, to, unit }) {
  const limit = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  if (to !== undefined) return `${limit} × ${to}`;
  return unit === 'times' ? limit : `${limit} ${unit}`;
}

/**
 * @param {readonly Row[]} rows
 * @returns {string} lines for a terminal
 */
export function terminalTable(rows) {
  const lines = cells(rows);
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column], column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Words to the left, figures to the right. @param {string} cell @param {number} width @param {number} column */
function pad(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/**
 * @param {readonly Row[]} rows
 * @returns {string}
 */
export function markdownTable(rows) {
  const [header, ...lines] = cells(rows);
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'));
  return [header, rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/**
 * The page with what stands between `<!-- bench -->` and `<!-- /bench -->` replaced.
 * @param {string} page
 * @param {string} text
 * @param {string} [name] of the page, for the error
 * @returns {string}
 */
export function between(page, text, name = 'the page') {
  const from = page.indexOf(OPENING);
  const to = page.indexOf(CLOSING, from);
  if (from === -1 || to === -1) throw new Error(`${name} has no ${OPENING} ... ${CLOSING}`);
  return `${page.slice(0, from + OPENING.length)}\n${text}\n${page.slice(to)}`;
}

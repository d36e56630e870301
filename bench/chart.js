// The ratios to `kubectl proxy` as a picture: one bar a row, a mark where the target is. It brings its own ground, and
// colours for light and dark, because a page that shows it as an image gives it neither.
import { KUBECTL } from './proxies.js';

/** @typedef {import('./judge.js').Row} Row */

const WIDTH = 860;
const LEFT = 290;
const RIGHT = 70;
const LINE = 26;
const BAR = 14;
const HEAD = 62;
/** Ratios beyond it are drawn as long as it is; their number tells the rest. */
const LONGEST = 3;
const STYLE = `
  svg { --ground: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d1d9e0; --met: #1a7f64; --short: #c4622d; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #e6edf3; --soft: #9198a1; --grid: #30363d; --met: #3fb68b; --short: #e08a52; }
  }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink); }
  .soft { fill: var(--soft); font-size: 12px; }
  .title { font-weight: 600; font-size: 14px; }
  .met { fill: var(--met); } .short { fill: var(--short); }
  .grid { stroke: var(--grid); } .one { stroke: var(--soft); stroke-dasharray: 3 3; } .mark { stroke: var(--ink); stroke-width: 2.5; }`;

/**
 * @param {readonly Row[]} rows
 * @returns {string} an SVG document
 */
export function chart(rows) {
  const compared = rows.filter(({ target }) => target.to === KUBECTL);
  const more = compared.filter(({ target }) => target.atLeast !== undefined);
  const less = compared.filter(({ target }) => target.atLeast === undefined);
  const panels = [
    { title: 'As many times as kubectl proxy: longer is better', rows: more },
    { title: 'Share of what kubectl proxy takes: shorter is better', rows: less },
  ].filter(({ rows }) => rows.length > 0);
  let top = 0;
  const drawn = panels.map(({ title, rows }) => {
    const text = panel(title, rows, top);
    top += HEAD + rows.length * LINE + 12;
    return text;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="porthole compared with kubectl proxy">
<style>${STYLE}
</style>
<rect width="${WIDTH}" height="${top}" rx="8" fill="var(--ground)"/>
${drawn.join('\n')}
</svg>
`;
}

/**
 * @param {string} title
 * @param {readonly Row[]} rows
 * @param {number} top
 */
function panel(title, rows, top) {
  const values = rows.flatMap(({ value, target }) => [value, target.atLeast ?? target.atMost ?? 0]);
  const most = Math.min(LONGEST, Math.ceil(Math.max(1, ...values) * 2) / 2);
  const x = (/** @type {number} */ value) =>
    LEFT + (Math.min(value, most) / most) * (WIDTH - LEFT - RIGHT);
  const bottom = top + HEAD + rows.length * LINE;
  const step = most > 2 ? 0.5 : 0.25;
  const ticks = Array.from({ length: Math.round(most / step) + 1 }, (_, i) => i * step);
  return [
    `<text class="title" x="16" y="${top + 26}">${escaped(title)}</text>`,
    `<text class="soft" x="${WIDTH - 16}" y="${top + 26}" text-anchor="end">dotted: kubectl proxy; short mark: target</text>`,
    ...ticks.flatMap((tick) => [
      line(tick === 1 ? 'one' : 'grid', x(tick), top + HEAD - 4, bottom),
      `<text class="soft" x="${round(x(tick))}" y="${top + HEAD - 10}" text-anchor="middle">${tick}</text>`,
    ]),
    ...rows.map((row, i) => bar(row, x, top + HEAD + i * LINE)),
  ].join('\n');
}

/**
 * @param {Row} row
 * @param {(value: number) => number} x
 * @param {number} top
 */
function bar({ target, value, met }, x, top) {
  const baseline = top + LINE / 2 + 4.5;
  const limit = target.atLeast ?? target.atMost ?? 0;
  const from = x(0);
  return [
    `<text x="${from - 10}" y="${baseline}" text-anchor="end">${escaped(target.words)}</text>`,
    `<rect class="${met ? 'met' : 'short'}" x="${from}" y="${top + (LINE - BAR) / 2}" width="${round(x(value) - from)}" height="${BAR}" rx="2"/>`,
    line('mark', x(limit), top + 4, top + LINE - 4),
    `<text x="${WIDTH - 16}" y="${baseline}" text-anchor="end">${value.toFixed(2)}</text>`,
  ].join('\n');
}

/** @param {string} kind @param {number} x @param {number} from @param {number} to */
function line(kind, x, from, to) {
  return `<line class="${kind}" x1="${round(x)}" x2="${round(x)}" y1="${from}" y2="${to}"/>`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

// What a run leaves behind: words for the terminal, and the pages that quote it.
import { readFileSync, writeFileSync } from 'node:fs';
import { chart } from './chart.js';
import { factsSentence } from './facts.js';
import { between, markdownTable, terminalTable } from './table.js';

/** @typedef {import('./judge.js').Row} Row */

const PAGES = ['../docs/performance.md', '../README.md'];

/**
 * @param {import('./facts.js').Facts} facts
 * @param {readonly Row[]} rows
 * @returns {string}
 */
export function report(facts, rows) {
  const missed = rows.filter(({ met }) => !met).length;
  return [
    factsSentence(facts),
    '',
    terminalTable(rows),
    '',
    `${rows.length - missed} of ${rows.length} targets met.`,
  ].join('\n');
}

/** Throws now, and not after a quarter of an hour, when a page has no place for the table. */
export function publishable() {
  for (const page of PAGES) {
    between(readFileSync(new URL(page, import.meta.url), 'utf8'), '', page.replace('../', ''));
  }
}

/**
 * The table into the pages, where their markers are, and the chart beside them.
 * @param {import('./facts.js').Facts} facts
 * @param {readonly Row[]} rows
 */
export function publish(facts, rows) {
  const text = `\n${markdownTable(rows)}\n\n${factsSentence(facts)}\n`;
  for (const page of PAGES) {
    const path = new URL(page, import.meta.url);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, between(before, text));
  }
  writeFileSync(new URL('../docs/performance.svg', import.meta.url), chart(rows));
}

/** How does it look to a person? Nothing in it can steer a terminal. */
import { printableUpTo } from '../printable.ts';
import { type AuditEvent, droppedBefore, isFinal, latencyOf, textOf } from './event.ts';
import { clientOf, userOf, whatOf } from './names.ts';

/** Where the columns behind the time begin, and the one that is aligned to the right ends. */
const COLUMN = { code: 24, verb: 28, what: 35, user: 80, latencyEnd: 112, client: 113 };
const LONGEST = { verb: 20, what: 200, name: 80 };

/**
 * A line for an event, with its newline: local time, code, verb, what it was done to, by whom, how long it took, with which
 * program, and what was unusual about it. A long text moves those behind it only as far as it has to.
 */
export function textLine(event: AuditEvent): string {
  const dropped = droppedBefore(event);
  if (dropped > 0) return `${localTime(event.staged)} ... ${dropped} events were dropped here\n`;
  const latency = latencyOf(event);
  let line = localTime(event.received);
  line = column(line, COLUMN.code, String(event.code ?? '-').padStart(3));
  line = column(line, COLUMN.verb, printableUpTo(LONGEST.verb, event.verb || '-'));
  line = column(line, COLUMN.what, printableUpTo(LONGEST.what, whatOf(event)));
  line = column(line, COLUMN.user, printableUpTo(LONGEST.name, userOf(event)));
  const took = isFinal(event) && latency !== undefined ? duration(latency) : '-';
  line = column(line, COLUMN.latencyEnd - took.length, took);
  line = column(line, COLUMN.client, printableUpTo(LONGEST.name, clientOf(event)));
  for (const remark of remarksOn(event)) line += ` ${printableUpTo(LONGEST.name, remark)}`;
  return `${line}\n`;
}

/** A JSON text or a legacy line as it was, but for raw controls: real ones escape them, and a terminal acts upon them. */
export function inert(line: string): string {
  return line.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, (char) => {
    // Between the tokens of JSON.
    if (char === '\t' || char === '\r') return ' ';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The text at its column, or behind the line where that is longer. */
function column(line: string, at: number, text: string): string {
  return `${`${line} `.padEnd(at)}${text}`;
}

/** What went wrong by porthole's own account, and the stage where it is not the usual one. */
function remarksOn({ stage, annotations }: AuditEvent): string[] {
  const outcome = textOf(annotations['porthole/outcome']);
  const error = textOf(annotations['porthole/error']);
  return [stage === 'ResponseComplete' ? '' : stage, outcome, error].filter((text) => text !== '');
}

/** `2026-11-22 13:05:10.885` of a time in µs since the epoch, as clocks show it here. */
export function localTime(time: number): string {
  if (Number.isNaN(time)) return '-'.padEnd(23);
  const date = new Date(time / 1000);
  const digits = (value: number, count = 2) => String(value).padStart(count, '0');
  const day = `${date.getFullYear()}-${digits(date.getMonth() + 1)}-${digits(date.getDate())}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => digits(n));
  return `${day} ${clock.join(':')}.${digits(date.getMilliseconds(), 3)}`;
}

/** `0.85ms`, `120ms`, `32.1s` of µs. */
export function duration(us: number): string {
  if (us < 10_000) return `${(us / 1000).toFixed(2)}ms`;
  return us < 10_000_000 ? `${(us / 1000).toFixed(0)}ms` : `${(us / 1e6).toFixed(1)}s`;
}

/** Rows with their columns below each other: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('   '),
  );
  return lines.map((line) => `${line}\n`).join('');
}

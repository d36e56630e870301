import type { ExchangeRecord } from './exchange-record.ts';

const WIDTH = { status: 3, verb: 6, what: 44, duration: 7, ttfb: 9, bytes: 7 };
const MAX_WHAT = 200;
const MAX_PROGRAM = 60;
const MAX_ERROR = 500;

const MUTATING = new Set([
  ...['create', 'update', 'patch', 'delete', 'deletecollection'],
  ...['post', 'put'], // verbs of non-resource requests are methods
]);

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 };
type Colour = keyof typeof CODES;

/**
 * One line for a person, with its newline: time, status, verb, what it was done to, total time, (time to first byte), body
 * bytes, the client's program, and what went wrong. Nothing in it can steer a terminal but our own colours.
 */
export function prettyLine(record: ExchangeRecord, colour: boolean): string {
  const paint = colour ? ansi : plain;
  const verb = visible(record.verb || record.method.toLowerCase() || '-', MAX_PROGRAM);
  const ttfb = record.ttfbMs === undefined ? '' : `(${duration(record.ttfbMs)})`;
  const columns = [
    paint('dim', clock(new Date(record.time))),
    paint(statusColour(record.status), String(record.status ?? '-').padStart(WIDTH.status)),
    paint(MUTATING.has(verb) ? 'magenta' : 'bold', verb.padEnd(WIDTH.verb)),
    visible(what(record), MAX_WHAT).padEnd(WIDTH.what - Math.max(0, verb.length - WIDTH.verb)),
    duration(record.durationMs).padStart(WIDTH.duration),
    paint('dim', ttfb.padStart(WIDTH.ttfb)),
    bytes(record.bytesOut).padStart(WIDTH.bytes),
  ];
  if (record.bytesIn > 0) columns.push(`+${bytes(record.bytesIn)} in`);
  columns.push(visible(program(record), MAX_PROGRAM));
  if (record.outcome !== undefined && record.outcome !== 'ok') {
    const sentence = record.error === undefined ? '' : `: ${visible(record.error, MAX_ERROR)}`;
    columns.push(
      paint(
        record.outcome === 'client-gone' || record.outcome === 'stopped' ? 'yellow' : 'red',
        record.outcome,
      ) + sentence,
    );
  }
  return `${columns.join(' ')}\n`;
}

/** `pods/default/web-0/log`, `deployments.apps/default/web`, `nodes/n1`; the path when the request names no resource. */
function what(record: ExchangeRecord): string {
  if (record.resource === '') return record.path || '-';
  const kind = record.apiGroup === '' ? record.resource : `${record.resource}.${record.apiGroup}`;
  // Requests for a namespace carry it as namespace and as name.
  const namespace = record.resource === 'namespaces' ? '' : record.namespace;
  return [kind, namespace, record.name, record.subresource].filter((s) => s !== '').join('/');
}

/** kubectl says which of its commands is calling; of others the first product of the User-Agent (RFC 9110 10.1.5). */
function program(record: ExchangeRecord): string {
  return record.kubectlCommand || record.userAgent?.trim().split(' ', 1)[0] || '-';
}

/**
 * Text of others, bounded, with everything escaped that a terminal could act upon or that shows as nothing: controls (C0,
 * DEL, C1), line and paragraph separators, and format characters such as those that turn the direction of writing.
 */
function visible(text: string, max: number): string {
  const bounded = text.length <= max ? text : `${text.slice(0, max)}...`;
  return bounded.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`;
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

function clock(time: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)}ms`;
  if (ms < 10_000) return `${ms.toFixed(0)}ms`;
  return `${(ms / 1000).toFixed(1)}s`;
}

function bytes(n: number): string {
  if (n < 1000) return `${n}B`;
  if (n < 1e6) return `${(n / 1e3).toFixed(1)}kB`;
  return n < 1e9 ? `${(n / 1e6).toFixed(1)}MB` : `${(n / 1e9).toFixed(1)}GB`;
}

function statusColour(status: number | undefined): Colour {
  if (status === undefined || status >= 500) return 'red';
  if (status >= 400) return 'yellow';
  return status >= 300 ? 'cyan' : 'green';
}

function ansi(colour: Colour, text: string): string {
  return `\x1b[${CODES[colour]}m${text}\x1b[0m`;
}

function plain(_: Colour, text: string): string {
  return text;
}

/** What does the text of a flag mean? The parsers throw ERR_USAGE and say what is wrong, but not with which flag. */
import { isIP } from 'node:net';
import { PortholeError } from '../errors.ts';
import { quote } from '../server/quote.ts';
import { type Flag, type FlagName, flagTitle } from './table.ts';

/** What flags were given, read into values. What is wrong with it goes to `errors`, and the default stands in. */
export class FlagValues {
  readonly errors: string[];
  readonly #flags: readonly Flag[];
  readonly #given = new Map<string, string[]>();

  constructor(errors: readonly string[], flags: readonly Flag[]) {
    this.errors = [...errors];
    this.#flags = flags;
  }

  /** Notes that a flag was given once more. */
  add(long: string, text: string): void {
    this.#given.set(long, [...(this.#given.get(long) ?? []), text]);
  }

  /** All values of a flag that may be repeated. */
  all<T>(name: FlagName, parse: (text: string) => T): T[] {
    return (this.#given.get(name) ?? []).flatMap((text) => {
      const flag = this.#flags.find(({ long }) => long === name);
      const title = flag === undefined ? name : flagTitle(flag);
      const prefix = `invalid argument ${quote(text)} for "${title}" flag: `;
      return this.#noting(prefix, () => parse(text));
    });
  }

  /** The last value of a flag, else its default. */
  one<T>(name: FlagName, parse: (text: string) => T): T {
    const byDefault = this.#flags.find(({ long }) => long === name)?.default ?? '';
    return this.all(name, parse).at(-1) ?? parse(byDefault);
  }

  /** The last text of a flag; an empty one counts as none, because kubectl's empty values never override anything. */
  text(name: FlagName): string | undefined {
    return this.one(name, String) || undefined;
  }

  /** Runs a check of what was read, whose error names the flag by itself. */
  check(run: () => unknown): void {
    this.#noting('', run);
  }

  #noting<T>(prefix: string, run: () => T): T[] {
    try {
      return [run()];
    } catch (error) {
      if (!(error instanceof PortholeError)) throw error;
      this.errors.push(prefix + error.message);
      return [];
    }
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);

/** A switch, in the words of Go's `strconv.ParseBool`. */
export function parseBool(text: string): boolean {
  return BOOLEANS.get(text) ?? refuse('must be true or false');
}

/** A port to listen on; 0 is any free one. */
export function parsePort(text: string): number {
  return parseWhole(text, 65_535);
}

/** The level of `-v`, an int32 in klog. */
export function parseLevel(text: string): number {
  return parseWhole(text, 2 ** 31 - 1);
}

/** How many, an int32 or less. */
export function parseCount(text: string): number {
  return parseWhole(text, 2 ** 31 - 1);
}

/** As `--audit-log-maxsize` and lumberjack count: 1 is 1 MiB. In bytes. */
export function parseMegabytes(text: string): number {
  return parseWhole(text, 2 ** 31 - 1) * 1024 * 1024;
}

/** As `--audit-log-maxage` counts. In ms. */
export function parseDays(text: string): number {
  return parseWhole(text, 100_000) * 24 * 3_600_000;
}

const BYTES_OF_UNIT: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['K', 1e3],
  ['M', 1e6],
  ['KI', 1024],
  ['MI', 1024 * 1024],
]);

/** A size: bytes, or with a unit, as in 256KiB, 1Mi or 500kB. In bytes, 64 MiB at most. */
export function parseSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([kKmM]?i?)[bB]?$/.exec(text) ?? [];
  const bytes = Number(digits) * (BYTES_OF_UNIT.get(unit.toUpperCase()) ?? Number.NaN);
  if (digits === '' || !(bytes <= 64 * 1024 * 1024))
    return refuse('must be a size of at most 64MiB, as in 256KiB');
  return bytes;
}

/** Status codes: one, all of a class, or from one to another: `404`, `4xx`, `400-499`. As they were written. */
export function parseCodes(text: string): string {
  const [codes, first = '', last = first] =
    /^(?:[1-5]xx|([1-5]\d\d)(?:-([1-5]\d\d))?)$/.exec(text) ?? [];
  if (codes !== undefined && first <= last) return codes;
  return refuse('must be a status code, as in 404, 4xx or 400-499');
}

/** A moment as RFC 3339 has it, or a duration before `now`; in ms since the epoch. */
export function parseMoment(text: string, now: number): number {
  if (/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:\d\d)?)?$/.test(text)) {
    const moment = Date.parse(text);
    if (Number.isFinite(moment)) return moment;
  }
  try {
    return now - parseSpan(text);
  } catch {
    return refuse('must be a time, as in 2026-11-22T13:05:00Z, or how long ago, as in 90m');
  }
}

// Other spellings that Go reads are refused: 010 is eight there.
function parseWhole(text: string, largest: number): number {
  const whole = /^(0|[1-9]\d*)$/.test(text) && Number(text) <= largest;
  return whole ? Number(text) : refuse(`must be a whole number from 0 to ${largest}`);
}

// The last label is not all digits, so that a mistyped IPv4 address is no name.
const HOST_NAME = /^(?=.{1,253}$)(?:(?!-)[\w-]{1,63}(?<!-)\.)*(?!\d+$)(?!-)[\w-]{1,63}(?<!-)$/;

/** An IP address or host name, IPv6 with or without brackets; without them in the result. */
export function parseAddress(text: string): string {
  const [, bracketed] = /^\[(.*)\]$/.exec(text) ?? [];
  if (bracketed !== undefined && isIP(bracketed) === 6) return bracketed;
  if (isIP(text) !== 0 || HOST_NAME.test(text)) return text;
  return refuse('must be an IP address or a host name; the port goes into --port');
}

const MS_OF_UNIT: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['\u00b5s', 1e-3],
  ['\u03bcs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

// What a timer of Node can hold: one that is set to more ends at once.
const LONGEST_MS = 2 ** 31 - 1;

/**
 * A duration as Go's `time.ParseDuration` reads it (`300ms`, `1h2m3.5s`, `0`), in whole milliseconds: at least 1 unless it
 * is nothing, and at most what a timer can hold (24 days). Negative ones are refused.
 */
export function parseDuration(text: string): number {
  return Math.min(parseSpan(text), LONGEST_MS);
}

/** The same, however long. */
function parseSpan(text: string): number {
  const unsigned = text.replace(/^[-+]/, '');
  if (unsigned === '0') return 0;
  let ms = 0;
  let rest = unsigned;
  do {
    const [part, amount, unit] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
    if (part === undefined || unit === undefined) return refuse(`invalid duration ${quote(text)}`);
    if (unit === '') return refuse(`missing unit in duration ${quote(text)} (as in 5s or 1m30s)`);
    const unitMs = MS_OF_UNIT.get(unit);
    if (unitMs === undefined)
      return refuse(`unknown unit ${quote(unit)} in duration ${quote(text)}`);
    ms += Number(amount) * unitMs;
    rest = rest.slice(part.length);
  } while (rest !== '');
  if (text.startsWith('-') && ms > 0) return refuse('must not be negative');
  return ms > 0 ? Math.max(1, Math.round(ms)) : 0;
}

/** `--request-timeout` as client-go's `ParseTimeout` reads it: seconds, or a duration; in milliseconds, 0 is none. */
export function parseTimeout(text: string): number {
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_MS);
  try {
    return parseDuration(text);
  } catch {
    return refuse(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  }
}

/**
 * A path below which something is served, as kubectl reads it: with a slash at its end, whether or not one was written.
 * It is compared with paths as they were sent, so that it holds nothing that could be written in two ways.
 */
export function parsePrefix(text: string): string {
  if (!text.startsWith('/')) return refuse('must begin with a slash, as in /static/');
  const prefix = text.endsWith('/') ? text : `${text}/`;
  const isPlain = /^(?:\/[\w!$&'()*+,;=:@~.-]+)*\/$/.test(prefix);
  if (!isPlain || /\/\.\.?\//.test(prefix))
    return refuse('must be a plain path: no escapes, query, or empty, "." or ".." segments');
  return prefix;
}

/** For which `porthole completion` has a script. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

export const LOG_FORMATS = ['auto', 'pretty', 'json', 'combined', 'off'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export const AUDIT_FORMATS = ['json', 'legacy'] as const;
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

export const AUDIT_MODES = ['batch', 'blocking-strict'] as const;

export const TRACE_OUTPUTS = ['text', 'json', 'har', 'audit'] as const;
export type TraceOutput = (typeof TRACE_OUTPUTS)[number];

export const AUDIT_OUTPUTS = ['text', 'json'] as const;
export type AuditOutput = (typeof AUDIT_OUTPUTS)[number];

/** What `porthole audit --top` counts by. */
export const AUDIT_GROUPINGS = ['client', 'verb', 'resource', 'user', 'code', 'latency'] as const;
export type AuditGrouping = (typeof AUDIT_GROUPINGS)[number];

/** One of these words. */
export function parseWord<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => words.find((word) => word === text) ?? refuse(`must be ${orList(words)}`);
}

function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function refuse(reason: string): never {
  throw new PortholeError('ERR_USAGE', reason);
}

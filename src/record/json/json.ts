import { randomUUID } from 'node:crypto';

/** Objects and arrays inside one another. Deeper text is refused: whoever walks a value may recurse. */
export const MAX_DEPTH = 200;

/** A JSON object, with the members by which Kubernetes says what it is. */
export interface JsonObject {
  [member: string]: unknown;
  kind?: unknown;
  metadata?: unknown;
  /** Of a list. */
  items?: unknown;
  /** Of a Table. */
  rows?: unknown;
  /** Of a Table's row. */
  object?: unknown;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Stands before a number that a double can not hold, in a string; nobody outside can write one. */
const EXACT = `exact-number-${randomUUID()}:`;
const EXACT_IN_JSON = new RegExp(`"${EXACT}([-+.0-9eE]+)"`, 'g');
/** Digits in a row that a double may be too short for. */
const LONG = /\d{16}/;
/** RFC 8259 section 6. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The JSON value of a text; the last of duplicate keys wins. Numbers that a double can not hold (int64 in custom resources)
 * become strings that only `toJson` can read.
 * @throws {SyntaxError} when it is not JSON
 * @throws {RangeError} when it is nested deeper than MAX_DEPTH
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(LONG.test(text) ? keepNumbers(text) : text);
  if (!isWithin(value, MAX_DEPTH)) throw new RangeError('JSON is nested too deep');
  return value;
}

/** JSON text of a value that `parseJson` gave, numbers as they were. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes(EXACT) ? text.replace(EXACT_IN_JSON, '$1') : text;
}

/** Whether nothing in a value is nested deeper. Recurses no deeper either. */
export function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  for (const member of Object.values(value)) if (!isWithin(member, depth - 1)) return false;
  return true;
}

/** JSON text whose long numbers are strings with EXACT before them. Text that is no JSON does not become JSON. */
function keepNumbers(text: string): string {
  let kept = '';
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const start = at;
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (!isOfNumber(code)) at += 1;
    else {
      while (isOfNumber(text.charCodeAt(at))) at += 1;
      const number = text.slice(start, at);
      if (needsKeeping(number) && !isKey(text, at)) {
        kept += `${text.slice(from, start)}"${EXACT}${number}"`;
        from = at;
      }
    }
  }
  return kept + text.slice(from);
}

function needsKeeping(number: string): boolean {
  return number.length > 15 && NUMBER.test(number) && String(Number(number)) !== number;
}

/** Whether a colon follows: a number is no key, but a string is. */
function isKey(text: string, at: number): boolean {
  let next = at;
  while (' \t\r\n'.includes(text.charAt(next)) && next < text.length) next += 1;
  return text.charAt(next) === ':';
}

function isOfNumber(code: number): boolean {
  if (code >= 0x30 && code <= 0x39) return true;
  // + - . E e
  return code === 0x2b || code === 0x2d || code === 0x2e || code === 0x45 || code === 0x65;
}

/** Behind the quote that closes the string which opens at `start`. */
function endOfString(text: string, start: number): number {
  let quote = start;
  for (;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote < 0) return text.length;
    let slash = quote;
    while (text.charCodeAt(slash - 1) === BACKSLASH) slash -= 1;
    if ((quote - slash) % 2 === 0) return quote + 1;
  }
}

/** The lines of `--audit-log-format=legacy`, kube-apiserver's and porthole's. */
import { type AuditEvent, microseconds, NO_OBJECT, type ObjectReference } from './event.ts';

/** What a request with this URI is about; undefined for no resource. */
export type ReadUri = (uri: string) => ObjectReference | undefined;

const LINE = /^(\S+) AUDIT: (?=id=")/;
const FIELD = /([\w-]+)="((?:[^"\\]|\\.)*)"(?: |$)/y;
/** Longer lines are none, as these events carry no bodies; an expression runs out of room with some MB. Characters. */
const LONGEST = 1024 * 1024;

/**
 * Reads a line as apiserver's `audit.EventString` writes it. It has no time of its stage, and no resource but in its URI.
 * Undefined for other lines.
 */
export function readLegacy(line: string, readUri: ReadUri): AuditEvent | undefined {
  if (line.length > LONGEST) return undefined;
  const [begin = '', time = ''] = LINE.exec(line) ?? [];
  if (begin === '') return undefined;
  const values = fieldsBehind(line.trimEnd(), begin.length);
  const dropped = values?.get('dropped-events');
  // The last one, but for porthole's own word about events: without it, the line was cut.
  const response = values?.get('response') ?? dropped;
  if (values === undefined || response === undefined) return undefined;
  const text = (name: string, none?: string) => {
    const value = values.get(name) ?? '';
    return value === none ? '' : value;
  };
  const requestURI = text('uri');
  return {
    stage: text('stage'),
    verb: text('method'),
    requestURI,
    object: readUri(requestURI) ?? NO_OBJECT,
    user: text('user', '<none>'),
    impersonatedUser: text('as', '<self>'),
    userAgent: text('user-agent'),
    code: dropped === undefined && /^\d{1,3}$/.test(response) ? Number(response) : undefined,
    received: microseconds(time),
    staged: dropped === undefined ? Number.NaN : microseconds(time),
    annotations: dropped === undefined ? {} : { 'porthole/dropped-events': dropped },
  };
}

function fieldsBehind(line: string, from: number): Map<string, string> | undefined {
  const values = new Map<string, string>();
  let at = from;
  while (at < line.length) {
    FIELD.lastIndex = at;
    const [whole, name, value] = FIELD.exec(line) ?? [];
    if (whole === undefined || name === undefined || value === undefined) return undefined;
    values.set(name, unquoted(value));
    at += whole.length;
  }
  return values;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What stood in Go's `%q`. */
function unquoted(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/g,
    (whole, x?: string, u?: string, U?: string, char = '') => {
      const hex = x ?? u ?? U;
      if (hex === undefined) return ESCAPES[char] ?? char;
      const code = Number.parseInt(hex, 16);
      return code > 0x10ffff ? whole : String.fromCodePoint(code);
    },
  );
}

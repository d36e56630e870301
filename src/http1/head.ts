import { type ErrorCode, PortholeError } from '../errors.ts';
import { keyOf } from './field-names.ts';
import { HeaderList, trimmed } from './header-list.ts';
import type { Framing } from './message.ts';

export const NO_BODY: Framing = { kind: 'none' };

/** Bytes of start line and header fields together, the blank line included. */
export const MAX_HEAD_BYTES = 64 * 1024;
/** Header lines of one head. */
export const MAX_HEADER_LINES = 200;

/** Bounds of one head. */
export interface HeadLimits {
  /** Of start line and header fields together, the blank line included. */
  readonly headBytes: number;
  readonly headerLines: number;
}

/** Of what the API server says; of what clients say unless flags tell otherwise. */
export const HEAD_LIMITS: HeadLimits = {
  headBytes: MAX_HEAD_BYTES,
  headerLines: MAX_HEADER_LINES,
};

const CRLF_CRLF = Buffer.from('\r\n\r\n', 'latin1');
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

// RFC 9110 section 5.5, and the line ends between fields. One test for all of a head.
const TEXT = /^[\t\r\n\x20-\x7e\x80-\xff]*$/;
// No leading zeros: a reader that takes `010` for eight exists.
const LENGTH = /^(?:0|[1-9][0-9]{0,14})$/;

/**
 * Index just past the blank line that ends a head, or -1 while it is incomplete. `scanned` is how many of the bytes an
 * earlier call has seen. A head that can only become wrong is refused before its end: a client that ends lines with a
 * bare LF would otherwise wait for the deadline.
 * @throws {PortholeError} `code`, or `ERR_HEAD_TOO_LARGE` for a request's
 */
export function findHeadEnd(
  bytes: Buffer,
  scanned: number,
  code: ErrorCode,
  maxBytes = MAX_HEAD_BYTES,
): number {
  const end = bytes.indexOf(CRLF_CRLF, Math.max(0, scanned - 3));
  if (end >= 0 && end + 4 <= maxBytes) return end + 4;
  const seen = bytes.subarray(0, maxBytes);
  for (let at = seen.indexOf(LF, scanned); at >= 0; at = seen.indexOf(LF, at + 1)) {
    if (at === 0 || seen[at - 1] !== CR) throw new PortholeError(code, 'line ends with a bare LF');
  }
  if (seen.length === maxBytes) throw tooLarge(`${maxBytes} bytes`, code);
  return -1;
}

/**
 * Header fields from `from` to the end of `head`, which must end with the CRLF of the last field. Folded lines, a space
 * before the colon, empty names and control characters are refused (RFC 9112 sections 2.2, 5.1 and 5.2).
 */
export function parseFields(
  head: string,
  from: number,
  code: ErrorCode,
  maxLines = MAX_HEADER_LINES,
): HeaderList {
  if (!TEXT.test(head)) throw new PortholeError(code, 'control character in the header section');
  const keys: string[] = [];
  const values: string[] = [];
  /** From the first line on that is not spelled as ours are: white space around values is passed on as one space. */
  let respelled: string | undefined;
  for (let at = from; at < head.length; ) {
    const end = lineEnd(head, at, code);
    const colon = head.indexOf(':', at);
    if (colon < 0 || colon > end) throw new PortholeError(code, 'header line without a colon');
    const name = head.slice(at, colon);
    const key = keyOf(name);
    if (key === undefined) throw new PortholeError(code, 'header name is not a token');
    if (keys.length === maxLines) throw tooLarge(`${maxLines} lines`, code);
    const value = trimmed(head, colon + 1, end);
    if (head.charCodeAt(colon + 1) !== SPACE || value.length !== end - colon - 2) {
      respelled ??= head.slice(from, at);
    }
    if (respelled !== undefined) respelled += `${name}: ${value}\r\n`;
    keys.push(key);
    values.push(value);
    at = end + 2;
  }
  return new HeaderList(respelled ?? head.slice(from), keys, values);
}

/**
 * Where the line ends that begins at `at`: the index of its CRLF. Looked for by one character each, which V8 does
 * without a call into its run-time.
 */
export function lineEnd(head: string, at: number, code: ErrorCode): number {
  const end = head.indexOf('\r', at);
  if (end >= 0 && head.indexOf('\n', at) === end + 1) return end;
  throw new PortholeError(code, 'bare CR or bare LF in the header section');
}

/**
 * The framing that Content-Length and Transfer-Encoding announce, or undefined where neither stands there. RFC 9112
 * section 6.3 lets a recipient mend some of what is refused here (both fields, repeated lengths); two readers that mend
 * differently are request smuggling.
 */
export function announcedFraming(
  headers: HeaderList,
  version: '1.0' | '1.1',
  code: ErrorCode,
): Framing | undefined {
  const lengths = headers.count('content-length');
  const codings = headers.count('transfer-encoding');
  if (lengths + codings === 0) return undefined;
  if (lengths > 0 && codings > 0) {
    throw new PortholeError(code, 'both Content-Length and Transfer-Encoding');
  }
  if (lengths + codings > 1) {
    throw new PortholeError(code, 'repeated Content-Length or Transfer-Encoding');
  }
  if (codings === 1) {
    if (version === '1.0') throw new PortholeError(code, 'Transfer-Encoding in HTTP/1.0');
    if (headers.get('transfer-encoding')?.toLowerCase() !== 'chunked') {
      throw new PortholeError(code, 'Transfer-Encoding other than chunked');
    }
    return { kind: 'chunked' };
  }
  const value = headers.get('content-length') ?? '';
  if (!LENGTH.test(value)) throw new PortholeError(code, 'Content-Length is not a plain number');
  return { kind: 'length', length: Number(value) };
}

function tooLarge(limit: string, code: ErrorCode): PortholeError {
  const requestSide = code === 'ERR_MALFORMED_REQUEST';
  return new PortholeError(
    requestSide ? 'ERR_HEAD_TOO_LARGE' : code,
    `header section over ${limit}`,
  );
}

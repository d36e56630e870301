import { STATUS_CODES } from 'node:http';
import { type OutgoingHttpHeaders, sensitiveHeaders } from 'node:http2';
import { PortholeError } from '../../errors.ts';
import { isToken } from '../../http1/field-names.ts';
import { MAX_HEAD_BYTES, parseFields } from '../../http1/head.ts';
import type { HeaderList } from '../../http1/header-list.ts';
import type { Framing, ResponseHead } from '../../http1/message.ts';
import { responseFraming } from '../../http1/response-head.ts';

const CODE = 'ERR_UPSTREAM_MALFORMED';

/** Of trailers, in bytes: as many as readers of chunked bodies take. */
const MAX_TRAILERS = 8 * 1024;

/** An index of these would let who sees the length of requests find out secrets (RFC 7541 section 7.1.3). */
const SECRET = ['authorization', 'cookie'];

/**
 * The fields of a request (RFC 9113 section 8.3.1) whose head is written for HTTP/1.1, without a body; `undefined` for one
 * that Node would not send as it is: it repeats a field, or has one that only HTTP/1.1 knows.
 */
export function requestFields(head: string): OutgoingHttpHeaders | undefined {
  const [line = '', ...lines] = head.slice(0, -4).split('\r\n');
  const [method = '', path = ''] = line.split(' ');
  const fields: OutgoingHttpHeaders & { [sensitiveHeaders]?: string[] } = {
    ':method': method,
    ':scheme': 'https',
    ':path': path,
    [sensitiveHeaders]: SECRET,
  };
  for (const field of lines) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    if (name === 'http2-settings' || name === 'transfer-encoding') return undefined;
    const key = name === 'host' ? ':authority' : name;
    const value = field.slice(colon + 2);
    const before = fields[key];
    if (before === undefined) fields[key] = value;
    else if (!name.startsWith('impersonate-')) return undefined;
    else fields[key] = [before, value].flat() as string[];
  }
  return fields;
}

/**
 * The head of an answer to a request with `method`, as HTTP/1.1 would have it: a body without a length is chunked. `raw`
 * is `[':status', '200', name, value, ...]`.
 * @throws {PortholeError} `ERR_UPSTREAM_MALFORMED`
 */
export function responseHead(raw: readonly string[], method: string): ResponseHead {
  const status = Number(raw[1]);
  if (raw[0] !== ':status' || !(status >= 100 && status <= 999)) throw malformed('no status');
  const headers = fieldsOf(raw.slice(2));
  let framing: Framing = responseFraming(headers, '1.1', status, method);
  if (framing.kind === 'close') {
    headers.append('Transfer-Encoding', 'chunked');
    framing = { kind: 'chunked' };
  }
  const reason = STATUS_CODES[status] ?? '';
  return { version: '1.1', status, reason, headers, framing, upgrade: undefined, keepAlive: true };
}

/** Trailer fields, as lines. @throws {PortholeError} `ERR_UPSTREAM_MALFORMED` */
export function trailerLines(raw: readonly string[]): string {
  fieldsOf(raw);
  const lines = linesOf(raw);
  if (lines.length + 2 > MAX_TRAILERS) throw malformed('trailers too long');
  return lines;
}

/** nghttp2 has looked at them; but what would end a line in HTTP/1.1 must not depend on that (RFC 9113 section 10.3). */
function fieldsOf(raw: readonly string[]): HeaderList {
  const lines = linesOf(raw);
  if (lines.length > MAX_HEAD_BYTES) throw malformed(`header section over ${MAX_HEAD_BYTES} bytes`);
  for (let i = 0; i < raw.length; i += 2) {
    if (!isToken(raw[i] as string)) throw malformed('header name is not a token');
  }
  const headers = parseFields(lines, 0, CODE);
  if (headers.length * 2 !== raw.length) throw malformed('line end in a header value');
  return headers;
}

function linesOf(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < raw.length; i += 2)
    lines += `${canonical(raw[i] as string)}: ${raw[i + 1]}\r\n`;
  return lines;
}

/** `Content-Type` for `content-type`, as Go writes them: clients see the same by HTTP/1.1. */
function canonical(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

function malformed(what: string): PortholeError {
  return new PortholeError(CODE, what);
}

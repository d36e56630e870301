import { PortholeError } from '../errors.ts';
import { announcedFraming, findHeadEnd, lineEnd, NO_BODY, parseFields } from './head.ts';
import type { HeaderList } from './header-list.ts';
import type { Framing, ResponseHead } from './message.ts';
import { hasBody } from './request-head.ts';

const CODE = 'ERR_UPSTREAM_MALFORMED';
const UNTIL_CLOSE: Framing = { kind: 'close' };

const START = 'HTTP/1.';
/** Where the status code begins, and where the reason phrase. */
const STATUS_AT = 9;
const REASON_AT = 13;
// RFC 9112 section 4. The reason phrase may be empty; the space before it is often left out then.
const STATUS_LINE = /^HTTP\/1\.[01] [1-9][0-9]{2}(?: [\t\x20-\x7e\x80-\xff]*)?$/;

/**
 * Index just past the head that `bytes` begins with, or -1 while it is incomplete; see {@link findHeadEnd}. What does not
 * begin as an answer is refused at once: a server of another protocol that waits for us would never end its "head".
 */
export function responseHeadEnd(bytes: Buffer, scanned: number): number {
  for (let at = scanned; at < START.length && at < bytes.length; at++) {
    if (bytes[at] !== START.charCodeAt(at)) throw notHttp();
  }
  return findHeadEnd(bytes, scanned, CODE);
}

/**
 * Reads the response head in `bytes[start, end)`, the answer to a request with `method`, on which its framing depends.
 * @throws {PortholeError} `ERR_UPSTREAM_MALFORMED`
 */
export function parseResponseHead(
  bytes: Buffer,
  start: number,
  end: number,
  method: string,
): ResponseHead {
  const head = bytes.toString('latin1', start, end - 2);
  const startEnd = lineEnd(head, 0, CODE);
  const line = head.slice(0, startEnd);
  if (!STATUS_LINE.test(line)) throw notHttp();
  const version = line[START.length] === '1' ? '1.1' : '1.0';
  const status = Number(line.slice(STATUS_AT, STATUS_AT + 3));
  const headers = parseFields(head, startEnd + 2, CODE);
  const framing = responseFraming(headers, version, status, method);
  const connection = headers.has('connection') ? headers.listOf('connection') : [];
  return {
    version,
    status,
    reason: line.slice(REASON_AT),
    headers,
    framing,
    upgrade: connection.includes('upgrade') ? headers.get('upgrade') : undefined,
    keepAlive: version === '1.1' && framing.kind !== 'close' && !connection.includes('close'),
  };
}

/** RFC 9112 section 6.3, items 1 to 8. */
export function responseFraming(
  headers: HeaderList,
  version: '1.0' | '1.1',
  status: number,
  method: string,
): Framing {
  const announced = announcedFraming(headers, version, CODE);
  if (status < 200 && status !== 101 && version === '1.0') {
    // HTTP/1.0 knows none (RFC 9110 section 15.2): some readers take it for the answer, and what follows for a body.
    throw new PortholeError(CODE, `status ${status} in HTTP/1.0`);
  }
  if (status < 200 || status === 204) {
    // RFC 9112 section 6.1, RFC 9110 section 8.6: a client that believed it would take the next answer for a body.
    if (announced !== undefined && hasBody(announced)) {
      throw new PortholeError(CODE, `status ${status} with a body announced`);
    }
    return NO_BODY;
  }
  if (method === 'HEAD' || status === 304) return NO_BODY;
  return announced ?? UNTIL_CLOSE;
}

function notHttp(): PortholeError {
  return new PortholeError(CODE, 'the API server did not answer in HTTP/1.1');
}

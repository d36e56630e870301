import { PortholeError } from '../errors.ts';
import { isToken } from './field-names.ts';
import {
  announcedFraming,
  findHeadEnd,
  HEAD_LIMITS,
  type HeadLimits,
  lineEnd,
  NO_BODY,
  parseFields,
} from './head.ts';
import type { HeaderList } from './header-list.ts';
import type { Framing, RequestHead } from './message.ts';

const CODE = 'ERR_MALFORMED_REQUEST';
const MAX_METHOD = 32;

// RFC 9112 section 3.2: nothing but visible ASCII may stand in a request-target.
const VISIBLE = /^[\x21-\x7e]+$/;
const ABSOLUTE_FORM = /^http:\/\/([^/?]+)(.*)$/i;
// HTTP/1.0 clients whose GET carries a body exist only in attacks: older servers read it as the next request.
const BODILESS_IN_1_0 = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** Index just past the head that `bytes` begins with, or -1 while it is incomplete; see {@link findHeadEnd}. */
export function requestHeadEnd(bytes: Buffer, scanned: number, limits = HEAD_LIMITS): number {
  return findHeadEnd(bytes, scanned, CODE, limits.headBytes);
}

/**
 * Reads the request head in `bytes[start, end)`, where `end` comes from {@link requestHeadEnd}. Strict: what RFC 9112
 * lets two recipients read in two ways is refused.
 * @throws {PortholeError} `ERR_MALFORMED_REQUEST`, `ERR_HEAD_TOO_LARGE`, `ERR_METHOD_NOT_ALLOWED` for CONNECT
 */
export function parseRequestHead(
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits = HEAD_LIMITS,
): RequestHead {
  const head = bytes.toString('latin1', start, end - 2);
  const startEnd = lineEnd(head, 0, CODE);
  const { method, target, version } = parseRequestLine(head.slice(0, startEnd));
  const headers = parseFields(head, startEnd + 2, CODE, limits.headerLines);
  if (method === 'CONNECT') {
    throw new PortholeError('ERR_METHOD_NOT_ALLOWED', 'CONNECT is not allowed here');
  }
  const host = theOnlyHost(headers);
  const framing = announcedFraming(headers, version, CODE) ?? NO_BODY;
  if (version === '1.0' && hasBody(framing) && BODILESS_IN_1_0.has(method)) {
    throw new PortholeError(CODE, `${method} with a body in HTTP/1.0`);
  }
  const connection = headers.has('connection') ? headers.listOf('connection') : NO_OPTIONS;
  return {
    method,
    target: originForm(target, host),
    version,
    headers,
    host,
    framing,
    upgrade:
      version === '1.1' && connection.includes('upgrade') ? theOnlyUpgrade(headers) : undefined,
    keepAlive: version === '1.1' && !connection.includes('close'),
  };
}

const NO_OPTIONS: readonly string[] = [];

/** Whether any byte of a body follows the head. */
export function hasBody(framing: Framing): boolean {
  return framing.kind !== 'none' && !(framing.kind === 'length' && framing.length === 0);
}

/** RFC 9112 section 3: method SP request-target SP HTTP-version, with exactly these two spaces. */
function parseRequestLine(line: string): Pick<RequestHead, 'method' | 'target' | 'version'> {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  if (first <= 0 || second < 0 || line.indexOf(' ', second + 1) >= 0) {
    throw new PortholeError(CODE, 'request line is not "METHOD target HTTP/1.1"');
  }
  const method = line.slice(0, first);
  const target = line.slice(first + 1, second);
  const protocol = line.slice(second + 1);
  if (method.length > MAX_METHOD || !isToken(method)) {
    throw new PortholeError(CODE, 'request method is not a token');
  }
  if (!VISIBLE.test(target)) {
    throw new PortholeError(CODE, 'request target holds other than visible ASCII');
  }
  if (protocol !== 'HTTP/1.1' && protocol !== 'HTTP/1.0') {
    throw new PortholeError(CODE, 'only HTTP/1.1 and HTTP/1.0 are spoken here');
  }
  return { method, target, version: protocol === 'HTTP/1.1' ? '1.1' : '1.0' };
}

/**
 * RFC 9112 section 3.2 wants 400 for a missing or repeated Host in HTTP/1.1; HTTP/1.0 without one is refused as well,
 * since a Host that is not there can not be judged.
 */
function theOnlyHost(headers: HeaderList): string {
  if (headers.count('host') !== 1) throw new PortholeError(CODE, 'exactly one Host is needed');
  return headers.get('host') ?? '';
}

function theOnlyUpgrade(headers: HeaderList): string | undefined {
  if (headers.count('upgrade') > 1) throw new PortholeError(CODE, 'repeated Upgrade');
  const value = headers.get('upgrade');
  return value === '' ? undefined : value;
}

/**
 * RFC 9112 section 3.2.2: the authority of an absolute-form target replaces Host. One that differs from Host is two
 * requests in one, so it is refused.
 */
function originForm(target: string, host: string): string {
  if (target.startsWith('/')) return target;
  const absolute = ABSOLUTE_FORM.exec(target);
  if (absolute === null) {
    throw new PortholeError(CODE, 'request target is neither a path nor an http:// URL');
  }
  if ((absolute[1] as string).toLowerCase() !== host.toLowerCase()) {
    throw new PortholeError(CODE, 'request target names another host than Host does');
  }
  const path = absolute[2] as string;
  return path.startsWith('/') ? path : `/${path}`;
}

import { describe, expect, it } from 'vitest';
import { MAX_HEAD_BYTES, MAX_HEADER_LINES } from '../../../src/http1/head.ts';
import type { Framing, RequestHead } from '../../../src/http1/message.ts';
import { hasBody } from '../../../src/http1/request-head.ts';
import { readRequestHead } from '../../support/http1.ts';

/** A head with `fields`, each without its CRLF, after Host. */
function head(requestLine: string, ...fields: string[]): RequestHead {
  return readRequestHead([requestLine, 'Host: h', ...fields, '', ''].join('\r\n'));
}

function lines(read: RequestHead): string[] {
  return read.headers.names.map((name, i) => `${name}: ${read.headers.values[i]}`);
}

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };
const length = (bytes: number): Framing => ({ kind: 'length', length: bytes });

describe('a request line', () => {
  it.each([
    [
      'GET /api/v1/pods?limit=5&continue=a%2Fb HTTP/1.1',
      'GET',
      '/api/v1/pods?limit=5&continue=a%2Fb',
    ],
    ['get / HTTP/1.1', 'get', '/'],
    ["!#$%&'*+-.^_`|~ /x HTTP/1.1", "!#$%&'*+-.^_`|~", '/x'],
    [`${'M'.repeat(32)} /x HTTP/1.1`, 'M'.repeat(32), '/x'],
    ['GET //x/./../%2e%2E/%zz\\?# HTTP/1.1', 'GET', '//x/./../%2e%2E/%zz\\?#'],
    ['GET /?"<>[]^`{|} HTTP/1.1', 'GET', '/?"<>[]^`{|}'],
  ])('is kept byte for byte: %s', (requestLine, method, target) => {
    expect(head(requestLine)).toMatchObject({ method, target, version: '1.1' });
  });

  it.each([
    ['http://h/x?y=http://z', '/x?y=http://z'],
    ['HTTP://H/x', '/x'],
    ['http://h', '/'],
    ['http://h?x', '/?x'],
    ['http://h//x', '//x'],
  ])('in absolute-form becomes origin-form: %s', (target, origin) => {
    expect(head(`GET ${target} HTTP/1.1`).target).toBe(origin);
  });
});

describe('header fields', () => {
  it('keep their order, case and duplicates', () => {
    const read = head('GET /x HTTP/1.1', 'impersonate-GROUP: b', 'A: 1', 'Impersonate-Group: a, c');
    expect(lines(read)).toEqual([
      'Host: h',
      'impersonate-GROUP: b',
      'A: 1',
      'Impersonate-Group: a, c',
    ]);
    expect(read.headers.getAll('impersonate-group')).toEqual(['b', 'a, c']);
  });

  it.each([
    ['A:1', '1'],
    ['A: \t 1 \t ', '1'],
    ['A:', ''],
    ['A: \t', ''],
    ['A: 1 \t 2', '1 \t 2'],
    ['A: :x: y', ':x: y'],
    ['A: \x80\xa0\xff', '\x80\xa0\xff'],
  ])('lose the white space around the value, and nothing else: %j', (field, value) => {
    expect(head('GET /x HTTP/1.1', field).headers.get('a')).toBe(value);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'S20 may be called %s',
    (name) => {
      const { headers } = head('GET /x HTTP/1.1', `${name}: 1`);
      expect(headers.get(name.toLowerCase())).toBe('1');
      expect(headers.count('valueof')).toBe(0);
    },
  );

  it.each(['Transfer_Encoding: chunked', 'Content_Length: 5', 'Transfer-Encoding2: chunked'])(
    'SMUG-TRANSFER_ENCODING: %s frames nothing',
    (field) => {
      expect(head('POST /x HTTP/1.1', field).framing).toEqual(NONE);
    },
  );

  it('may fill the limits to the last line and byte', () => {
    const most = Array.from({ length: MAX_HEADER_LINES - 1 }, (_, i) => `A: ${i}`);
    expect(head('GET /x HTTP/1.1', ...most).headers).toHaveLength(MAX_HEADER_LINES);
    const long = 'a'.repeat(MAX_HEAD_BYTES - 'GET /x HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n'.length);
    expect(head('GET /x HTTP/1.1', `A: ${long}`).headers.get('a')).toBe(long);
  });
});

describe('the framing of a request', () => {
  it.each<[string, string[], Framing]>([
    ['GET /x HTTP/1.1', [], NONE],
    ['POST /x HTTP/1.1', [], NONE],
    ['POST /x HTTP/1.1', ['Content-Length: 0'], length(0)],
    ['POST /x HTTP/1.1', ['Content-Length: 5'], length(5)],
    ['POST /x HTTP/1.1', ['content-length:\t5 '], length(5)],
    ['POST /x HTTP/1.1', ['Content-Length: 999999999999999'], length(999_999_999_999_999)],
    ['POST /x HTTP/1.1', ['Transfer-Encoding: chunked'], CHUNKED],
    ['POST /x HTTP/1.1', ['TRANSFER-ENCODING:\tChunked '], CHUNKED],
    ['DELETE /x HTTP/1.1', ['Transfer-Encoding: chunked'], CHUNKED],
    ['OPTIONS /x HTTP/1.1', ['Content-Length: 5'], length(5)],
    ['GET /x HTTP/1.1', ['Content-Length: 5'], length(5)],
    ['HEAD /x HTTP/1.1', ['Content-Length: 5'], length(5)],
    ['GET /x HTTP/1.1', ['Expect: 100-continue', 'Content-Length: 5'], length(5)],
    ['POST /x HTTP/1.0', ['Content-Length: 5'], length(5)],
    ['GET /x HTTP/1.0', ['Content-Length: 0'], length(0)],
    ['GET /x HTTP/1.1', ['Trailer: a'], NONE],
  ])('%s with %j is %j', (requestLine, fields, framing) => {
    expect(head(requestLine, ...fields).framing).toEqual(framing);
  });

  it.each<[Framing, boolean]>([
    [NONE, false],
    [length(0), false],
    [length(1), true],
    [CHUNKED, true],
  ])('%j: a body follows: %s', (framing, follows) => {
    expect(hasBody(framing)).toBe(follows);
  });
});

describe('the connection after a request', () => {
  it.each([
    ['1.1', [], true],
    ['1.1', ['Connection: keep-alive'], true],
    ['1.1', ['Connection: close'], false],
    ['1.1', ['Connection: x, CLOSE'], false],
    ['1.1', ['Connection: x', 'Connection: ,close'], false],
    ['1.1', ['Connection: closed'], true],
    ['1.1', ['Connection: close\xa0'], true],
    ['1.0', [], false],
    ['1.0', ['Connection: keep-alive'], false],
  ])('HTTP/%s with %j is kept: %s', (version, fields, keepAlive) => {
    expect(head(`GET /x HTTP/${version}`, ...fields)).toMatchObject({ version, keepAlive });
  });

  it.each([
    ['1.1', ['Connection: Upgrade', 'Upgrade: websocket'], 'websocket'],
    ['1.1', ['Connection: keep-alive, upgrade', 'Upgrade: SPDY/3.1'], 'SPDY/3.1'],
    ['1.1', ['Upgrade: websocket'], undefined],
    ['1.1', ['Connection: Upgrade'], undefined],
    ['1.1', ['Connection: Upgrade', 'Upgrade:'], undefined],
    ['1.1', ['Connection: upgrade\xa0', 'Upgrade: websocket'], undefined],
    // RFC 9110 section 7.8: an Upgrade in HTTP/1.0 is ignored.
    ['1.0', ['Connection: Upgrade', 'Upgrade: websocket'], undefined],
  ])('HTTP/%s with %j is upgraded to %s', (version, fields, upgrade) => {
    expect(head(`GET /x HTTP/${version}`, ...fields).upgrade).toBe(upgrade);
  });
});

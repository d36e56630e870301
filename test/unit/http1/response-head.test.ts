import { describe, expect, it } from 'vitest';
import { MAX_HEAD_BYTES, MAX_HEADER_LINES } from '../../../src/http1/head.ts';
import type { Framing } from '../../../src/http1/message.ts';
import { responseHeadEnd } from '../../../src/http1/response-head.ts';
import { bytesOf, failureOf, readResponseHead } from '../../support/http1.ts';

const ok = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`;
const status = (line: string): string => `${line}\r\nContent-Length: 0\r\n\r\n`;
const answer = (code: number, ...fields: string[]): string =>
  [`HTTP/1.1 ${code} R`, ...fields, '', ''].join('\r\n');

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };
const CLOSE: Framing = { kind: 'close' };
const length = (bytes: number): Framing => ({ kind: 'length', length: bytes });

describe('a status line', () => {
  it.each([
    ['HTTP/1.1 200 OK', '1.1', 200, 'OK'],
    ['HTTP/1.0 200 OK', '1.0', 200, 'OK'],
    ['HTTP/1.1 404 Not  Found ', '1.1', 404, 'Not  Found '],
    ['HTTP/1.1 200 ', '1.1', 200, ''],
    ['HTTP/1.1 200', '1.1', 200, ''],
    ['HTTP/1.1 200  ', '1.1', 200, ' '],
    ['HTTP/1.1 200 \xe9\t(HTTP/1.1 500 X)', '1.1', 200, '\xe9\t(HTTP/1.1 500 X)'],
    ['HTTP/1.1 100 Continue', '1.1', 100, 'Continue'],
    ['HTTP/1.1 999 Whatever', '1.1', 999, 'Whatever'],
  ])('is kept as it was sent: %j', (line, version, code, reason) => {
    expect(readResponseHead(status(line))).toMatchObject({ version, status: code, reason });
  });

  it.each([
    ['D13 099', 'HTTP/1.1 099 X'],
    ['D13 1000', 'HTTP/1.1 1000 X'],
    ['D13 NUL in the reason', 'HTTP/1.1 200 a\0'],
    ['D13 escape in the reason', 'HTTP/1.1 200 \x1b[2J'],
    ['D13 bare CR in the reason', 'HTTP/1.1 200 a\rb'],
    ['D13 bare LF in the reason', 'HTTP/1.1 200 a\nb'],
    ['000', 'HTTP/1.1 000 X'],
    ['-20', 'HTTP/1.1 -20 X'],
    ['two digits', 'HTTP/1.1 20 X'],
    ['a tab after the status', 'HTTP/1.1 200\tOK'],
    ['no status', 'HTTP/1.1 OK'],
    ['two spaces before the status', 'HTTP/1.1  200 OK'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK'],
    ['HTTP/2', 'HTTP/2 200 OK'],
    ['http/1.1', 'http/1.1 200 OK'],
    ['HTTP/11', 'HTTP/11 200 OK'],
    ['a space first', ' HTTP/1.1 200 OK'],
    ['an empty line first', '\r\nHTTP/1.1 200 OK'],
    ['D14 a request', 'GET / HTTP/1.1'],
    ['D14 garbage', '\x15\x03\x01\x00\x02\x02'],
  ])('is refused: %s', (_hazard, line) => {
    expect(failureOf(() => readResponseHead(status(line)))).toBe('ERR_UPSTREAM_MALFORMED');
  });

  it.each([
    ['D14 the body of HTTP/0.9', '<html>'],
    ['the greeting of another protocol', '220 mail.example ESMTP\r\n'],
    ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'],
    ['one wrong byte', 'h'],
  ])('that can only be wrong is refused before its end: %s', (_hazard, start) => {
    expect(failureOf(() => responseHeadEnd(bytesOf(start), 0))).toBe('ERR_UPSTREAM_MALFORMED');
  });
});

describe('the framing of a response', () => {
  it.each<[string, string, Framing]>([
    ['GET', answer(200), CLOSE],
    ['GET', answer(200, 'Content-Length: 5'), length(5)],
    ['GET', answer(200, 'Content-Length: 0'), length(0)],
    ['GET', answer(200, 'Transfer-Encoding: chunked'), CHUNKED],
    ['GET', answer(205), CLOSE],
    ['GET', answer(404), CLOSE],
    ['GET', answer(100), NONE],
    ['GET', answer(101), NONE],
    ['GET', answer(103, 'Link: </a>'), NONE],
    ['GET', answer(199), NONE],
    ['GET', answer(204), NONE],
    ['GET', answer(204, 'Content-Length: 0'), NONE],
    ['GET', answer(304), NONE],
    ['GET', answer(304, 'Content-Length: 5'), NONE],
    ['GET', answer(304, 'Transfer-Encoding: chunked'), NONE],
    ['HEAD', answer(200), NONE],
    ['HEAD', answer(200, 'Content-Length: 5'), NONE],
    ['HEAD', answer(200, 'Transfer-Encoding: chunked'), NONE],
    ['head', answer(200, 'Content-Length: 5'), length(5)],
  ])('to %s, of %j, is %j', (method, head, framing) => {
    expect(readResponseHead(head, method).framing).toEqual(framing);
  });

  it.each([
    ['both lengths', ok('Content-Length: 5\r\nTransfer-Encoding: chunked')],
    ['D14 two Content-Lengths that differ', ok('Content-Length: 5\r\nContent-Length: 6')],
    ['D14 two Content-Lengths that are equal', ok('Content-Length: 5\r\nContent-Length: 5')],
    ['D14 a list of Content-Lengths', ok('Content-Length: 5, 5')],
    ['a Content-Length of +5', ok('Content-Length: +5')],
    ['two Transfer-Encodings', ok('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked')],
    ['Transfer-Encoding: gzip, chunked', ok('Transfer-Encoding: gzip, chunked')],
    ['Transfer-Encoding: identity', ok('Transfer-Encoding: identity')],
    ['Transfer-Encoding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    [
      'both lengths, though no body follows',
      answer(304, 'Content-Length: 5', 'Transfer-Encoding: chunked'),
    ],
    // RFC 9112 section 6.1, RFC 9110 section 8.6: a reader that believes these fields reads the next answer as a body.
    ['a 204 that announces chunks', answer(204, 'Transfer-Encoding: chunked')],
    ['a 204 that announces bytes', answer(204, 'Content-Length: 5')],
    ['a 100 that announces bytes', answer(100, 'Content-Length: 5')],
    ['a 100 in HTTP/1.0', 'HTTP/1.0 100 Continue\r\n\r\n'],
    ['a 103 in HTTP/1.0', 'HTTP/1.0 103 Early Hints\r\nLink: </a>\r\n\r\n'],
    ['a 101 that announces chunks', answer(101, 'Transfer-Encoding: chunked')],
  ])('is refused: %s', (_hazard, head) => {
    expect(failureOf(() => readResponseHead(head))).toBe('ERR_UPSTREAM_MALFORMED');
  });
});

describe('response header fields', () => {
  it('keep their order, case and duplicates', () => {
    const { headers } = readResponseHead(
      ok('Warning: 1\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nVary:'),
    );
    expect(headers.names).toEqual(['Warning', 'set-cookie', 'Set-Cookie', 'Vary']);
    expect(headers.values).toEqual(['1', 'a=1', 'b=2', '']);
  });

  it('may fill the limits to the last line and byte', () => {
    const most = Array.from({ length: MAX_HEADER_LINES }, () => 'A: 1').join('\r\n');
    expect(readResponseHead(ok(most)).headers).toHaveLength(MAX_HEADER_LINES);
    const long = 'a'.repeat(MAX_HEAD_BYTES - ok('A: ').length);
    expect(readResponseHead(ok(`A: ${long}`)).headers.get('a')).toBe(long);
  });

  it.each([
    ['obs-fold', ok('A: 1\r\n 2')],
    ['D13 a control byte', ok('A: \x01')],
    ['a bare CR', ok('A: 1\rB: 2')],
    ['a bare LF', ok('A: 1\nB: 2')],
    ['a space before the colon', ok('A : 1')],
    ['no colon', ok('A')],
    ['an empty name', ok(': 1')],
    ['201 lines', ok(Array.from({ length: MAX_HEADER_LINES + 1 }, () => 'A: 1').join('\r\n'))],
    ['S10 chunked behind 1,100 fields', ok(`${'A: 1\r\n'.repeat(1100)}Transfer-Encoding: chunked`)],
    ['one byte over 64 KiB', ok(`A: ${'a'.repeat(MAX_HEAD_BYTES - ok('A: ').length + 1)}`)],
  ])('are refused: %s', (_hazard, head) => {
    expect(failureOf(() => readResponseHead(head))).toBe('ERR_UPSTREAM_MALFORMED');
  });
});

describe('the connection after a response', () => {
  it.each([
    [ok('Content-Length: 0'), true],
    [ok('Transfer-Encoding: chunked'), true],
    [ok('Content-Length: 0\r\nConnection: close'), false],
    [ok('Content-Length: 0\r\nConnection: x\r\nConnection: a,Close'), false],
    [ok('A: 1'), false],
    [answer(204), true],
    ['HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n', false],
  ])('%j is kept: %s', (head, keepAlive) => {
    expect(readResponseHead(head).keepAlive).toBe(keepAlive);
  });

  it.each([
    [answer(101, 'Connection: Upgrade', 'Upgrade: SPDY/3.1'), 'SPDY/3.1'],
    [answer(101, 'Connection: Upgrade'), undefined],
    [answer(101, 'Upgrade: SPDY/3.1'), undefined],
    [answer(426, 'Connection: upgrade', 'Upgrade: TLS/1.0', 'Content-Length: 0'), 'TLS/1.0'],
  ])('%j is upgraded to %s', (head, upgrade) => {
    expect(readResponseHead(head).upgrade).toBe(upgrade);
  });
});

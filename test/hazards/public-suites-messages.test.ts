// Probes of a public suite for messages of HTTP/1.1 that the tables of framing-*.test.ts do not have; the bytes are ours.
import { describe, it } from 'vitest';
import { request } from '../support/raw-client.ts';
import { get } from '../support/request-hazards.ts';
import { BEHIND, chunk, END, expectForwarded, expectJudged, expectRefused } from './exact.ts';

const LONG = 100 * 1024;
const a = (bytes: number): string => 'a'.repeat(bytes);

describe('a head that is too long', () => {
  it.each([
    ['MAL-LONG-URL', request(`GET /${a(LONG)}`)],
    ['MAL-LONG-METHOD', request(`${'M'.repeat(LONG)} /x`)],
    ['MAL-LONG-HEADER-NAME', get(`${a(LONG)}: 1`)],
    ['MAL-LONG-HEADER-VALUE', get(`A: ${a(LONG)}`)],
    ['MAL-MANY-HEADERS', get('X-Filler: 1\r\n'.repeat(9_999).concat('X-Filler: 1'))],
  ])('%s', (_, head) => expectRefused(head + BEHIND, 431));

  it('COMP-LONG-URL-OK: 8,000 bytes are not too long', () => {
    const path = `/${a(8_000)}`;
    return expectForwarded(request(`GET ${path}`), `GET ${path} HTTP/1.1\r\n\r\n`);
  });
});

describe('a head without an end', () => {
  it.each([
    ['S02 RFC9112-3-CR-ONLY-LINE-ENDING', 'GET /x HTTP/1.1\rHost: h\r\r'],
    ['MAL-BINARY-GARBAGE: all bytes', String.fromCharCode(...Array(256).keys())],
    ['MAL-BINARY-GARBAGE: TLS', '\x16\x03\x01\0\xc8\x01\0\0\xc4\x03\x03'],
  ])('%s', (_, bytes) => expectRefused(bytes + BEHIND));

  it('COMP-METHOD-CONNECT', () =>
    expectRefused(request('CONNECT h:443', { host: 'h:443' }) + BEHIND, 405));
});

describe('a request that may not pass, with a certain end', () => {
  const CHUNKED = 'Transfer-Encoding: chunked\r\n';
  it.each([
    ['COMP-HOST-EMPTY-VALUE', request('GET /x', { host: '' }), 400],
    ['COMP-HOST-WITH-USERINFO', request('GET /x', { host: 'h@localhost' }), 400],
    ['COMP-HOST-WITH-PATH', request('GET /x', { host: 'localhost/x' }), 400],
    ['S02 RFC9112-3.2-FRAGMENT-IN-TARGET', request('GET /x#y'), 400],
    ['MAL-URL-BACKSLASH', request('GET /a\\..\\b'), 400],
    ['MAL-URL-OVERLONG-UTF8', request('GET /a%c0%afb'), 400],
    ['MAL-URL-PERCENT-NULL', request('GET /a%00b'), 400],
    ['MAL-URL-PERCENT-CRLF', request('GET /a%0d%0aX-A:%20b'), 400],
    ['COMP-METHOD-CASE', request('get /x'), 405],
    ['COMP-UNKNOWN-METHOD', request('FOO /x'), 405],
    ['COMP-METHOD-TRACE', request('TRACE /x'), 405],
    [
      'COMP-TRACE-WITH-BODY',
      request('TRACE /x', { headers: 'Content-Length: 5\r\n', body: 'hello' }),
      405,
    ],
    [
      'COMP-TRACE-WITH-BODY: in chunks',
      request('TRACE /x', { headers: CHUNKED, body: chunk('hello') + END }),
      405,
    ],
  ])('%s', (_, bytes, status) => expectJudged(bytes, status));
});

describe('a request that passes as it is', () => {
  const body = { headers: 'Content-Length: 5\r\n', body: 'hello' };
  const posted = (fields: string): [string, string] => {
    const headers = `${fields}${body.headers}`;
    return [
      request('POST /x', { headers, body: 'hello' }),
      `POST /x HTTP/1.1\r\n${headers}\r\nhello`,
    ];
  };
  const chunked = (pieces: string): [string, string] => {
    const headers = 'Transfer-Encoding: chunked\r\n';
    return [
      request('POST /x', { headers, body: pieces }),
      `POST /x HTTP/1.1\r\n${headers}\r\n${pieces}`,
    ];
  };
  const got = (fields: string): [string, string] => [
    request('GET /x', { headers: fields }),
    `GET /x HTTP/1.1\r\n${fields}\r\n`,
  ];
  const ranges = Array.from({ length: 1_000 }, (_, i) => `${i}-`).join(',');

  it.each<[string, string, string]>([
    ['COMP-BASELINE', ...got('')],
    ['COMP-ABSOLUTE-FORM', request('GET http://localhost/x?y=1'), 'GET /x?y=1 HTTP/1.1\r\n\r\n'],
    ['COMP-POST-CL-BODY', ...posted('')],
    [
      'COMP-POST-CL-ZERO',
      request('POST /x', { headers: 'Content-Length: 0\r\n' }),
      'POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
    ],
    ['COMP-POST-NO-CL-NO-TE', request('POST /x'), 'POST /x HTTP/1.1\r\n\r\n'],
    ['COMP-CHUNKED-BODY', ...chunked(chunk('hello') + END)],
    ['COMP-CHUNKED-MULTI', ...chunked(chunk('hello') + chunk(' world') + END)],
    ['COMP-CHUNKED-EMPTY', ...chunked(END)],
    ['COMP-CHUNKED-EXTENSION', ...chunked(`5;a=b;c="d e"\r\nhello\r\n${END}`)],
    ['COMP-CHUNKED-HEX-UPPERCASE', ...chunked(`A\r\nhelloworld\r\n${END}`)],
    ['COMP-RANGE-POST', ...posted('Range: bytes=0-1\r\n')],
    ['COMP-RANGE-INVALID', ...got('Range: bytes=x-y\r\n')],
    ['MAL-RANGE-OVERLAPPING', ...got(`Range: bytes=${ranges}\r\n`)],
    ['COMP-ACCEPT-NONSENSE', ...got('Accept: application/x-none\r\n')],
    ['COMP-POST-UNSUPPORTED-CT', ...posted('Content-Type: application/x-none\r\n')],
    [
      'COMP-DUPLICATE-CT',
      ...posted('Content-Type: text/plain\r\nContent-Type: application/json\r\n'),
    ],
    [
      'COMP-UPGRADE-MISSING-CONN',
      request('GET /x', { headers: 'Upgrade: websocket\r\n' }),
      'GET /x HTTP/1.1\r\n\r\n',
    ],
  ])('%s', (_, bytes, seen) => expectForwarded(bytes, seen));
});

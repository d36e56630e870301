// Well-formed and ill-formed messages that changes begin with.
import { CHUNK_HAZARDS } from '../support/chunk-hazards.ts';
import { REQUEST_CORPUS } from '../support/request-corpus.ts';
import {
  CONTENT_LENGTH,
  LINES,
  post,
  REQUEST_LINES,
  TRANSFER_ENCODING,
} from '../support/request-hazards.ts';

/** The Host is one that is admitted: what is refused for it says little of anything else. */
const admitted = (text: string): string => text.replaceAll('Host: h\r\n', 'Host: localhost\r\n');

const request = (line: string, ...rest: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'Host: localhost', ...rest].join('\r\n');

const WATCH = request('GET /api/v1/pods?watch=1', '', '');

const ODD_REQUESTS = [
  WATCH,
  request('HEAD /api', '', '') + WATCH,
  request(
    'GET /api/v1/namespaces/d/pods/p/exec?command=sh',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    '',
    'early',
  ),
  request('POST /api/v1/x', 'Connection: Upgrade', 'Upgrade: x', 'Content-Length: 2', '', 'ab'),
  request(
    'GET /a',
    'Connection: Upgrade',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
    '',
    '',
  ) + WATCH,
  request(
    'POST /a',
    'Expect: 100-continue',
    'Transfer-Encoding: chunked',
    '',
    '1\r\na\r\n0\r\n\r\n',
  ) + WATCH,
  request('PUT /a', 'Content-Length: 100000', '', 'x'.repeat(100_000)) + WATCH,
  request('PATCH /a', 'Transfer-Encoding: chunked', '', `${'1\r\na\r\n'.repeat(300)}0\r\n\r\n`) +
    WATCH,
  request('DELETE /a', 'Connection: content-length', 'Content-Length: 4', '', 'GET ') + WATCH,
  `GET /a HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n${WATCH}`,
  WATCH.repeat(70),
];

/** What nobody refuses, and what more may follow on the same connection. */
export const GOOD_SEEDS: readonly string[] = [
  request('GET /api', '', ''),
  request('GET /api', '', '') + request('HEAD /api', '', ''),
  request('POST /a', 'Content-Length: 5', '', 'hello'),
  request('PUT /a', 'Transfer-Encoding: chunked', '', '5\r\nhello\r\n0\r\n\r\n'),
  request('DELETE /a', 'Transfer-Encoding: chunked', '', '0\r\nA: 1\r\n\r\n'),
  request('PATCH /a', 'Content-Length: 48', '', request('GET /smuggled', '', '').padEnd(48)),
];

const switching = (protocol: string, ...rest: readonly string[]): string =>
  request(
    'GET /api/v1/namespaces/d/pods/p/portforward',
    'Connection: Upgrade',
    `Upgrade: ${protocol}`,
    ...rest,
  );

/** What leaves HTTP, if it may; with bytes that come early, or none. */
export const UPGRADE_SEEDS: readonly string[] = [
  switching('SPDY/3.1', '', ''),
  switching('SPDY/3.1', '', 'early\0\r\n\r\n'),
  switching('websocket', 'Sec-WebSocket-Protocol: a, b', '', WATCH),
  request('POST /api/v1/x', 'Connection: keep-alive, Upgrade', 'Upgrade: websocket', '', 'early'),
  request('GET /api', '', '') + switching('SPDY/3.1', '', 'GET /smuggled HTTP/1.1\r\n\r\n'),
];

/** What lasts until somebody ends it. */
export const LASTING_SEEDS: readonly string[] = [
  WATCH,
  WATCH + WATCH,
  request('GET /api', '', '') + WATCH + request('GET /api', '', ''),
  request(
    'GET /api/v1/namespaces/d/pods/p/log?follow=true',
    'Impersonate-Group: a',
    'Impersonate-Group: b',
    '',
    '',
  ),
  request(
    'GET /apis/apps/v1/deployments?watch=true',
    'Accept: */*',
    'TE: trailers',
    'Cookie: \xe9',
    '',
    '',
  ),
  `GET /api/v1/pods?watch=1 HTTP/1.0\r\nHost: localhost\r\n\r\n`,
];

/** What clients send, as whole connections. */
export const REQUEST_SEEDS: readonly string[] = [
  ...REQUEST_CORPUS.map(([, text]) => text),
  ...[...CONTENT_LENGTH, ...TRANSFER_ENCODING, ...LINES, ...REQUEST_LINES].map(([, head]) =>
    admitted(head),
  ),
  ...CHUNK_HAZARDS.map(
    ([, good, wrong]) => admitted(post('Transfer-Encoding: chunked')) + good + wrong,
  ),
  ...ODD_REQUESTS,
];

const answer = (status: string, ...rest: readonly string[]): string =>
  [`HTTP/1.1 ${status}`, ...rest].join('\r\n');

const CHUNKED = 'Transfer-Encoding: chunked';
const OK = answer('200 OK', 'Content-Length: 2', '', 'ok');

/** What a credential gets that is not accepted. */
export const REJECTIONS: readonly string[] = [
  answer('401 Unauthorized', 'Content-Length: 2', '', 'no'),
  answer('401 Unauthorized', CHUNKED, '', '2\r\nno\r\n0\r\n\r\n'),
  answer('401 Unauthorized', 'Connection: close', 'Content-Length: 0', '', ''),
  answer('100 Continue', '', '') + answer('401 Unauthorized', '', 'no'),
];

/** What takes a request out of HTTP. */
export const SWITCHES: readonly string[] = [
  answer('101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1', '', 'hello'),
  answer('101 Switching Protocols', 'connection: upgrade', 'upgrade: WebSocket', '', ''),
  answer('101 ', 'Upgrade: SPDY/3.1', 'Connection: Upgrade', '', 'HTTP/1.1 200 OK\r\n\r\n'),
];

/** What the API server says to one request. */
export const ANSWER_SEEDS: readonly string[] = [
  OK,
  answer(
    '200 OK',
    'Content-Type: application/json',
    'Audit-Id: a',
    'Content-Length: 14',
    '',
    '{"kind":"Pod"}',
  ),
  answer('200 OK', CHUNKED, '', '4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n'),
  answer('200 OK', CHUNKED, 'Trailer: A', '', '3;a="b;c"\r\nabc\r\n0;end\r\nA: 1\r\n\r\n'),
  answer('200 OK', CHUNKED, '', `${'1\r\na\r\n'.repeat(300)}0\r\n\r\n`),
  answer('200 OK', '', 'until the end'),
  answer('200 OK', 'Connection: close', 'Content-Length: 2', '', 'ok'),
  answer('200 OK', 'Connection: X-Hop, content-length', 'X-Hop: 1', 'Content-Length: 2', '', 'ok'),
  answer('201 Created', 'Content-Length: 0', '', ''),
  answer('204 No Content', '', ''),
  answer('304 Not Modified', 'Content-Length: 5', '', ''),
  answer('200 OK', 'Content-Length: 5', '', ''),
  answer('401 Unauthorized', 'WWW-Authenticate: Bearer', 'Content-Length: 2', '', 'no'),
  answer('100 Continue', '', '') + OK,
  answer('102 Processing', '', '').repeat(3) + OK,
  answer('103 Early Hints', 'Link: </a>; rel=preload', '', '') + OK,
  answer('101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1', '', 'hello'),
  answer('101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket', '', 'hello'),
  answer('403 Forbidden', 'Content-Length: 9', '', 'forbidden'),
  answer('500 ', CHUNKED, '', '0\r\n\r\n'),
  answer('999', 'Content-Length: 1', '', 'x'),
  'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.0 200 OK\r\n\r\nuntil the end',
  OK + OK,
  OK + answer('408 Request Timeout', 'Connection: close', 'Content-Length: 0', '', ''),
  answer('200 OK', 'Content-Length: 100000', '', 'y'.repeat(100_000)),
  answer(
    '200 OK',
    'Set-Cookie: a=1',
    'set-cookie: b=2',
    'Vary:',
    'Warning: \xe9',
    'Content-Length: 2',
    '',
    'ok',
  ),
  ...CHUNK_HAZARDS.map(([, good, wrong]) => answer('200 OK', CHUNKED, '', good + wrong)),
  ...[...CONTENT_LENGTH, ...TRANSFER_ENCODING].map(
    ([, head]) => `${head.replace('POST /x HTTP/1.1\r\nHost: h', 'HTTP/1.1 200 OK')}hello`,
  ),
  ...LINES.map(([, head]) => head.replace('GET /x HTTP/1.1', 'HTTP/1.1 200 OK')),
];

// Messages that are put together from parts which fit each other more or less: what changes to bytes seldom reach.
import fc from 'fast-check';

const token = fc.constantFrom(
  'A',
  'x-b',
  'Accept',
  'X-Remote-User',
  'Cookie',
  'Audit-ID',
  'X_Y',
  '__proto__',
);
const blank = fc.constantFrom('', ' ', ' ', ' ', '\t', '  ');
const value = fc.constantFrom('1', '', 'a b', '\xe9', 'a, b', '"c"', 'a\tb', ':', 'GET / HTTP/1.1');
const field = fc
  .tuple(token, blank, value, blank)
  .map(([name, a, text, b]) => `${name}:${a}${text}${b}`);

const connection = fc
  .array(
    fc.constantFrom(
      'close',
      'keep-alive',
      'Upgrade',
      'A',
      'x-b',
      'Host',
      'Content-Length',
      'Transfer-Encoding',
      'TE',
      '',
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((names) => `Connection: ${names.join(', ')}`);

const special = fc.oneof(
  { weight: 3, arbitrary: field },
  { weight: 1, arbitrary: connection },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        'Expect: 100-continue',
        'Upgrade: websocket',
        'Upgrade: SPDY/3.1',
        'TE: trailers',
        'TE: gzip',
        'Trailer: A',
      ],
      ...[
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'Authorization: Bearer c',
        'Origin: null',
      ],
      ...[
        'Impersonate-Group: a',
        'Forwarded: for=a',
        'X-Forwarded-For: a',
        'Via: 1.1 a',
        'User-Agent:',
        'Audit-ID:',
      ],
    ),
  },
);

const data = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'hello',
    'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n',
    '0\r\n\r\n',
  ),
  fc.constantFrom('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nstolen!', '\r\n\r\n'),
  fc.string({ maxLength: 40, unit: fc.nat(255).map((code) => String.fromCharCode(code)) }),
);

const extension = fc.constantFrom(
  '',
  '',
  '',
  '',
  ';a',
  ';a=b',
  ';a="b;c\\""',
  ';a=b;c',
  ';',
  ' ',
  ';a=',
);
const trailers = fc.constantFrom(
  '',
  '',
  '',
  'A: 1\r\n',
  'Content-Length: 5\r\n',
  'Host: evil\r\n',
  'A: 1\r\nB: 2\r\n',
  'A\r\n',
);

/** A body in chunks, with the size that each says it has. */
const chunks = fc
  .tuple(
    fc.array(fc.tuple(data, extension, fc.constantFrom('', '', '', '0', '00')), { maxLength: 4 }),
    extension,
    trailers,
  )
  .map(([pieces, last, fields]) => {
    const written = pieces
      .filter(([piece]) => piece !== '')
      .map(([piece, ext, zeros]) => `${zeros}${piece.length.toString(16)}${ext}\r\n${piece}\r\n`);
    return `${written.join('')}0${last}\r\n${fields}\r\n`;
  });

/** Framing fields with a body that they fit, nearly always. */
const framed = fc.oneof(
  { weight: 3, arbitrary: fc.constant<[string[], string]>([[], '']) },
  {
    weight: 3,
    arbitrary: data.map((body): [string[], string] => [[`Content-Length: ${body.length}`], body]),
  },
  {
    weight: 4,
    arbitrary: chunks.map((body): [string[], string] => [['Transfer-Encoding: chunked'], body]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(data, fc.integer({ min: -3, max: 3 }))
      .map(([body, off]): [string[], string] => [
        [`Content-Length: ${Math.max(0, body.length + off)}`],
        body,
      ]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(chunks, data)
      .map(([body, more]): [string[], string] => [
        [`Content-Length: ${more.length}`, 'Transfer-Encoding: chunked'],
        body,
      ]),
  },
);

/** The fields in an order of their own. */
const head = (line: string, fields: readonly string[], at: number, body: string): string => {
  const [first, ...more] = fields;
  const moved = [...more];
  if (first !== undefined) moved.splice(at % (more.length + 1), 0, first);
  return [line, ...moved, '', body].join('\r\n');
};

const method = fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS');
const target = fc.constantFrom(
  ...[
    '/',
    '/api',
    '/api/v1/pods?watch=true',
    '/api/v1/namespaces/d/pods/p/log?follow=true',
    '/a?b=c&d',
    '/a//b',
    '/%41',
  ],
  ...[
    '/a%2fb',
    '/a;b',
    '/a?%zz',
    '/a?"<>',
    '/apis/x/v1/y',
    '/api/v1/namespaces/d/services/s/proxy/',

    '/a?#',
  ],
);
const version = fc.constantFrom(...Array<string>(12).fill('1.1'), '1.0');

/** A request of a client. */
const request = fc
  .tuple(method, target, version, framed, fc.array(special, { maxLength: 4 }), fc.nat(9))
  .map(([name, path, number, [framing, body], fields, at]) =>
    head(`${name} ${path} HTTP/${number}`, [...framing, 'Host: localhost', ...fields], at, body),
  );

const status = fc.constantFrom(
  '200 OK',
  '200',
  '201 Created',
  '204 No Content',
  '304 Not Modified',
  '404 Not  Found',
  '503 \xe9',
  '205 Reset',
);
const interim = fc.constantFrom(
  '',
  '',
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early\r\nLink: a\r\n\r\n',
);
const protocol = fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0');

/** What a server says to a request. */
export const ANSWER = fc
  .tuple(interim, protocol, status, framed, fc.array(special, { maxLength: 4 }), fc.nat(9))
  .map(([before, name, line, [framing, body], fields, at]) => {
    return before + head(`${name} ${line}`, [...framing, ...fields], at, body);
  });

/** All that a client sends. */
export const REQUESTS = fc
  .array(request, { minLength: 1, maxLength: 4 })
  .map((all) => all.join(''));

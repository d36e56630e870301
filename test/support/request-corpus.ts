// Connections' worth of well-formed requests: seeds for what cuts, mutates and compares.

const KUBECTL = [
  'User-Agent: kubectl/v1.35.0 (linux/amd64) kubernetes/abcdef0',
  'Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'Accept-Encoding: gzip',
  'Kubectl-Command: kubectl get',
  'Kubectl-Session: 3a8d2f5e-1111-4222-8333-444455556666',
];

function request(requestLine: string, fields: readonly string[] = [], body = ''): string {
  return [requestLine, 'Host: localhost:8001', ...fields, '', body].join('\r\n');
}

const LIST = request('GET /api/v1/namespaces/default/pods?limit=500 HTTP/1.1', KUBECTL);
const CREATE = request(
  'POST /api/v1/namespaces/project1/pods HTTP/1.1',
  [...KUBECTL, 'Content-Type: application/json', 'Content-Length: 14'],
  '{"kind":"Pod"}',
);
const DELETE = request(
  'DELETE /api/v1/namespaces/default/pods/a HTTP/1.1',
  ['Transfer-Encoding: chunked'],
  '1e\r\n{"propagationPolicy":"Orphan"}\r\n0\r\n\r\n',
);
const EVIL = request('GET /api/v1/secrets HTTP/1.1');

export const REQUEST_CORPUS: readonly (readonly [name: string, text: string])[] = [
  ['a list', LIST],
  ['a create', CREATE],
  ['a delete with chunks', DELETE],
  ['a list, a create, a delete and a list, pipelined', LIST + CREATE + DELETE + LIST],
  [
    'a request as the body of another',
    request('GET /x HTTP/1.1', [`Content-Length: ${EVIL.length}`], EVIL),
  ],
  [
    'a request as the chunk of another',
    request(
      'OPTIONS /x HTTP/1.1',
      ['Transfer-Encoding: chunked'],
      `${EVIL.length.toString(16)}\r\n${EVIL}\r\n0\r\n\r\n`,
    ) + LIST,
  ],
  [
    'chunks with extensions and trailers',
    request(
      'PUT /x HTTP/1.1',
      ['Trailer: A', 'transfer-encoding:\tChunked '],
      '3;a="b;c"\r\nabc\r\nA\r\n0123456789\r\n0;end\r\nA: 1\r\nHost: evil\r\n\r\n',
    ) + LIST,
  ],
  [
    'an empty chunked body',
    request('POST /x HTTP/1.1', ['Transfer-Encoding: chunked'], '0\r\n\r\n') + LIST,
  ],
  ['a body of length zero', request('POST /x HTTP/1.1', ['Content-Length: 0']) + LIST],
  [
    'an expectation',
    request('POST /x HTTP/1.1', ['Expect: 100-continue', 'Content-Length: 2'], 'ab') + LIST,
  ],
  [
    'odd fields',
    request('GET /x HTTP/1.1', [
      '__proto__: 1',
      'A:',
      'a: \t b \t',
      'A: \xe9',
      "!#$%&'*+-.^_`|~: :",
    ]) + LIST,
  ],
  [
    'odd targets',
    request('GET //x/./..?%zz=http://y HTTP/1.1') + request('GET http://LOCALHOST:8001/x HTTP/1.1'),
  ],
  [
    'an upgrade with early bytes',
    request('GET /x HTTP/1.1', ['Connection: keep-alive, Upgrade', 'Upgrade: websocket']) + LIST,
  ],
  ['a close, and what comes after it', request('GET /x HTTP/1.1', ['Connection: close']) + LIST],
  [
    'HTTP/1.0',
    request('POST /x HTTP/1.0', ['Connection: keep-alive', 'Content-Length: 2'], 'ab') + LIST,
  ],
  ['a body that is cut short', request('POST /x HTTP/1.1', ['Content-Length: 5'], 'abc')],
  [
    'a chunk that is cut short',
    request('POST /x HTTP/1.1', ['Transfer-Encoding: chunked'], '5\r\nabc'),
  ],
];

// Which headers pass: rows D01 to D06, D08 to D11 and D13 to D19 of the table of checks.
import { request } from '../raw-client.ts';
import { differs, get, type PolicyRow, same, upgrade, withBody } from './policy-row.ts';

const PODS = '/api/v1/pods';

const BROKEN_ANSWERS = [
  ['D13 a control character in a header of the answer', 'control', 500],
  ['D13 a status below 100', 'status-099', 0],
  ['D14 a length and chunks', 'length-and-chunks', 'forwarded'],
  ['D14 two lengths', 'two-lengths', 500],
  ['D14 no HTTP', 'garbage', 500],
] as const;

export const headers: readonly PolicyRow[] = [
  same(
    'D01 a header that Connection names',
    get(PODS, 'Connection: close, X-Foo\r\nX-Foo: 1\r\nX-Bar: 2\r\n'),
    'forwarded',
  ),
  same(
    'D01 Connection names Authorization',
    get(PODS, 'Connection: authorization\r\n'),
    'forwarded',
  ),
  same('D02 Connection names Host', get(PODS, 'Connection: host\r\n'), 'forwarded'),
  same(
    'D02 Connection names the framing',
    withBody(`POST ${PODS}`, '{}', 'Connection: content-length, transfer-encoding\r\n'),
    'forwarded',
  ),
  same(
    'D02 Connection names the type and the cookies',
    withBody(
      `POST ${PODS}`,
      '{}',
      'Connection: content-type, cookie\r\nContent-Type: application/json\r\nCookie: a=b\r\n',
    ),
    'forwarded',
    {
      why: 'headers-of-every-request',
      only: { porthole: ['> content-type: application/json'] },
    },
  ),
  same(
    'D03 headers of this hop',
    get(
      PODS,
      'Keep-Alive: timeout=5\r\nTE: deflate\r\nProxy-Authorization: Basic YTpi\r\nProxy-Connection: close\r\nTrailer: X-Sum\r\n',
    ),
    'forwarded',
  ),
  same(
    'D02 a body of no bytes',
    request(`DELETE ${PODS}`, { headers: 'Content-Length: 0\r\n' }),
    'forwarded',
    {
      why: 'headers-of-every-request',
      only: { porthole: ['> content-length: 0'] },
    },
  ),
  same('D02 an expectation', get(PODS, 'Expect: bogus\r\n'), 417),
  same(
    'HTTP/1.0',
    'GET /version HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n',
    'forwarded',
    {
      why: 'http10',
      only: {
        kubectl: ['< HTTP/1.0 200 OK', '< connection: keep-alive'],
        porthole: ['< HTTP/1.1 200 OK'],
      },
    },
  ),
  same('an upgrade to h2c', get(PODS, 'Connection: Upgrade\r\nUpgrade: h2c\r\n'), 'forwarded', {
    why: 'upgrades',
    only: {
      kubectl: [
        '> connection: Upgrade',
        '> upgrade: h2c',
        '< HTTP/1.1 101 Switching Protocols',
        '< connection: Upgrade',
        '< upgrade: h2c',
      ],
      porthole: [
        '< HTTP/1.1 200 OK',
        '< content-type: text/plain',
        '< content-length: 2',
        '< body ok',
      ],
    },
  }),
  same('D03 TE: trailers', get(PODS, 'Connection: te\r\nTE: trailers\r\n'), 'forwarded'),
  same('D03 Upgrade without Connection', get(PODS, 'Upgrade: websocket\r\n'), 'forwarded'),
  same('D04 headers of the other hop', get('/answers/hop'), 'forwarded'),
  same('D05 the client proves itself', get(PODS, 'Authorization: Bearer CLIENT\r\n'), 'forwarded'),
  differs(
    'D06 two proofs',
    get(PODS, 'Authorization: Bearer A\r\nauthorization: Bearer B\r\n'),
    { kubectl: 'forwarded', porthole: 400 },
    'credentials-of-the-client',
  ),
  same(
    'D08 the client impersonates',
    get(PODS, 'Impersonate-User: admin\r\nImpersonate-Extra-Scopes: view\r\n'),
    'forwarded',
  ),
  differs(
    'D08 Connection names an Impersonate header',
    get(PODS, 'Impersonate-User: jane\r\nConnection: impersonate-user\r\n'),
    { kubectl: 'forwarded', porthole: 400 },
    'impersonation',
  ),
  same(
    'D09 two groups',
    get(PODS, 'Impersonate-User: a\r\nImpersonate-Group: b\r\nImpersonate-Group: c\r\n'),
    'forwarded',
  ),
  same(
    'D10 the client speaks for a proxy',
    get(
      PODS,
      'X-Remote-User: admin\r\nX-Remote-Group: system:masters\r\nX-Remote-Extra-A: b\r\nX-Forwarded-For: 6.6.6.6\r\n' +
        'X-Forwarded-Host: h\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\nVia: 1.1 h\r\nX-Real-IP: 6.6.6.6\r\n' +
        'X_Remote_User: admin\r\n',
    ),
    'forwarded',
    {
      why: 'headers-that-speak-for-a-proxy',
      only: {
        kubectl: [
          '> x-remote-user: admin',
          '> x-remote-group: system:masters',
          '> x-remote-extra-a: b',
          '> x-forwarded-for: 6.6.6.6, 127.0.0.1',
          '> x-forwarded-host: h',
          '> x-forwarded-proto: https',
          '> forwarded: for=6.6.6.6',
          '> via: 1.1 h',
          '> x-real-ip: 6.6.6.6',
          '> x_remote_user: admin',
        ],
        porthole: ['> x-forwarded-for: 127.0.0.1'],
      },
    },
  ),
  same('D10 the client names its request', get(PODS, 'Audit-ID: mine\r\n'), 'forwarded'),
  differs(
    'D10 the client names its request twice',
    get(PODS, 'Audit-ID: a\r\nAudit-ID: b\r\n'),
    { kubectl: 'forwarded', porthole: 400 },
    'credentials-of-the-client',
  ),
  same(
    'D11 the client proves itself on a WebSocket',
    upgrade(
      '/api/v1/namespaces/d/pods/p/portforward',
      'Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.dG9r, v4.channel.k8s.io\r\n',
    ),
    'forwarded',
  ),
  ...BROKEN_ANSWERS.map(([id, name, kubectl]) =>
    differs(id, get(`/answers/${name}`), { kubectl, porthole: 502 }, 'errors'),
  ),
  same('D16 repeated headers of an answer', get('/answers/repeated'), 'forwarded'),
  same('D16 an answer without a type', get('/answers/typeless'), 'forwarded', {
    why: 'headers-of-every-request',
    only: { kubectl: ['< content-type: text/html; charset=utf-8'] },
  }),
  same('D17 the host upstream', get(PODS), 'forwarded'),
  same('D18 an answer that points to the upstream', get('/answers/moved-here'), 'forwarded'),
  same('D18 an answer that points elsewhere', get('/answers/moved-away'), 'forwarded'),
  same(
    'D19 an encoded answer',
    get('/answers/encoded', 'Accept-Encoding: gzip, br\r\nIf-None-Match: "1"\r\n'),
    'forwarded',
  ),
];

/** To a server that is not there. */
export const unreachable: readonly PolicyRow[] = [
  differs('nobody listens upstream', get('/version'), { kubectl: 500, porthole: 502 }, 'errors'),
  same('a refusal comes before that', get('/api/v1/pods/p/exec'), 403),
];

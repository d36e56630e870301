import { describe, expect, it } from 'vitest';
import { Canaries } from '../support/canaries.ts';
import { recordEverything, reviewed } from '../support/recording-everything.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const EXEC = '/api/v1/namespaces/a/pods/b/exec';

/** Header fields of a request to `/api`, by what their value is. */
const FIELDS: Readonly<Record<string, (canary: string) => string>> = {
  ...{ Authorization: (c) => `Bearer ${c}`, AUTHORIZATION: (c) => `bearer  ${c}` },
  ...{ authorization: (c) => `Basic ${base64(`alice:${c}`)}`, aUTHORIZATION: (c) => c },
  ...{ AuthorizatioN: (c) => `Digest username="a", response="${c}"` },
  ...{ authorizatioN: (c) => `Bearer\t${c}`, AuthorizAtion: (c) => `Negotiate ${base64(c)}` },
  'Proxy-Authorization': (c) => `Basic ${base64(`a:${c}`)}`,
  ...{ Cookie: (c) => `a=${c}; b=1`, COOKIE: (c) => c, 'X-Auth-Token': (c) => c },
  ...{ 'X-Api-Key': (c) => c, 'X-Vault-Token': (c) => c, 'X-Amz-Security-Token': (c) => c },
  ...{
    'X-Forwarded-Access-Token': (c) => c,
    'X-Csrf-Token': (c) => c,
    'X-Client-Secret': (c) => c,
  },
  'X-Original-Url': (c) => `/a?access_token=${c}`,
  ...{ Referer: (c) => `http://u:${c}@h/`, referer: (c) => `http://h/a?x=1&code=${c}` },
  ...{ REFERER: (c) => `http://h/a#access_token=${c}&x=1`, ReFerer: (c) => `http://h/#code=${c}` },
  ...{ RefererR: (c) => `//u:${c}@h/` },
};

/** Queries of a request to `/api`. */
const QUERIES: readonly ((canary: string) => string)[] = [
  (c) => `access_token=${c}`,
  (c) => `a=1&token=${c}&b=2`,
  (c) => `TOKEN=${c}`,
  (c) => `sig=${c}`,
  (c) => `X-Amz-Signature=${c}`,
  (c) => `X-Goog-Signature=${c}`,
  (c) => `api_key=${c}`,
  (c) => `client_secret=${c}`,
  (c) => `password=${c}`,
  (c) => `code=${c}`,
  (c) => `%74oken=${c}`,
  (c) => `%74%6f%6b%65%6e=${c}`,
  (c) => `a=1;token=${c}`,
  (c) => `next=/a?token=${c}`,
  (c) => `next=https%3A%2F%2Fh%2F%3Ftoken%3D${c}`,
  (c) => `next=https%3A%2F%2Fu%3A${c}%40h%2F`,
  (c) => `next=https://u:${c}@h/`,
  (c) => `token[]=${c}`,
  (c) => `token=a=${c}`,
  (c) => `token=%${c}`,
];

/** Words of a command that is run in a pod, as kubectl encodes them. */
const COMMANDS: readonly ((canary: string) => string)[] = [
  (c) => `command=mysql&command=--password%3D${c}`,
  (c) => `command=mysql&command=--password&command=${c}`,
  (c) => `command=env&command=PGPASSWORD%3D${c}&command=psql`,
  (c) => `command=sh&command=-c&command=export+PWD%3D${c}%3B+psql`,
  (c) => `command=curl&command=-H&command=Authorization%3A+Bearer+${c}`,
  (c) => `command=curl&command=https%3A%2F%2Fu%3A${c}%40h%2F`,
];

/** Request lines, and Host fields, that nobody should send. */
const TARGETS: readonly ((canary: string) => string)[] = [
  (c) => `GET http://u:${c}@localhost/api HTTP/1.1\r\nHost: localhost`,
  (c) => `GET http://localhost/api?token=${c} HTTP/1.1\r\nHost: localhost`,
  (c) => `GET /api#access_token=${c} HTTP/1.1\r\nHost: localhost`,
  (c) => `GET /api?a=1#access_token=${c} HTTP/1.1\r\nHost: localhost`,
  (c) => `GET //u:${c}@localhost/api HTTP/1.1\r\nHost: localhost`,
  (c) => `GET /api HTTP/1.1\r\nHost: u:${c}@localhost`,
  (c) => `GET /api;access_token=${c} HTTP/1.1\r\nHost: localhost`,
  (c) => `GET /api%3Faccess_token=${c} HTTP/1.1\r\nHost: localhost`,
  (c) => `GET /api?token=${c} HTTP/9.9\r\nHost: localhost`,
  (c) => `GET /api?token=${c}\r\nHost: localhost`,
  (c) => `GET /api HTTP/1.1\r\nHost: localhost\r\nAuthorization Bearer ${c}`,
  (c) => `GET /api HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${c}\r\n ${c}`,
  (c) => `GET /api HTTP/1.1\r\nHost: localhost\r\nAuthorization : Bearer ${c}`,
  (c) => `GET /api HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer\0${c}`,
  (c) => `GET /api HTTP/1.1\r\nHost: localhost\r\nAuthorization: a\r\nAuthorization: Bearer ${c}`,
  (c) => `GET /api?token=${c} HTTP/1.1\r\nHost: evil.example`,
  (c) => `TRACE /api?token=${c} HTTP/1.1\r\nHost: localhost`,
];

/** Answers to `/api`. */
const ANSWERS: readonly ((canary: string) => string)[] = [
  ...[
    (c: string) => `Set-Cookie: a=${c}; Path=/`,
    (c: string) => `SET-COOKIE: ${c}`,
    (c: string) => `Location: https://u:${c}@h/`,
    (c: string) => `Location: /a?access_token=${c}`,
    (c: string) => `Location: /a#access_token=${c}&state=1`,
    (c: string) => `LOCATION: /a#code=${c}`,
    (c: string) => `Content-Location: /a?sig=${c}`,
    (c: string) => `Link: <https://h/a?sig=${c}>; rel=next`,
    (c: string) => `Refresh: 0; url=/a?token=${c}`,
    (c: string) => `WWW-Authenticate: Negotiate ${base64(c)}`,
    (c: string) => `Authorization: Bearer ${c}`,
    (c: string) => `X-Subject-Token: ${c}`,
    (c: string) => `X-Api-Key: ${c}`,
  ].map((field) => (c: string) => OK.replace('\r\n', `\r\n${field(c)}\r\n`)),
  (c) =>
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Token\r\n\r\n0\r\nX-Token: ${c}\r\n\r\n`,
  (c) => `HTTP/1.1 103 Early Hints\r\nLink: </a?token=${c}>; rel=a\r\n\r\n${OK}`,
  (c) => `HTTP/1.1 200 OK\r\nSet-Cookie a=${c}\r\nContent-Length: 0\r\n\r\n`,
  (c) => `HTTP/1.1 200 OK\r\nContent-Length: ${c}\r\n\r\n`,
  (c) => `${c} 200 OK\r\n\r\n`,
];

const get = (target: string, fields = '') =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${fields}Connection: close\r\n\r\n`;
const upgrade = (protocol: string, fields = '') =>
  `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n${fields}`;

interface Ask {
  readonly request: string;
  readonly answer?: string;
  /** Never reaches the API server. */
  readonly refused?: boolean;
}

function asks(canaries: Canaries): Ask[] {
  const plant = (place: string) => canaries.plant(place);
  return [
    ...Object.entries(FIELDS).map(([name, value]) => ({
      request: get('/api', `${name}: ${value(plant(name))}\r\n`),
    })),
    {
      request: get(
        '/api',
        `Impersonate-User: jane\r\nImpersonate-Extra-Scopes: ${plant('impersonated extra')}\r\n`,
      ),
    },
    ...QUERIES.map((query, i) => ({ request: get(`/api?${query(plant(`query ${i}`))}`) })),
    ...COMMANDS.map((query, i) => ({ request: get(`${EXEC}?${query(plant(`command ${i}`))}`) })),
    ...TARGETS.map((start, i) => ({
      request: `${start(plant(`target ${i}`))}\r\nConnection: close\r\n\r\n`,
    })),
    ...ANSWERS.map((answer, i) => ({ request: get('/api'), answer: answer(plant(`answer ${i}`)) })),
  ];
}

describe('L01, L04: secrets in heads', () => {
  it.each(['json', 'pretty', 'combined'])('are in no output: --log-format=%s', async (format) => {
    const canaries = new Canaries();
    const own = canaries.plant("the kubeconfig's token");
    const all = asks(canaries);
    const legacy = format === 'json' ? [] : ['--audit-log-format=legacy'];
    const proxy = await recordEverything(
      (head) => {
        const at = /\r\ncase: (\d+)\r\n/i.exec(head)?.[1];
        return at === undefined ? NOT_FOUND : (all[Number(at)]?.answer ?? OK);
      },
      {
        flags: [`--log-format=${format}`, ...legacy],
        requestCert: false,
        kubeconfig: () => ({
          user: {
            token: own,
            'client-certificate-data': undefined,
            'client-key-data': undefined,
          },
        }),
      },
    );
    for (const [i, { request }] of all.entries())
      await proxy.ask(request.replace('\r\n', `\r\nCase: ${i}\r\n`));
    const socket = await proxy.connect();
    const bearer = `base64url.bearer.authorization.k8s.io.${base64(canaries.plant('subprotocol'))}`;
    socket.send(
      get(EXEC, upgrade('websocket', `Sec-WebSocket-Protocol: v4.channel.k8s.io, ${bearer}\r\n`)),
    );
    await socket.untilEnd();
    const outputs = { ...(await proxy.outputs()), ...(await reviewed(proxy.folder)) };
    expect(canaries.find(outputs)).toEqual([]);
    expect(proxy.upstream.bytes).toContain(own);
  });
});

import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

const CLOSE = 'Connection: close\r\n';

/** The lines that reach the API server for a request with `fields`, but for ours that depend on the run. */
async function forwarded(fields: string, token?: string): Promise<string[]> {
  const { ask, upstream } = await startPair(undefined, {}, { token });
  const answer = await ask(request('GET /x', { headers: fields + CLOSE }));
  expect(answer).toContain('HTTP/1.1 200 OK\r\n');
  const lines = upstream.bytes.slice(0, -4).split('\r\n');
  return lines.filter((line) => !/^(?:GET|Host:|Audit-ID:|User-Agent: porthole)/.test(line));
}

/** The lines that reach the client of an answer with `fields`. */
async function answered(fields: string): Promise<string[]> {
  const { connect } = await startPair(
    () => `HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`,
  );
  const client = await connect();
  await client.send(request('GET /x')).untilText('\r\n\r\n');
  return client.received.slice(0, -4).split('\r\n').slice(1);
}

const OURS = 'X-Forwarded-For: 127.0.0.1';

describe('fields of the client that stop here', () => {
  it.each([
    ['D01 what Connection names', 'Connection: X-Foo, x-bar\r\nX-Foo: 1\r\nX-BAR: 2\r\n'],
    ['D02 Cookie, when Connection names it', 'Connection: cookie\r\nCookie: a\r\n'],
    ['D02 Expect, when Connection names it', 'Connection: expect\r\nExpect: 100-continue\r\n'],
    ['D03 Keep-Alive', 'Keep-Alive: timeout=5\r\n'],
    ['D03 TE other than trailers', 'TE: deflate\r\n'],
    ['D03 TE with more than trailers', 'TE: trailers, deflate\r\n'],
    ['D03 Proxy-Authorization', 'Proxy-Authorization: Basic eA==\r\n'],
    ['D03 Proxy-Connection', 'Proxy-Connection: keep-alive\r\n'],
    ['D03 Trailer', 'Trailer: x\r\n'],
    ['D03 Upgrade that Connection does not name', 'Upgrade: websocket\r\n'],
    [
      'D10 an identity of a front proxy',
      'X-Remote-User: root\r\nx-remote-group: system:masters\r\nX-Remote-Uid: 0\r\nX-Remote-Extra-a: 1\r\n',
    ],
    [
      'D10 an account of the way so far',
      'X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 7.7.7.7\r\nX-Forwarded-Host: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Uri: /a\r\nForwarded: for=6.6.6.6\r\nVia: 1.1 a\r\nX-Real-IP: 6.6.6.6\r\n',
    ],
    [
      'F11 another method or path',
      'X-Original-URL: /a\r\nX-Rewrite-URL: /a\r\nX-HTTP-Method-Override: DELETE\r\n',
    ],
    ['S21 names with an underscore', 'Impersonate_User: root\r\nX_Remote_User: root\r\n'],
  ])('%s', async (_, fields) => {
    expect(await forwarded(fields)).toEqual([OURS]);
  });
});

describe('fields of the client that pass', () => {
  it.each([
    ['D03 TE: trailers', 'TE: trailers'],
    ['D19 Accept-Encoding', 'Accept-Encoding: gzip;q=1, br'],
    ['D09 each group on its own line', 'Impersonate-Group: a', 'Impersonate-Group: b'],
    ['S20 names that JavaScript knows', '__proto__: 1', 'constructor: 2', 'toString: 3'],
  ])('%s', async (_, ...lines) => {
    const kept = lines.filter((line) => !line.startsWith('__'));
    expect(await forwarded(lines.map((line) => `${line}\r\n`).join(''))).toEqual([...kept, OURS]);
  });

  it.each(['host', 'content-length', 'Transfer-Encoding', 'content-type'])(
    'D02 Connection: %s leaves host and framing as they are',
    async (named) => {
      const { ask, upstream } = await startPair();
      const chunked = named === 'Transfer-Encoding';
      const framing = chunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 4';
      const body = chunked ? '4\r\nbody\r\n0\r\n\r\n' : 'body';
      const headers = `Connection: close, ${named}\r\n${framing}\r\n`;
      await ask(request('POST /x', { headers, body }));
      expect(upstream.bytes).toContain(
        `POST /x HTTP/1.1\r\nHost: 127.0.0.1:${upstream.port}\r\n${framing}\r\n`,
      );
      expect(upstream.bytes.endsWith(`\r\n\r\n${body}`)).toBe(true);
      expect([upstream.requests, upstream.completed]).toEqual([1, 1]);
    },
  );
});

describe('the credential', () => {
  const MINE = 'Authorization: Bearer mine';
  it.each([
    ['D01 is ours when Connection takes the client’s away', 'Connection: authorization\r\n', true],
    ['D05 is the client’s, and only that, when it brings one', '', false],
    ['D06 is the client’s in any case', 'Proxy-Authorization: Bearer other\r\n', false],
  ])('%s', async (_, fields, ours) => {
    const expected = ours ? ['Authorization: Bearer ours', OURS] : [MINE, OURS];
    expect(await forwarded(`${fields}${MINE}\r\n`, 'ours')).toEqual(expected);
    const lower = `${fields}${MINE.toLowerCase()}\r\n`;
    const expectedLower = ours ? expected : [MINE.toLowerCase(), OURS];
    expect(await forwarded(lower, 'ours')).toEqual(expectedLower);
  });

  it.each(['Bearer mine', 'Bearer other'])('D06 is refused beside another: %s', async (second) => {
    const { ask, upstream } = await startPair(undefined, {}, { token: 'ours' });
    const headers = `${MINE}\r\nauthorization: ${second}\r\n${CLOSE}`;
    expect(await ask(request('GET /x', { headers }))).toContain('HTTP/1.1 400 Bad Request\r\n');
    expect(upstream.requests).toBe(0);
  });

  it('D11 is the client’s when it stands among the WebSocket protocols', async () => {
    const { ask, upstream } = await startPair(
      () => 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n',
      {},
      { token: 'ours' },
    );
    const upgrade = (protocols: string): Promise<string> =>
      ask(
        request('GET /x', {
          headers: `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${protocols}\r\n`,
        }),
      );
    await upgrade('base64url.bearer.authorization.k8s.io.bWluZQ, v4.channel.k8s.io');
    expect(upstream.bytes).not.toContain('Authorization');
    await upgrade('v4.channel.k8s.io');
    expect(upstream.bytes).toContain('Authorization: Bearer ours');
  });

  it('D07 acts as whom the kubeconfig names; a client can not choose another', async () => {
    const { ask, upstream } = await startPair(undefined, {}, { as: 'readonly' });
    for (const field of ['Impersonate-User: admin', 'impersonate-extra-a: b']) {
      expect(await ask(request('GET /x', { headers: `${field}\r\n${CLOSE}` }))).toContain(
        'HTTP/1.1 403 Forbidden\r\n',
      );
    }
    expect(upstream.requests).toBe(0);
  });
});

describe('where the request goes', () => {
  it('D17 is named by Host, and to TLS by tls-server-name', async () => {
    const { ask, upstream } = await startPair(undefined, {}, { tlsServerName: 'localhost' });
    await ask(request('GET /x', { host: 'LOCALHOST:1', headers: CLOSE }));
    expect(upstream.bytes).toContain(`/x HTTP/1.1\r\nHost: 127.0.0.1:${upstream.port}\r\n`);
    expect(upstream.bytes.match(/host:/gi)).toHaveLength(1);
    expect(upstream.connections[0]?.socket).toMatchObject({ servername: 'localhost' });
  });
});

describe('fields of the answer', () => {
  it.each([
    ['D04 what Connection names', 'Connection: X-Hop\r\nX-Hop: 1\r\n'],
    ['D04 Keep-Alive', 'Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n'],
    ['D04 Proxy-Authenticate', 'Proxy-Authenticate: Basic\r\n'],
    [
      'X09 a door for other origins',
      'Access-Control-Allow-Origin: *\r\naccess-control-allow-credentials: true\r\n',
    ],
  ])('stop here: %s', async (_, fields) => {
    expect(await answered(fields)).toEqual(['Content-Length: 0']);
  });

  it.each([
    [
      'D16 one by one, in their order and case',
      'Set-Cookie: a=1\r\nwarning: 299 - "x"\r\nset-cookie: b=2\r\nVary: A\r\nWarning: 299 - "y"\r\nVARY: B\r\n',
    ],
    ['D18 a redirect, not followed', 'Location: https://elsewhere.example/\r\n'],
    ['D19 encodings and tags', 'Content-Encoding: gzip\r\nETag: W/"x"\r\n'],
    ['T17 Retry-After', 'Retry-After: 1\r\n'],
  ])('pass: %s', async (_, fields) => {
    expect(await answered(fields)).toEqual([
      ...fields.slice(0, -2).split('\r\n'),
      'Content-Length: 0',
    ]);
  });

  it.each([301, 302, 307, 429, 503])('D18 a %i passes and is not acted upon', async (status) => {
    const answer = `HTTP/1.1 ${status} Told You\r\nLocation: /y\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n`;
    const { connect, upstream, proxy } = await startPair(() => answer);
    const client = await connect();
    await client.send(request('GET /x')).untilText('\r\n\r\n');
    expect(client.received).toBe(answer);
    await proxy.recorded(1);
    expect(upstream.requests).toBe(1);
  });
});

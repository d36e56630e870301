import { describe, expect, it } from 'vitest';
import { request } from '../support/raw-client.ts';
import { expectForwarded, openWide, seenBy } from './exact.ts';

const CLOSE = 'Connection: close\r\n';

/** A GET with these fields leaves with those. */
function expectLines(fields: string, seen: string): Promise<void> {
  return expectForwarded(request('GET /x', { headers: fields }), `GET /x HTTP/1.1\r\n${seen}\r\n`);
}

describe('fields of the client that stop here', () => {
  it.each([
    ['D01 what Connection names', 'Connection: X-Foo, x-bar\r\nX-Foo: 1\r\nX-BAR: 2\r\n'],
    ['D01 on two lines', 'Connection: X-Foo\r\nconnection: x-bar\r\nX-Foo: 1\r\nX-BAR: 2\r\n'],
    ['D01 Authorization', 'Connection: authorization\r\nAuthorization: Bearer other\r\n'],
    ['D01 fields of ours', 'Connection: X-Forwarded-For, Audit-ID, User-Agent, Host\r\n'],
    ['D02 Cookie', 'Connection: cookie\r\nCookie: a\r\n'],
    ['D02 Expect', 'Connection: expect\r\nExpect: 100-continue\r\n'],
    ['D03 Keep-Alive', 'Keep-Alive: timeout=5\r\n'],
    ['D03 TE other than trailers', 'TE: deflate\r\n'],
    ['D03 TE with more than trailers', 'TE: trailers, deflate\r\n'],
    ['D03 Proxy-Authorization', 'Proxy-Authorization: Basic eA==\r\n'],
    ['D03 Proxy-Authenticate', 'Proxy-Authenticate: Basic\r\n'],
    ['D03 Proxy-Connection', 'Proxy-Connection: keep-alive\r\n'],
    ['D03 Trailer', 'Trailer: x\r\n'],
    ['D03 Upgrade that Connection does not name', 'Upgrade: websocket\r\n'],
    ['D10 X-Remote-User', 'X-Remote-User: root\r\nx-remote-user: other\r\n'],
    ['D10 X-Remote-Group', 'X-REMOTE-GROUP: system:masters\r\n'],
    ['D10 X-Remote-Uid', 'X-Remote-Uid: 0\r\n'],
    ['D10 X-Remote-Extra', 'X-Remote-Extra-Scopes: all\r\n'],
    ['D10 X-Forwarded-For', 'X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 7.7.7.7\r\n'],
    ['D10 X-Forwarded-Host', 'X-Forwarded-Host: a\r\n'],
    ['D10 X-Forwarded-Proto', 'X-Forwarded-Proto: http\r\n'],
    ['D10 X-Forwarded-Uri', 'X-Forwarded-Uri: /a\r\n'],
    ['D10 Forwarded', 'Forwarded: for=6.6.6.6\r\n'],
    ['D10 Via', 'Via: 1.1 a\r\n'],
    ['D10 X-Real-IP', 'X-Real-IP: 6.6.6.6\r\n'],
  ])('%s', (_, fields) => expectLines(fields, ''));

  it('D03 an upgrade to HTTP/2', async () => {
    const { ask, upstream } = await openWide();
    const headers = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n';
    expect(await ask(request('GET /x', { headers }))).toContain('200 OK');
    expect(seenBy(upstream)).toBe('GET /x HTTP/1.1\r\n\r\n');
  });

  it('D01 Connection: close, and more', async () => {
    const { ask, upstream } = await openWide();
    const headers =
      'Connection: close, X-Foo, authorization\r\nX-Foo: 1\r\nAuthorization: Bearer other\r\n';
    expect(await ask(request('GET /x', { headers }))).toContain('200 OK');
    expect(seenBy(upstream)).toBe('GET /x HTTP/1.1\r\n\r\n');
    expect(upstream.bytes.match(/^Authorization: Bearer cnry/gm)).toHaveLength(1);
  });
});

describe('fields of the client that pass', () => {
  it.each([
    ['D03 TE: trailers', 'TE: trailers\r\n'],
    ['D08 Impersonate', 'Impersonate-User: a\r\nImpersonate-Uid: 1\r\nImpersonate-Extra-a: b\r\n'],
    ['D09 each group on its own line', 'Impersonate-Group: a\r\nImpersonate-Group: b\r\n'],
    ['D09 a comma in a group', 'Impersonate-Group: a, b\r\nimpersonate-group: c\r\n'],
    ['D19 Accept-Encoding', 'Accept-Encoding: gzip;q=1, br\r\n'],
    ['D19 If-None-Match', 'If-None-Match: W/"x"\r\n'],
    ['D16 names in odd case, in their order', 'x-B: 1\r\nX-a: 2\r\nX-b: 3\r\n'],
  ])('%s', (_, fields) => expectLines(fields, fields));

  it.each([
    ['D02 host', 'host', 'Content-Length: 4', 'body'],
    ['D02 content-length', 'content-length', 'Content-Length: 4', 'body'],
    [
      'D02 transfer-encoding',
      'Transfer-Encoding',
      'Transfer-Encoding: chunked',
      '4\r\nbody\r\n0\r\n\r\n',
    ],
    ['D02 content-type', 'content-type', 'Content-Type: text/plain\r\nContent-Length: 4', 'body'],
    [
      'D02 content-encoding',
      'content-encoding',
      'Content-Encoding: gzip\r\nContent-Length: 4',
      'body',
    ],
  ])('%s, though Connection names it', (_, named, fields, body) =>
    expectForwarded(
      request('POST /x', { headers: `Connection: ${named}\r\n${fields}\r\n`, body }),
      `POST /x HTTP/1.1\r\n${fields}\r\n\r\n${body}`,
    ),
  );
});

describe('a credential of the client’s', () => {
  it.each([
    ['D05 goes in place of ours', 'Authorization', ''],
    ['D06 in small letters', 'authorization', ''],
    ['D06 in capitals', 'AUTHORIZATION', ''],
    ['D06 beside one for a proxy', 'Authorization', 'Proxy-Authorization: Bearer other\r\n'],
  ])('%s, alone', async (_, name, more) => {
    const { ask, canaries, upstream } = await openWide();
    const field = `${name}: Bearer theirs.${canaries.plant('client')}\r\n`;
    expect(await ask(request('GET /x', { headers: field + more + CLOSE }))).toContain('200 OK');
    expect(seenBy(upstream)).toBe(`GET /x HTTP/1.1\r\n${field}\r\n`);
    expect(upstream.bytes.match(/authorization:/gi)).toHaveLength(1);
  });

  it.each([
    ['D06 twice', 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n'],
    [
      'D06 the same twice, in another case',
      'Authorization: Bearer a\r\nAUTHORIZATION: Bearer a\r\n',
    ],
    ['D06 twice, with one that is empty', 'Authorization: \r\nAuthorization: Bearer a\r\n'],
  ])('%s: 400, and nobody is asked', async (_, fields) => {
    const { ask, upstream } = await openWide();
    expect(await ask(request('GET /x', { headers: fields + CLOSE }))).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.connections).toEqual([]);
  });

  it('D06 for a proxy alone is none: ours goes', () =>
    expectLines('Proxy-Authorization: Bearer other\r\n', ''));

  const bearer = (token: string): string =>
    `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;
  it.each([
    [
      'D11 before another protocol',
      (token: string) => `Sec-WebSocket-Protocol: ${bearer(token)}, v4.channel.k8s.io\r\n`,
    ],
    [
      'D11 behind another protocol',
      (token: string) => `Sec-WebSocket-Protocol: v4.channel.k8s.io, ${bearer(token)}\r\n`,
    ],
    [
      'D11 on a line of its own',
      (token: string) =>
        `Sec-WebSocket-Protocol: v4.channel.k8s.io\r\nsec-websocket-protocol: ${bearer(token)}\r\n`,
    ],
  ])('%s goes without ours, and is not logged', async (_, fieldsFor) => {
    const { ask, canaries, upstream } = await openWide(
      () => 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n',
    );
    const fields = fieldsFor(canaries.plant('protocol'));
    const headers = `Connection: Upgrade\r\nUpgrade: websocket\r\n${fields}`;
    expect(await ask(request('GET /x', { headers }))).toMatch(/^HTTP\/1\.1 403 /);
    expect(seenBy(upstream)).toBe(
      `GET /x HTTP/1.1\r\n${fields}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(upstream.bytes).not.toMatch(/^authorization:/im);
  });

  it('D11 that is none leaves ours in place', async () => {
    const { ask, upstream } = await openWide(
      () => 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n',
    );
    const headers =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n';
    await ask(request('GET /x', { headers }));
    expect(upstream.bytes.match(/^Authorization: Bearer cnry/gm)).toHaveLength(1);
  });
});

describe('acting as somebody else', () => {
  it.each([
    ['D07 Impersonate-User', 'Impersonate-User: admin'],
    ['D07 Impersonate-Group', 'impersonate-group: system:masters'],
    ['D07 Impersonate-Uid', 'Impersonate-Uid: 0'],
    ['D07 Impersonate-Extra', 'IMPERSONATE-EXTRA-a: b'],
    ['D07 what nobody knows yet', 'Impersonate-Next: a'],
  ])('%s: 403 where the kubeconfig names whom to act as', async (_, field) => {
    const { ask, upstream } = await openWide(undefined, { flags: { as: 'readonly' } });
    expect(await ask(request('GET /x', { headers: `${field}\r\n${CLOSE}` }))).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    expect(upstream.connections).toEqual([]);
  });

  it('D07 the one of the kubeconfig goes, once', async () => {
    const { ask, upstream } = await openWide(undefined, { flags: { as: 'readonly' } });
    await ask(request('GET /x', { headers: CLOSE }));
    expect(seenBy(upstream)).toBe('GET /x HTTP/1.1\r\nImpersonate-User: readonly\r\n\r\n');
  });

  it('D08 is recorded', async () => {
    const { ask, proxy } = await openWide();
    await ask(request('GET /x', { headers: `Impersonate-User: admin\r\n${CLOSE}` }));
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok', impersonatedUser: 'admin' }]);
  });

  it.each([
    ['D08 Impersonate-User', 'Impersonate-User'],
    ['D08 Impersonate-Group', 'impersonate-group'],
  ])('%s that Connection names: 400, or the rest would go with more rights', async (_, name) => {
    const { ask, upstream } = await openWide();
    const headers = `Connection: close, ${name}\r\n${name}: readonly\r\n`;
    expect(await ask(request('GET /x', { headers }))).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.connections).toEqual([]);
  });
});

it('D17 Host is the API server’s, and TLS is told tls-server-name', async () => {
  const { ask, upstream } = await openWide(undefined, { flags: { tlsServerName: 'localhost' } });
  await ask(request('GET /x', { host: 'LOCALHOST:1', headers: CLOSE }));
  expect(upstream.bytes).toMatch(
    new RegExp(`^GET /x HTTP/1\\.1\r\nHost: 127\\.0\\.0\\.1:${upstream.port}\r\n`),
  );
  expect(upstream.bytes.match(/host:/gi)).toHaveLength(1);
  expect(upstream.connections[0]?.tls).toMatchObject({ servername: 'localhost' });
});

import { describe, expect, it } from 'vitest';
import { eventually, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { PORT_FORWARD, switchTo, upgradeTo } from '../support/tunnel.ts';

const get = (headers: string, body = ''): string =>
  request(`GET ${PORT_FORWARD}`, { headers, body });

describe('an upgrade that upstream refuses', () => {
  it.each([
    ['400, with a length', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\n', 'nope'],
    [
      '403, in chunks',
      'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n',
      '4\r\nnope\r\n0\r\n\r\n',
    ],
    ['404, without a body', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', ''],
    ['500, with a length', 'HTTP/1.1 500 Oops\r\nX-A: 1\r\nContent-Length: 4\r\n\r\n', 'nope'],
  ])('with %s, has its answer whole, then the end', async (_, head, body) => {
    const { upstream, connect, proxy } = await startPair(() => head + body);
    const client = await connect();
    client.send(`${upgradeTo('SPDY/3.1')}early bytes`);
    await client.untilEnd();
    expect(client.received).toBe(head.replace(/\r\n$/, 'Connection: close\r\n\r\n') + body);
    client.send('bytes for a tunnel that is not there').socket.end();
    await eventually('nothing is open', () => {
      const { client: inbound, upstream: outbound } = proxy.connections;
      return inbound === 0 && outbound === 0 && upstream.open === 0;
    });
    expect(upstream.bytes).not.toContain('bytes');
    expect(proxy.records).toMatchObject([
      { status: Number(head.slice(9, 12)), upgrade: 'SPDY/3.1', outcome: 'ok' },
    ]);
  });

  it('never has what follows it read as a request', async () => {
    const { upstream, ask } = await startPair(() => 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n');
    await ask(upgradeTo('websocket') + request('DELETE /api/v1/namespaces/default'));
    expect(upstream.bytes).not.toContain('DELETE');
  });

  it('relays an answer without length to its end', async () => {
    const { ask } = await startPair((_, { socket }) => {
      socket.end('HTTP/1.1 500 Oops\r\n\r\nall of it');
      return undefined;
    });
    expect(await ask(upgradeTo('SPDY/3.1'))).toMatch(/^HTTP\/1\.1 500 Oops\r\n.*all of it$/s);
  });

  it('may be answered plainly, when its protocol is not one of streams', async () => {
    const { ask } = await startPair();
    expect(await ask(upgradeTo('my-own/1'))).toMatch(/^HTTP\/1\.1 200 OK\r\n.*ok$/s);
  });
});

describe('an answer that is none to an upgrade', () => {
  it.each([
    ['200', 'websocket', OK],
    ['204', 'SPDY/3.1', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['302', 'WebSocket', 'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'],
    ['307', 'SPDY/3.1', 'HTTP/1.1 307 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'],
    ['101 for another protocol', 'SPDY/3.1', switchTo('websocket')],
    ['101 for no protocol', 'SPDY/3.1', 'HTTP/1.1 101 S\r\nConnection: Upgrade\r\n\r\n'],
    ['101 without Connection', 'SPDY/3.1', 'HTTP/1.1 101 S\r\nUpgrade: SPDY/3.1\r\n\r\n'],
    ['101 for one of two', 'websocket, SPDY/3.1', switchTo('websocket')],
    ['nonsense', 'SPDY/3.1', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('%s: 502, and both sides are closed', async (_, protocol, answer) => {
    const { upstream, ask, proxy } = await startPair(() => answer);
    const received = await ask(`${upgradeTo(protocol)}early bytes`);
    expect(received).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n.*"kind":"Status"/s);
    await eventually('upstream is closed', () => upstream.open === 0);
    expect(upstream.bytes).not.toContain('early');
    expect(await proxy.recorded(1)).toMatchObject([
      { status: 502, upgrade: protocol, outcome: 'upstream-failed' },
    ]);
  });

  it('a cut before the answer: 502, asked once', async () => {
    const { upstream, ask } = await startPair((_, connection) => {
      connection.reset();
      return undefined;
    });
    expect(await ask(upgradeTo('SPDY/3.1'))).toContain('HTTP/1.1 502 Bad Gateway\r\n');
    expect(upstream.requests).toBe(1);
  });

  it('101 to a request that asked for none: 502', async () => {
    const { upstream, ask } = await startPair(() => switchTo('websocket'));
    const received = await ask(get('Connection: close\r\n'));
    expect(received).toMatch(/^HTTP\/1\.1 502 .*switched protocols unasked/s);
    await eventually('upstream is closed', () => upstream.open === 0);
  });

  it('is not waited for once the client has gone', async () => {
    const { upstream, connect, proxy } = await startPair(() => undefined);
    const client = await connect();
    client.send(upgradeTo('SPDY/3.1'));
    await eventually('upstream is asked', () => upstream.requests === 1);
    client.socket.resetAndDestroy();
    await eventually('upstream is closed', () => upstream.open === 0);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'client-gone' }]);
  });
});

describe('an upgrade that is none', () => {
  it.each([
    ['to h2c', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n'],
    ['to HTTP/2.0', 'Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n'],
    ['to TLS', 'Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n'],
    ['to h2c before others', 'Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n'],
    ['to h2c after others', 'Connection: Upgrade\r\nUpgrade: websocket , H2C\r\n'],
    ['without a protocol', 'Connection: Upgrade\r\n'],
    ['with an empty protocol', 'Connection: Upgrade\r\nUpgrade:\r\n'],
    ['without Connection', 'Upgrade: websocket\r\nX-A: 1\r\n'],
  ])('%s, is a plain request', async (_, headers) => {
    const { upstream, connect, proxy } = await startPair();
    const client = await connect();
    await client.send(get(headers)).untilText('\r\n\r\nok');
    expect(client.statuses).toEqual([200]);
    expect(upstream.bytes).not.toMatch(/^(?:upgrade|connection|http2-settings):/im);
    expect(proxy.records).toMatchObject([{ upgrade: undefined, outcome: 'ok' }]);
  });
});

describe('an upgrade that is refused here', () => {
  const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

  it.each([
    ['a body of known length', `${UPGRADE}Content-Length: 5\r\n`, 'hello'],
    ['a body in chunks', `${UPGRADE}Transfer-Encoding: chunked\r\n`, '5\r\nhello\r\n0\r\n\r\n'],
    ['two protocols in two fields', `${UPGRADE}Upgrade: SPDY/3.1\r\n`, ''],
  ])('for %s: 400, and nobody is asked', async (_, headers, body) => {
    const { upstream, ask, proxy } = await startPair();
    expect(await ask(get(headers, body))).toContain('HTTP/1.1 400 Bad Request\r\n');
    expect(upstream.connections).toEqual([]);
    expect(proxy.records).toMatchObject([{ status: 400, outcome: 'refused' }]);
  });

  it('for a server of another name: 502, and no byte of it is sent', async () => {
    const { upstream, ask } = await startPair(undefined, {}, { tlsServerName: 'other.example' });
    expect(await ask(upgradeTo('SPDY/3.1'))).toMatch(/^HTTP\/1\.1 502 .*other names/s);
    expect(upstream.bytes).toBe('');
  });
});

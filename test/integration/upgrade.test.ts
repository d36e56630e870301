import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { mintAuthority } from '#certs/mint.ts';
import { eventually, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { startProxy } from '../support/start-proxy.ts';
import { PORT_FORWARD, switchTo, upgradeTo } from '../support/tunnel.ts';

describe('an upgrade', () => {
  it.each([
    ['SPDY over POST', 'POST', 'SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io\r\n'],
    ['a WebSocket', 'GET', 'websocket', 'Sec-WebSocket-Protocol: v5.channel.k8s.io, x\r\n'],
    ['any other protocol', 'GET', 'My-Own/2', 'X-Own: 1\r\nX-Own: 2\r\n'],
  ])('of %s passes with its fields, then bytes both ways', async (_, method, protocol, fields) => {
    const answer = switchTo(protocol, 'Sec-WebSocket-Accept: abc=\r\n');
    const { upstream, connect, proxy } = await startPair(() => answer, { rejectPaths: [] });
    const client = await connect();
    const headers = `Upgrade: ${protocol}\r\nConnection: keep-alive, Upgrade\r\n${fields}`;
    client.send(request(`${method} ${PORT_FORWARD.replace('portforward', 'exec')}`, { headers }));
    await client.untilText('\r\n\r\n');
    expect(client.received).toContain('HTTP/1.1 101 Switching Protocols\r\n');
    expect(client.received).toContain('Sec-WebSocket-Accept: abc=\r\n');
    expect(client.received).toContain(`Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`);
    expect(upstream.bytes).toContain(fields);
    expect(upstream.bytes).toContain(`Connection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
    expect(upstream.bytes).not.toContain('keep-alive');

    client.send('\x00\xffping');
    await eventually('the bytes arrive', () => upstream.bytes.endsWith('\r\n\r\n\x00\xffping'));
    upstream.connections[0]?.socket.write('\xfe\x00pong', 'latin1');
    await client.untilText('\r\n\r\n\xfe\x00pong');
    client.socket.end();
    await client.untilEnd();
    const [record] = await proxy.recorded(1);
    expect(record).toMatchObject({
      status: 101,
      upgrade: protocol,
      bytesIn: 6,
      bytesOut: 6,
      outcome: 'ok',
      errorCode: undefined,
    });
  });

  it('carries a real WebSocket, sub-protocol and all', async () => {
    const authority = mintAuthority({ commonName: 'websockets' });
    const server = createServer({
      ...authority.issueServer(),
      ca: authority.pem,
      requestCert: true,
    });
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, { headers }) => {
      socket.send(`for ${headers.host}`);
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const bound = server.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
    const identity = authority.issueClient({ commonName: 'alice' });
    const proxy = await startProxy({ port, ca: authority.pem, client: identity });
    onTestFinished(() => {
      proxy.destroy();
      server.close();
    });

    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}${PORT_FORWARD}`, [
      'v5.channel.k8s.io',
    ]);
    const [greeting] = await once(socket, 'message');
    expect(String(greeting)).toBe(`for 127.0.0.1:${port}`);
    expect(socket.protocol).toBe('v5.channel.k8s.io');
    const sent = randomBytes(300_000);
    socket.send(sent);
    const [echoed] = await once(socket, 'message');
    expect(sent.equals(echoed)).toBe(true);
    socket.close(1000, 'enough');
    const [code] = await once(socket, 'close');
    expect(code).toBe(1000);
    expect(await proxy.recorded(1)).toMatchObject([{ status: 101, outcome: 'ok' }]);
  });

  it('delivers what either side sent ahead, in order', async () => {
    const { upstream, connect, proxy } = await startPair(
      () => `${switchTo('SPDY/3.1')}first from upstream,`,
    );
    const client = await connect();
    client.send(`${upgradeTo('SPDY/3.1')}first from client,`);
    await client.untilText('first from upstream,');
    client.send('then more');
    upstream.connections[0]?.socket.write('then more');
    await client.untilText('first from upstream,then more');
    await eventually('all arrives', () =>
      upstream.bytes.endsWith('\r\n\r\nfirst from client,then more'),
    );
    client.socket.end();
    expect(await proxy.recorded(1)).toMatchObject([{ bytesIn: 27, bytesOut: 29 }]);
  });

  it('has the same header policy and credential as a plain request', async () => {
    const { upstream, ask } = await startPair(
      () => 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      {},
      { token: 'sesame' },
    );
    const fields =
      'Audit-ID: one\r\nX-Remote-User: root\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=x\r\n' +
      'X_Remote_User: root\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\nX-Mine: a\r\nX-Mine: b\r\n';
    await ask(request(`GET ${PORT_FORWARD}`, { headers: `Connection: close\r\n${fields}` }));
    await ask(upgradeTo('SPDY/3.1', fields));
    const [plain, upgraded] = upstream.connections.map(({ bytes }) => bytes);
    expect(upgraded?.replace('Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n', '')).toBe(plain);
    expect(plain).toContain('Authorization: Bearer sesame\r\nX-Forwarded-For: 127.0.0.1\r\n');
    expect(plain).not.toMatch(/root|1\.2\.3\.4|for=x|Keep-Alive|Proxy-/);
  });
});

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, startPair } from '../support/pair.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { WAYS } from '../support/scripted-streams.ts';
import { startProxy } from '../support/start-proxy.ts';
import { switchTo, upgradeTo } from '../support/tunnel.ts';

const WATCH = 'GET /api/v1/pods?watch=1';
const EVENT = '8\r\n{"a":1}\n\r\n';
const CHUNKED = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${EVENT}`;
const UNTIL_CLOSE = 'HTTP/1.1 200 OK\r\n\r\n{"a":1}\n';
/** Ends no test: nothing may need it. */
const LONG = 3_600_000;
const SHORT = 20;

describe('while it shuts down, the proxy', () => {
  it('lets requests under way finish, takes none from their clients, and no new clients', async () => {
    const { upstream, connect, proxy } = await startPair(() => undefined);
    const [plain, upload] = [await connect(), await connect()];
    plain.send(request('GET /slow') + request('GET /behind'));
    upload.send(request('POST /upload', { headers: 'Content-Length: 8\r\n', body: 'half' }));
    await eventually('both are under way', () => upstream.requests === 2);

    const closed = proxy.close(LONG);
    await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    upload.send('half');
    await eventually('the upload is complete', () => upstream.completed === 2);
    for (const { socket } of upstream.connections) socket.write(OK);
    await Promise.all([plain.untilEnd(), upload.untilEnd()]);
    for (const client of [plain, upload]) {
      expect(client.received).toBe(OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      client.socket.end();
    }

    await Promise.all([closed, proxy.close(LONG)]);
    expect(upstream.requests).toBe(2);
    expect(proxy.records.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    await eventually('nothing is open', () => upstream.open === 0);
    expect(proxy.connections).toEqual({ client: 0, upstream: 0 });
  });

  it('ends connections at once that have no request under way', async () => {
    const { upstream, connect, proxy } = await startPair();
    const [idle, half, silent] = [await connect(), await connect(), await connect()];
    await idle.send(request('GET /version')).untilText('ok');
    half.send('GET /vers');
    await eventually('all are there', () => proxy.connections.client === 3);
    const closed = proxy.close(LONG);
    for (const client of [idle, half, silent]) {
      await client.untilEnd();
      client.socket.end();
    }
    await closed;
    expect([half.received, silent.received]).toEqual(['', '']);
    await eventually('the pool is empty', () => upstream.open === 0);
  });

  it.each(WAYS)('passes on what a watch brings by %s until it ends by itself', async (way) => {
    const { upstream, connect, proxy } = await startPair(() => CHUNKED, {}, {}, { way });
    const client = await connect();
    await client.send(request(WATCH)).untilText(EVENT);
    const closed = proxy.close(LONG);
    upstream.connections[0]?.socket.write(`${EVENT}0\r\n\r\n`);
    await client.untilEnd();
    client.socket.end();
    expect(client.received.endsWith(`${EVENT}${EVENT}0\r\n\r\n`)).toBe(true);
    await closed;
    await eventually('nothing is open', () => proxy.connections.upstream === 0);
    expect(proxy.records).toMatchObject([{ outcome: 'ok' }]);
  });
});

describe.each(WAYS)('after its grace, with watches by %s, the proxy', (way) => {
  it.each([
    ['a watch', CHUNKED, request(WATCH)],
    ['a watch of HTTP/1.0', CHUNKED, request(WATCH).replace('HTTP/1.1', 'HTTP/1.0')],
    ['an answer that lasts until the end', UNTIL_CLOSE, request('GET /version')],
    ['an answer with a length', OK.replace(': 2', ': 9'), request('GET /version')],
    ['a tunnel', `${switchTo('SPDY/3.1')}{"a":1}\n`, upgradeTo('SPDY/3.1')],
  ])('cuts %s so that it does not look complete', async (_, answer, text) => {
    const { upstream, connect, proxy } = await startPair(() => answer, {}, {}, { way });
    const client = await connect();
    await client.send(text).until(() => /\{"a":1\}\n|ok$/.test(client.received));
    await proxy.close(SHORT);
    // What the proxy logs is complete when close() says that all is over: the process may end then.
    expect(proxy.records).toMatchObject([{ outcome: 'stopped' }]);
    await client.untilEnd();
    expect(client.error).toMatchObject({ code: 'ECONNRESET' });
    expect(client.received).not.toContain('\r\n0\r\n');
    await eventually('nothing is open', () => upstream.open + proxy.connections.client === 0);
  });

  it.each([
    ['a request without an answer', request('GET /slow')],
    ['a watch without an answer', request(WATCH)],
    ['an upload', request('POST /upload', { headers: 'Content-Length: 8\r\n', body: 'half' })],
    ['an upgrade without an answer', upgradeTo('SPDY/3.1')],
  ])('cuts %s', async (_, text) => {
    const { upstream, connect, proxy } = await startPair(() => undefined, {}, {}, { way });
    const client = await connect();
    client.send(text);
    await eventually('it is under way', () => upstream.requests === 1);
    await proxy.close(SHORT);
    expect(proxy.records).toMatchObject([{ outcome: 'stopped' }]);
    await client.untilEnd();
    expect(client.received).toBe('');
    await eventually('upstream is closed', () => upstream.open === 0);
  });

  it.each(['GET /version', WATCH])(
    'cuts %s whose connection to the API server is not there yet',
    async (line) => {
      const sockets: Socket[] = [];
      const deaf = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
      onTestFinished(() => {
        for (const socket of sockets) socket.destroy();
        deaf.close();
      });
      await once(deaf, 'listening');
      const bound = deaf.address();
      const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
      const { upstream } = await startPair();
      const proxy = await startProxy({ ...upstream, port });
      const client = await RawClient.connect(proxy.port);
      client.send(request(line));
      await eventually('it dials', () => sockets.length === 1);
      await proxy.close(SHORT);
      await client.untilEnd();
      expect(proxy.records).toMatchObject([{ outcome: 'stopped' }]);
    },
  );
});

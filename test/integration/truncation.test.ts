import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, startPair } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, type SeenConnection, startUpstream } from '../support/recording-upstream.ts';
import { startProxy } from '../support/start-proxy.ts';

const ends = ({ socket }: SeenConnection): unknown => socket.end();
const resets = (seen: SeenConnection): unknown => seen.reset();
const WAYS = [
  ['ended', ends],
  ['reset', resets],
] as const;

const head = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n`;

describe('T01 an answer that upstream broke off never looks complete', () => {
  const bodies = [
    ['a counted body', `${head('Content-Length: 10\r\n')}hello`],
    ['a counted body of which nothing came', head('Content-Length: 10\r\n')],
    ['chunks', `${head('Transfer-Encoding: chunked\r\n')}5\r\nhello\r\n`],
    ['half a chunk', `${head('Transfer-Encoding: chunked\r\n')}a\r\nhello`],
    ['chunks without the last line', `${head('Transfer-Encoding: chunked\r\n')}0\r\n`],
  ] as const;
  it.each(
    WAYS.flatMap(([way, cut]) => bodies.map(([body, sent]) => [way, body, sent, cut] as const)),
  )('%s in %s', async (_way, _body, sent, cut) => {
    const { connect, upstream, proxy } = await startPair(() => sent);
    const client = await connect();
    await client.send(request('GET /x')).until(() => client.received.length === sent.length);
    cut(upstream.connections[0] as SeenConnection);
    await client.untilEnd();
    expect(client.received).toBe(sent);
    expect(await proxy.recorded(1)).toMatchObject([
      { outcome: 'upstream-aborted', errorCode: 'ERR_UPSTREAM_ABORTED', status: 200 },
    ]);
    await eventually('the sockets are gone', () => proxy.connections.client === 0);
    expect(proxy.connections.upstream).toBe(0);
  });

  it('with the head and the cut in one read', async () => {
    const sent = `${head('Content-Length: 10\r\n')}hello`;
    const { ask, proxy } = await startPair((_, { socket }) => void socket.end(sent));
    expect(await ask(request('GET /x'))).toBe(sent);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'upstream-aborted' }]);
  });

  it.each(WAYS)('T19 %s, all of 50 watches at once, and new ones work', async (_, cut) => {
    const sent = `${head('Transfer-Encoding: chunked\r\n')}5\r\nevent\r\n`;
    const { connect, upstream, proxy } = await startPair(() => sent);
    const clients = await Promise.all(Array.from({ length: 50 }, connect));
    for (const client of clients) client.send(request('GET /api/v1/pods?watch=true'));
    await Promise.all(clients.map((client) => client.untilText('event\r\n')));
    for (const seen of upstream.connections) cut(seen);
    await Promise.all(clients.map((client) => client.untilEnd()));
    expect(new Set(clients.map(({ received }) => received))).toEqual(new Set([sent]));
    const records = await proxy.recorded(50);
    expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['upstream-aborted']));
    const next = await connect();
    await next.send(request('GET /x')).untilText('event\r\n');
  });
});

describe('T02 a body that ends with the connection', () => {
  const sent = `${head('')}hello`;
  const received = `${head('Connection: close\r\n')}hello`;

  it('ended is complete', async () => {
    const { connect, upstream, proxy } = await startPair(() => sent);
    const client = await connect();
    await client.send(request('GET /x')).untilText('hello');
    ends(upstream.connections[0] as SeenConnection);
    await client.untilEnd();
    expect([client.received, client.error]).toEqual([received, undefined]);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok' }]);
  });

  it('reset is not, and the client sees a reset', async () => {
    const { connect, upstream, proxy } = await startPair(() => sent);
    const client = await connect();
    await client.send(request('GET /x')).untilText('hello');
    resets(upstream.connections[0] as SeenConnection);
    await client.untilEnd();
    expect(client.received).toBe(received);
    expect(client.error).toMatchObject({ code: 'ECONNRESET' });
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'upstream-aborted' }]);
  });
});

describe('no answer at all', () => {
  it.each(WAYS)('T15 a POST that was read whole and then %s is sent once', async (_, cut) => {
    const { connect, upstream, proxy } = await startPair(() => undefined);
    const client = await connect();
    const headers = 'Content-Length: 5\r\n';
    client.send(request('POST /x', { headers, body: 'hello' }));
    await eventually('the body arrives', () => upstream.completed === 1);
    cut(upstream.connections[0] as SeenConnection);
    await client.untilText('"code":502}\n');
    expect(client.ended).toBe(false);
    expect(upstream.requests).toBe(1);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'upstream-failed', status: 502 }]);
  });

  it.each(['GET', 'POST'])('T16 to %s where nobody listens: 502, and up again', async (method) => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const bound = nobody.address();
    if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
    nobody.close();
    const { ask } = await startPair(undefined, {}, { server: `https://127.0.0.1:${bound.port}` });
    const answer = await ask(request(`${method} /x`, { headers: 'Connection: close\r\n' }));
    expect(answer).toMatch(/^HTTP\/1\.1 502 .*"kind":"Status".*connection refused/s);
  });

  it('T16 to a failed handshake: 502, any number of times', async () => {
    const upstream = await startUpstream();
    const server = createServer((socket) => socket.end('220 smtp\r\n').on('error', () => {}));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
    const proxy = await startProxy({ ...upstream, port: bound.port });
    onTestFinished(async () => {
      proxy.destroy();
      server.close();
      await upstream.close();
    });
    const client = await RawClient.connect(proxy.port);
    for (let i = 1; i <= 3; i++) {
      await client.send(request('POST /x')).until(() => client.statuses.length === i);
    }
    expect(client.statuses).toEqual([502, 502, 502]);
    client.close();
    await eventually('the sockets are gone', () => proxy.connections.upstream === 0);
  });
});

describe('T11 a client that ended its side', () => {
  it.each([
    ['with its request', false],
    ['before the answer', true],
  ])('%s is still answered', async (_, later) => {
    const { connect, upstream, proxy } = await startPair(() => (later ? undefined : OK));
    const client = await connect();
    client.send(request('GET /x')).socket.end();
    if (later) {
      await eventually('the request arrives', () => upstream.requests === 1);
      upstream.connections[0]?.socket.write(OK);
    }
    await client.untilEnd();
    expect(client.received.replace(/^(?:HTTP\/1\.1 102 Processing\r\n\r\n)+/, '')).toBe(OK);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok' }]);
    await eventually('the socket is gone', () => proxy.connections.client === 0);
  });

  it('with several requests gets all their answers', async () => {
    const { connect } = await startPair();
    const client = await connect();
    client.send(request('GET /x').repeat(3)).socket.end();
    await client.untilEnd();
    expect(client.received).toBe(OK.repeat(3));
  });
});

describe('a client that reads its answer late', () => {
  /** How many bytes of a body the proxy takes for a client that reads none. */
  async function taken(): Promise<number> {
    let poured = { taken: -1 };
    const { connect, upstream, proxy } = await startPair((_, { socket }) => {
      socket.write(head(''));
      poured = pour(socket, Buffer.alloc(1 << 20), 40);
      return undefined;
    });
    const client = await connect();
    client.socket.pause();
    client.send(request('GET /x'));
    await eventually('the request arrives', () => upstream.requests === 1);
    await settled(() => poured.taken);
    client.socket.resetAndDestroy();
    return (await proxy.recorded(1))[0]?.bytesOut ?? 0;
  }

  it.each([
    ['by length', (size: number) => `Content-Length: ${size}\r\n`],
    ['by the connection', () => ''],
  ])('gets the last of it, delimited %s', async (_, fields) => {
    const size = await taken();
    const deadlines = { head: 1e9, idle: 1e9, linger: 1, probe: 1e9 };
    const { connect, proxy } = await startPair(
      (_head, { socket }) => {
        socket.write(head(fields(size)));
        socket.end(Buffer.alloc(size));
        return undefined;
      },
      { deadlines },
    );
    const client = await connect();
    client.socket.pause();
    client.send(request('GET /x', { headers: 'Connection: close\r\n' }));
    await proxy.recorded(1);
    // The proxy has had time to look at its deadlines.
    await new Promise((resolve) => setTimeout(resolve, 700));
    let bytes = 0;
    client.socket.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    client.socket.resume();
    await client.untilEnd();
    expect(bytes - client.received.indexOf('\r\n\r\n') - 4).toBe(size);
    await eventually('the socket is gone', () => proxy.connections.client === 0);
  });
});

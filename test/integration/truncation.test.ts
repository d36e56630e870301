import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerData } from '../support/http1.ts';
import { eventually, startPair } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import { RawClient, request } from '../support/raw-client.ts';
import {
  OK,
  type Script,
  type SeenConnection,
  startUpstream,
} from '../support/recording-upstream.ts';
import { EACH_WAY, WAYS } from '../support/scripted-streams.ts';
import { startProxy } from '../support/start-proxy.ts';

const ends = ({ socket }: SeenConnection): unknown => socket.end();
const resets = (seen: SeenConnection): unknown => seen.reset();
const ENDS = [
  ['ended', ends],
  ['reset', resets],
] as const;

const head = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n`;

describe.each(EACH_WAY)(
  'T01 %s: an answer that upstream broke off never looks complete',
  (...row) => {
    const [, line, way] = row;
    /** HTTP/2 knows no chunks: they are as its frames are. */
    const told = (received: string) => (way === 'HTTP/1.1' ? received : answerData(received));
    const bodies = [
      ['a counted body', `${head('Content-Length: 10\r\n')}hello`],
      ['a counted body of which nothing came', head('Content-Length: 10\r\n')],
      ['chunks', `${head('Transfer-Encoding: chunked\r\n')}5\r\nhello\r\n`],
      ['half a chunk', `${head('Transfer-Encoding: chunked\r\n')}a\r\nhello`],
      ['chunks without the last line', `${head('Transfer-Encoding: chunked\r\n')}0\r\n`],
    ] as const;
    it.each(
      ENDS.flatMap(([end, cut]) => bodies.map(([body, sent]) => [end, body, sent, cut] as const)),
    )('%s in %s', async (_end, _body, sent, cut) => {
      const { connect, upstream, proxy } = await startPair(() => sent, {}, {}, { way });
      const client = await connect();
      client.send(request(line));
      await client.until(
        () => client.statuses.length === 1 && told(client.received) === told(sent),
      );
      cut(upstream.connections[0] as SeenConnection);
      await client.untilEnd();
      expect(told(client.received)).toBe(told(sent));
      expect(client.received).not.toContain('\r\n0\r\n\r\n');
      expect(await proxy.recorded(1)).toMatchObject([
        { outcome: 'upstream-aborted', errorCode: 'ERR_UPSTREAM_ABORTED', status: 200 },
      ]);
      await eventually('the sockets are gone', () => proxy.connections.client === 0);
      await eventually('and those upstream', () => proxy.connections.upstream === 0);
    });

    it('with the head and the cut in one read', async () => {
      const sent = `${head('Content-Length: 10\r\n')}hello`;
      const script: Script = (_, { socket }) => void socket.end(sent);
      const { ask, proxy } = await startPair(script, {}, {}, { way });
      expect(await ask(request(line))).toBe(sent);
      expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'upstream-aborted' }]);
    });
  },
);

describe.each(WAYS)('T19 by %s watches that upstream', (way) => {
  it.each(ENDS)('%s, all 50 at once, are cut, and new ones work', async (_, cut) => {
    const sent = `${head('Transfer-Encoding: chunked\r\n')}5\r\nevent\r\n`;
    const { connect, upstream, proxy } = await startPair(() => sent, {}, {}, { way });
    const clients = await Promise.all(Array.from({ length: 50 }, connect));
    for (const client of clients) client.send(request('GET /api/v1/pods?watch=true'));
    await Promise.all(clients.map((client) => client.untilText('event\r\n')));
    for (const seen of upstream.connections) cut(seen);
    await Promise.all(clients.map((client) => client.untilEnd()));
    expect(new Set(clients.map(({ received }) => received))).toEqual(new Set([sent]));
    const records = await proxy.recorded(50);
    expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['upstream-aborted']));
    for (const line of ['GET /x', 'GET /api/v1/pods?watch=true']) {
      const next = await connect();
      await next.send(request(line)).untilText('event\r\n');
    }
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
  it.each(ENDS)('T15 a POST that was read whole and then %s is sent once', async (_, cut) => {
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

  it.each(['GET /x', 'POST /x', 'GET /api/v1/pods?watch=1'])(
    'T16 to %s where nobody listens: 502, and up again',
    async (line) => {
      const nobody = createServer().listen(0, '127.0.0.1');
      await once(nobody, 'listening');
      const bound = nobody.address();
      if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
      nobody.close();
      const { ask } = await startPair(undefined, {}, { server: `https://127.0.0.1:${bound.port}` });
      const answer = await ask(request(line, { headers: 'Connection: close\r\n' }));
      expect(answer).toMatch(/^HTTP\/1\.1 502 .*"kind":"Status".*connection refused/s);
    },
  );

  it.each(['POST /x', 'GET /api/v1/pods?watch=1'])(
    'T16 to a failed handshake of %s: 502, any number of times',
    async (line) => {
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
        await client.send(request(line)).until(() => client.statuses.length === i);
      }
      expect(client.statuses).toEqual([502, 502, 502]);
      client.close();
      await eventually('the sockets are gone', () => proxy.connections.upstream === 0);
    },
  );
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
    // A little less: one that is read in other pieces may be stopped some records earlier.
    const size = (await taken()) - 96 * 1024;
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

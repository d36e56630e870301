import { createServer, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OnStream, startHttp2Upstream, WATCH_ANSWER } from '../support/http2-upstream.ts';
import { portOf, root } from '../support/in-front.ts';
import { eventually } from '../support/pair.ts';
import { startPoolRelayTo } from '../support/pool-relay.ts';
import { type RawClient, request } from '../support/raw-client.ts';

const WATCH = request('GET /api/v1/pods?watch=1');
const ANSWERED = 'Transfer-Encoding: chunked\r\n\r\n';
/** A server that is silent is lost soon, an idle connection as well. */
const LIMITS = { sweep: 20, silence: 60, probe: 60, idle: 60 };

/** Frame types (RFC 9113 section 6). */
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const PUSH_PROMISE = 5;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;

type Relay = Awaited<ReturnType<typeof startPoolRelayTo>>;

async function watch({ connect }: Relay): Promise<RawClient> {
  const client = await connect();
  await client.send(WATCH).untilText(ANSWERED);
  return client;
}

describe('a server that breaks HTTP/2 amid a watch', () => {
  const BREAKS: [string, number, boolean, Buffer][] = [
    ['a frame over the size limit', DATA, true, Buffer.alloc(16_385, 'x')],
    ['a huge frame of a kind that nobody knows', 0x77, false, Buffer.alloc(1 << 20, 'x')],
    ['SETTINGS of an odd length', SETTINGS, false, Buffer.alloc(5)],
    ['fields that can not be unpacked', HEADERS, true, Buffer.alloc(8, 0xff)],
    ['a continuation of nothing', CONTINUATION, true, Buffer.from([0x88])],
    ['a push that was forbidden', PUSH_PROMISE, true, Buffer.from([0, 0, 0, 2, 0x88])],
    ['a window wider than there can be', WINDOW_UPDATE, false, Buffer.from([127, 255, 255, 255])],
  ];

  it.each(BREAKS)(
    'by %s: the cut shows, and the next watch works',
    async (_, type, own, payload) => {
      const upstream = await startHttp2Upstream();
      const relay = await startPoolRelayTo(upstream, LIMITS);
      const [client, other] = [await watch(relay), await watch(relay)];
      upstream.sessions[0]?.frame(type, own ? (upstream.streams[0]?.id ?? 0) : 0, payload);
      await Promise.all([client.untilEnd(), other.untilEnd()]);
      expect(client.received + other.received).not.toContain('\r\n0\r\n');
      expect(relay.errors.length).toBe(2);
      await eventually('its connection is closed', () => upstream.open === 0);
      await watch(relay);
      expect(upstream.sessions.length).toBe(2);
    },
  );

  it('and goes on to send: the cut shows all the same', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream, LIMITS);
    const client = await watch(relay);
    const [seen] = upstream.sessions;
    seen?.frame(DATA, upstream.streams[0]?.id ?? 0, Buffer.alloc(16_385, 'x'));
    const goesOn = setInterval(() => seen?.frame(DATA, 1, Buffer.from('event')), 5);
    onTestFinished(() => clearInterval(goesOn));
    await client.untilEnd();
    expect(client.received).not.toContain('\r\n0\r\n');
    await eventually('its connection is closed', () => upstream.open === 0);
  });
});

describe('a server that agrees on HTTP/2 and', () => {
  const SERVERS: [string, (socket: TLSSocket) => unknown][] = [
    ['answers in HTTP/1.1', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['speaks something else', (socket) => socket.write('SSH-2.0-OpenSSH\r\n'.repeat(9))],
    ['closes the connection', (socket) => socket.end()],
    ['resets it', (socket) => socket.once('data', () => socket.destroy())],
    ['says nothing', () => {}],
  ];

  it.each(SERVERS)('%s: a watch is answered 502', async (_, act) => {
    const sockets: TLSSocket[] = [];
    const server = createServer({ ...root.issueServer(), ALPNProtocols: ['h2'] }, (socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.resume();
      act(socket);
    });
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    const port = await portOf(server);
    const client = root.issueClient({ commonName: 'alice' });
    const relay = await startPoolRelayTo({ port, ca: root.pem, client }, LIMITS);
    const asking = await relay.connect();
    await asking.send(WATCH).untilText('"code":502');
    await eventually('nothing is open', () => relay.pool.open === 0);
  });
});

describe('a limit of streams that the server lowers', () => {
  it('leaves what runs, and sends what is too much over another connection', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream);
    const watches = [await watch(relay), await watch(relay), await watch(relay)];
    upstream.sessions[0]?.session.settings({ maxConcurrentStreams: 1 });
    upstream.streams[0]?.write('lowered');
    await watches[0]?.untilText('lowered');
    await watch(relay);
    expect(upstream.sessions.length).toBe(2);
    for (const [i, client] of watches.entries()) {
      upstream.streams[i]?.write('event');
      await client.untilText('event');
    }
    expect(relay.errors).toEqual([]);
  });

  it('to nothing sends further watches by HTTP/1.1', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream);
    const client = await watch(relay);
    upstream.sessions[0]?.session.settings({ maxConcurrentStreams: 0 });
    upstream.streams[0]?.write('lowered');
    await client.untilText('lowered');
    const next = await relay.connect();
    await next.send(WATCH).untilText('one');
    upstream.streams[0]?.write('event');
    await client.untilText('event');
  });

  it('and raises again is used anew', async () => {
    const onStream: OnStream = (stream, headers, nth) => WATCH_ANSWER(stream, headers, nth);
    const upstream = await startHttp2Upstream(onStream);
    const relay = await startPoolRelayTo(upstream);
    const first = await watch(relay);
    for (const maxConcurrentStreams of [1, 5]) {
      upstream.sessions[0]?.session.settings({ maxConcurrentStreams });
      upstream.streams[0]?.write(`now ${maxConcurrentStreams}`);
      await first.untilText(`now ${maxConcurrentStreams}`);
    }
    await watch(relay);
    expect(upstream.sessions.length).toBe(1);
  });
});

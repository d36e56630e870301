import { constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { type OnStream, startHttp2Upstream, WATCH_ANSWER } from '../support/http2-upstream.ts';
import { eventually } from '../support/pair.ts';
import { startPoolRelayTo } from '../support/pool-relay.ts';
import { type RawClient, request } from '../support/raw-client.ts';

const WATCH = request('GET /api/v1/pods?watch=1');
const ANSWERED = 'Transfer-Encoding: chunked\r\n\r\n';

type Relay = Awaited<ReturnType<typeof startPoolRelayTo>>;

async function watch({ connect }: Relay, text = WATCH): Promise<RawClient> {
  const client = await connect();
  await client.send(text).untilText(ANSWERED);
  return client;
}

const watches = (relay: Relay, count: number) =>
  Promise.all(Array.from({ length: count }, () => watch(relay)));

describe('how many streams a connection carries', () => {
  it('is what the server allows: for more there are more connections', async () => {
    const upstream = await startHttp2Upstream(WATCH_ANSWER, {
      http2: { settings: { maxConcurrentStreams: 5 } },
    });
    const relay = await startPoolRelayTo(upstream);
    await watch(relay);
    await watches(relay, 19);
    expect(upstream.sessions.length).toBe(4);
    expect(upstream.streams.filter(({ closed }) => !closed).length).toBe(20);
    expect(relay.errors).toEqual([]);
  });

  it('counts those no more whose clients have left', async () => {
    const upstream = await startHttp2Upstream(WATCH_ANSWER, {
      http2: { settings: { maxConcurrentStreams: 5 } },
    });
    const relay = await startPoolRelayTo(upstream);
    await watch(relay);
    for (let i = 0; i < 20; i++) {
      const left = await watch(relay);
      left.close();
      await eventually('its stream is closed', () => upstream.streams.at(-1)?.closed === true);
    }
    expect(upstream.sessions.length).toBe(1);
  });
});

describe('a stream that the server refuses', () => {
  it('is tried once more, on another connection', async () => {
    const onStream: OnStream = (stream, headers, nth) => {
      if (nth === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else WATCH_ANSWER(stream, headers, nth);
    };
    const upstream = await startHttp2Upstream(onStream);
    const relay = await startPoolRelayTo(upstream);
    await watch(relay);
    await watch(relay);
    expect(upstream.streams.length).toBe(3);
    expect(upstream.sessions.length).toBe(2);
    expect(relay.errors).toEqual([]);
  });

  it('is tried once only', async () => {
    const upstream = await startHttp2Upstream((stream) =>
      stream.close(constants.NGHTTP2_REFUSED_STREAM),
    );
    const relay = await startPoolRelayTo(upstream);
    const client = await relay.connect();
    await client.send(WATCH).untilText('"code":502');
    expect(upstream.streams.length).toBe(2);
    expect(relay.errors).toMatchObject([{ code: 'ERR_UPSTREAM_CLOSED' }]);
  });
});

describe('a server that takes its leave (GOAWAY)', () => {
  it('has what runs finish, and gets no more', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream);
    const client = await watch(relay);
    upstream.sessions[0]?.session.goaway(0, upstream.streams[0]?.id);
    // That it has come is seen by what comes after it.
    upstream.streams[0]?.write('event');
    await client.untilText('5\r\nevent\r\n');
    await watch(relay);
    expect(upstream.sessions.length).toBe(2);
    upstream.streams[0]?.end('last');
    await client.untilText('4\r\nlast\r\n0\r\n\r\n');
    expect(relay.errors).toEqual([]);
    await eventually('its connection is closed', () => upstream.open === 1);
  });

  it('has what it did not see go out once more', async () => {
    const upstream = await startHttp2Upstream((stream, headers, nth) => {
      if (nth !== 1) WATCH_ANSWER(stream, headers, nth);
    });
    const relay = await startPoolRelayTo(upstream);
    const first = await watch(relay);
    const second = (await relay.connect()).send(WATCH);
    await eventually('the second one has come', () => upstream.streams.length === 2);
    upstream.sessions[0]?.session.goaway(0, upstream.streams[0]?.id);
    await second.untilText(ANSWERED);
    expect(upstream.sessions.length).toBe(2);
    upstream.streams[0]?.write('event');
    await first.untilText('event');
    expect(relay.errors).toEqual([]);
  });
});

describe('a reader that does not read', () => {
  it('stops its own stream, and no other one of the connection', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream);
    const [slow, quick] = (await watches(relay, 2)) as [RawClient, RawClient];
    slow.socket.pause();
    const [poured, other] = upstream.streams;
    let sent = 0;
    const pour = (): void => {
      const piece = Buffer.alloc(16_384, 'x');
      while (poured?.write(piece)) sent += piece.length;
    };
    poured?.on('drain', pour);
    pour();
    // Far more than any window of the connection, while the other stream stands still.
    const piece = Buffer.alloc(1 << 20, 'y');
    for (let i = 1; i <= 40; i++) {
      other?.write(piece);
      await quick.until(() => quick.received.length > i * piece.length);
    }
    expect(sent).toBeLessThan(16 << 20);
    expect(upstream.sessions.length).toBe(1);
    slow.socket.resume();
    const before = slow.received.length;
    await slow.until(() => slow.received.length > before + (32 << 20));
  });
});

describe('a server that is silent', () => {
  const LIMITS = { sweep: 20, silence: 60, probe: 60 };

  it('is asked by PING, and lost when it does not answer: then the cut shows', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream, LIMITS);
    const client = await watch(relay);
    relay.wire.silence();
    await client.untilEnd();
    expect(client.received).not.toContain('\r\n0\r\n');
    expect(relay.errors).toMatchObject([{ code: 'ERR_UPSTREAM_UNREACHABLE' }]);
    expect(relay.errors[0]?.message).toContain('answers no ping');
  });

  it('is kept when it answers', async () => {
    let pings = 0;
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream, { ...LIMITS, probe: 10_000 });
    const client = await watch(relay);
    upstream.sessions[0]?.session.on('ping', () => pings++);
    await eventually('it was asked some times', () => pings > 4);
    upstream.streams[0]?.write('event');
    await client.untilText('event');
    expect(relay.errors).toEqual([]);
  });
});

describe('connections with a client certificate that was renewed', () => {
  it('end with their watches, at once without grace', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream);
    const client = await watch(relay);
    const renewed = relay.renew();
    relay.pool.retireOthers(renewed, 0);
    await client.untilEnd();
    expect(client.received).not.toContain('\r\n0\r\n');
    expect(relay.errors).toMatchObject([{ code: 'ERR_RETIRED' }]);
    await eventually('it is closed', () => upstream.open === 0);
  });

  it('carry nothing new, and are closed when their last watch has ended', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream);
    const old = await watch(relay);
    relay.pool.retireOthers(relay.renew(), Number.POSITIVE_INFINITY);
    await watch(relay);
    expect(upstream.sessions.length).toBe(2);
    upstream.streams[0]?.write('event');
    await old.untilText('event');
    old.close();
    await eventually('it is closed', () => upstream.open === 1);
    expect(relay.pool.open).toBe(1);
  });

  it('are closed at once when nothing runs on them', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream);
    (await watch(relay)).close();
    await eventually('its stream is closed', () => upstream.streams[0]?.closed === true);
    relay.pool.retireOthers(relay.renew(), Number.POSITIVE_INFINITY);
    await eventually('it is closed', () => upstream.open === 0);
  });
});

describe('a connection on which nothing runs', () => {
  it('serves the next watch, and is closed after a while', async () => {
    const upstream = await startHttp2Upstream();
    const relay = await startPoolRelayTo(upstream, { sweep: 10, idle: 200 });
    (await watch(relay)).close();
    await watch(relay).then((client) => client.close());
    expect(upstream.sessions.length).toBe(1);
    await eventually('it is closed', () => upstream.open === 0);
    expect(relay.pool.open).toBe(0);
  });

  it('may have died unseen: the watch that finds out goes out once more', async () => {
    const upstream = await startHttp2Upstream((stream, headers, nth) => {
      if (nth === 1) upstream.transports[0]?.resetAndDestroy();
      else WATCH_ANSWER(stream, headers, nth);
    });
    const relay = await startPoolRelayTo(upstream);
    (await watch(relay)).close();
    await watch(relay);
    expect(upstream.sessions.length).toBe(2);
    expect(relay.errors).toMatchObject([{ code: 'ERR_CLIENT_GONE' }]);
  });
});

describe('a server that does not speak HTTP/2', () => {
  it.each([
    ['chooses HTTP/1.1', { ALPNProtocols: ['http/1.1'] }],
    ['chooses nothing', { ALPNProtocols: undefined }],
  ])('that %s gets a connection for each watch, and is asked once', async (_, tls) => {
    const upstream = await startHttp2Upstream(WATCH_ANSWER, { tls });
    const relay = await startPoolRelayTo(upstream);
    for (let i = 0; i < 3; i++) {
      const client = await relay.connect();
      await client.send(WATCH).untilText('one');
    }
    expect(upstream.plain.length).toBe(3);
    expect(upstream.sessions.length).toBe(0);
    // The one that was asked with is used, too.
    expect(upstream.transports.length).toBe(1);
  });
});

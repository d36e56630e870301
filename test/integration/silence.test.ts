import { describe, expect, it } from 'vitest';
import { thisMachine } from '../../src/upstream/upkeep/machine-events.ts';
import type { ReachabilityEvent } from '../../src/upstream/upkeep/reachability.ts';
import { eventually } from '../support/pair.ts';
import { startPoolRelay } from '../support/pool-relay.ts';
import { type RawClient, request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { EACH_WAY, type Way } from '../support/scripted-streams.ts';
import { upgradeTo } from '../support/tunnel.ts';

/** The usual ones, a hundred times as fast. */
const FAST = { sweep: 20, silence: 120, again: 50, probe: 200, recovery: 20 };
/** A machine that is busy with other tests may be slow, too. */
const PATIENT = { ...FAST, probe: 10_000 };
const DEAD = {
  code: 'ERR_UPSTREAM_UNREACHABLE',
  status: 502,
  message: expect.stringMatching(
    /^the API server has been silent for \d+ s and cannot be reached$/,
  ),
};

type Relay = Awaited<ReturnType<typeof startPoolRelay>>;

/** A client with an answer behind it, so that the connection upstream is a reused one. */
async function connectUsed({ connect }: Relay): Promise<RawClient> {
  const client = await connect();
  await client.send(request('GET /first')).untilText(OK);
  client.received = '';
  return client;
}

/** With what the operator is told. */
async function startWithEvents(limits: typeof FAST, way?: Way) {
  const events: ReachabilityEvent[] = [];
  const onReachability = (event: ReachabilityEvent): unknown => events.push(event);
  return { relay: await startPoolRelay(limits, { onReachability }, undefined, way), events };
}

/** How often somebody has looked whether the server is there: connections that carried nothing. */
function probes({ upstream }: Relay): number {
  return upstream.connections.filter(({ bytes }) => bytes === '').length;
}

describe('an API server that is gone without a word', () => {
  it('is noticed by a request that waits for its answer, which is not sent again', async () => {
    const relay = await startPoolRelay(FAST);
    const client = await connectUsed(relay);
    relay.wire.silence();
    await client.send(request('GET /x')).untilText('"code":502}\n');
    expect(relay.errors).toMatchObject([DEAD]);
    expect(relay.upstream.requests).toBe(1);
    await eventually('nothing is open', () => relay.pool.open === 0);
  });

  it('is noticed by an upload', async () => {
    const relay = await startPoolRelay(FAST, {}, () => 'HTTP/1.1 100 Continue\r\n\r\n');
    const client = await relay.connect();
    const headers = 'Content-Length: 1000\r\n';
    await client.send(request('POST /x', { headers, body: 'begun' })).untilText(' 100 Continue');
    relay.wire.silence();
    client.send('more');
    await client.untilText('"code":502}\n');
    expect(relay.errors).toMatchObject([DEAD]);
  });

  it('is noticed by a tunnel that was written into, and not by one that was read from', async () => {
    const relay = await startPoolRelay(FAST);
    const [writing, reading] = await Promise.all([relay.connect(), relay.connect()]);
    for (const client of [writing, reading]) {
      await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    }
    reading.send('question');
    await eventually('it has come', () => relay.upstream.bytes.includes('question'));
    const asked = relay.upstream.connections.find(({ bytes }) => bytes.endsWith('question'));
    asked?.socket.write('answer');
    await reading.untilText('answer');
    relay.wire.silence();
    writing.send('keystroke');
    await writing.untilEnd();
    await eventually('it is told', () => relay.errors.length === 1);
    expect(relay.errors).toMatchObject([DEAD]);
    expect([reading.ended, relay.pool.open]).toEqual([false, 1]);
  });

  it('takes idle connections with it', async () => {
    const relay = await startPoolRelay(FAST);
    const [client, other] = await Promise.all([relay.connect(), relay.connect()]);
    client.send(request('GET /silent'));
    await eventually('the server has it', () => relay.upstream.requests === 1);
    await other.send(request('GET /x')).untilText(OK);
    expect(relay.pool.idle).toBe(1);
    relay.wire.silence();
    await client.untilText('"code":502}\n');
    expect(relay.pool.idle).toBe(0);
  });

  it('is believed to finish what it has begun when it refuses connections for the first time', async () => {
    const { relay, events } = await startWithEvents({ ...PATIENT, again: 10_000 });
    const client = await connectUsed(relay);
    client.send(request('GET /silent'));
    await eventually('the server has it', () => relay.upstream.requests === 2);
    relay.wire.refuse();
    await eventually('it was asked', () => events.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    relay.upstream.connections[0]?.socket.write(OK);
    await client.untilText(OK);
    expect(relay.errors).toEqual([]);
  });

  it('is given up when it refuses them again', async () => {
    const relay = await startPoolRelay(PATIENT);
    const client = await connectUsed(relay);
    client.send(request('GET /silent'));
    await eventually('the server has it', () => relay.upstream.requests === 2);
    relay.wire.refuse();
    await client.untilText('"code":502}\n');
    expect(relay.errors).toMatchObject([DEAD]);
  });
});

describe('an API server that is only slow', () => {
  it('is asked now and then whether it is there, and left alone', async () => {
    const relay = await startPoolRelay(PATIENT);
    const client = await connectUsed(relay);
    client.send(request('GET /silent'));
    await eventually('it was asked more than once', () => probes(relay) >= 2);
    relay.upstream.connections[0]?.socket.write(OK);
    await client.untilText(OK);
    expect(relay.errors).toEqual([]);
    await eventually('what asked is closed', () => relay.upstream.open === 1);
  });
});

describe('a silent watch', () => {
  it('makes nobody ask', async () => {
    let looks = 0;
    const addresses = (): undefined => void looks++;
    const relay = await startPoolRelay(
      { ...PATIENT, sweep: 5, silence: 10 },
      { machine: { ...thisMachine, addresses } },
    );
    const client = await relay.connect();
    await client.send(request('GET /api/v1/pods?watch=1')).untilText('event');
    const before = probes(relay);
    looks = 0;
    await eventually('the pool has looked often enough', () => looks > 20);
    expect(probes(relay)).toBe(before);
    expect(relay.pool.open).toBe(1);
  });
});

describe('the operator', () => {
  it.each(EACH_WAY)(
    'is told once by %s that the API server is unreachable, and that it is back without asking',
    async (_, line, way) => {
      const { relay, events } = await startWithEvents(PATIENT, way);
      relay.wire.refuse();
      for (let i = 0; i < 3; i++) {
        const client = await relay.connect();
        await client.send(request(line)).untilText('"code":502}\n');
      }
      expect(events).toMatchObject([
        {
          reachable: false,
          sentence: expect.stringMatching(
            /^API server unreachable: 127\.0\.0\.1:\d+: connection refused;/,
          ),
        },
      ]);
      await relay.wire.listenAgain();
      await eventually('it is told', () => events.length === 2);
      expect(events[1]).toEqual({
        reachable: true,
        sentence: expect.stringMatching(/^API server is back, after \d+ s$/),
      });
      expect(relay.upstream.requests).toBe(0);
    },
  );

  it.each([
    ['a request', 'GET /silent', 'HTTP/1.1'],
    ['a watch by HTTP/2', 'GET /silent?watch=1', 'HTTP/2'],
  ] as const)('is told of one that died under %s', async (_, line, way) => {
    const { relay, events } = await startWithEvents(FAST, way);
    const client = await relay.connect();
    client.send(request(line));
    await eventually('the server has it', () => relay.upstream.requests === 1);
    relay.wire.silence();
    await client.untilText('"code":502}\n');
    await eventually('it is told', () => events.length === 1);
    expect(events).toMatchObject([
      { sentence: expect.stringMatching(/(?:dial|TLS handshake) timed out$/) },
    ]);
    relay.wire.silence(false);
    await eventually('it is back', () => events.length === 2);
  });
});

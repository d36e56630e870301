import { describe, expect, it } from 'vitest';
import { alice, startGated } from '../support/gated-pool.ts';
import { eventually } from '../support/pair.ts';
import { startPoolRelay } from '../support/pool-relay.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';

/** A machine whose clocks and addresses are the test's. */
function machine() {
  const clock = { wall: 0, monotonic: 0, addresses: ['127.0.0.1', '192.0.2.1'] };
  return {
    clock,
    wall: () => performance.now() + clock.wall,
    monotonic: () => performance.now() + clock.monotonic,
    addresses: () => new Set(clock.addresses),
  };
}

type Clock = ReturnType<typeof machine>['clock'];

/** Only what a request makes the pool do, or only what it does by itself. */
const NO_SWEEP = { sweep: 1_000_000 };
const SWEEP = { sweep: 10 };

const SLEEPS: [string, (clock: Clock) => unknown][] = [
  [
    'the wall clock alone goes on',
    (clock) => {
      clock.wall += 60_000;
    },
  ],
  [
    'both clocks go on',
    (clock) => {
      clock.wall += 60_000;
      clock.monotonic += 60_000;
    },
  ],
];

describe('an idle connection that slept with the machine', () => {
  it.each(SLEEPS)('while %s is closed', async (_, sleep) => {
    const here = machine();
    const { pool, idleOne } = await startGated(SWEEP, { machine: here });
    await idleOne();
    sleep(here.clock);
    await eventually('it is closed', () => pool.open === 0);
  });

  it('is not for the request that comes first', async () => {
    const here = machine();
    const { pool, idleOne } = await startGated(NO_SWEEP, { machine: here });
    const idle = await idleOne();
    here.clock.wall += 60_000;
    expect(await pool.acquire(alice, false)).not.toBe(idle);
    expect(idle.socket.destroyed).toBe(true);
  });

  it.each([
    ['set back', -60_000],
    ['set right by a little', 5_000],
  ])('is told from a clock that was %s', async (_, by) => {
    const here = machine();
    const { pool, idleOne } = await startGated(NO_SWEEP, { machine: here });
    const idle = await idleOne();
    here.clock.wall += by;
    expect(await pool.acquire(alice, false)).toBe(idle);
  });
});

describe('a connection at work that slept with the machine', () => {
  it('ends its exchange, and has no other one', async () => {
    const here = machine();
    const { pool, seen, take } = await startGated(NO_SWEEP, { machine: here });
    const [busy] = await take(1);
    here.clock.wall += 60_000;
    await pool.acquire(alice, true);
    expect(busy?.socket.destroyed).toBe(false);
    if (busy) pool.release(busy);
    expect([busy?.socket.destroyed, pool.idle, seen.transports.length]).toEqual([true, 0, 2]);
  });

  it('is given up when it stays silent, though the API server is there', async () => {
    const here = machine();
    const limits = { sweep: 20, silence: 100, again: 50, probe: 10_000 };
    const { pool, upstream, connect, errors } = await startPoolRelay(limits, { machine: here });
    const client = await connect();
    client.send(request('GET /silent'));
    await eventually('the server has it', () => upstream.requests === 1);
    here.clock.wall += 60_000;
    await client.untilText('"code":502}\n');
    expect(errors).toMatchObject([
      {
        code: 'ERR_UPSTREAM_UNREACHABLE',
        message: expect.stringMatching(/ on a connection from before this machine slept$/),
      },
    ]);
    await eventually('nothing is open', () => pool.open === 0);
  });
});

describe('a connection of HTTP/2 that slept with the machine', () => {
  const WATCH = request('GET /api/v1/pods?watch=1');

  it('is closed when nothing runs on it', async () => {
    const here = machine();
    const relay = await startPoolRelay(SWEEP, { machine: here }, undefined, 'HTTP/2');
    const client = await relay.connect();
    await client.send(WATCH).untilText('event');
    client.close();
    await eventually('its stream is closed', () => relay.upstream.open === 0);
    expect(relay.pool.open).toBe(1);
    here.clock.wall += 60_000;
    await eventually('it is closed', () => relay.pool.open === 0);
  });

  it('goes on with its watches if the server answers, and carries no further one', async () => {
    const here = machine();
    const limits = { ...NO_SWEEP, silence: 1_000_000, probe: 1_000_000 };
    const relay = await startPoolRelay(limits, { machine: here }, undefined, 'HTTP/2');
    const [client, next] = [await relay.connect(), await relay.connect()];
    await client.send(WATCH).untilText('event');
    here.clock.wall += 60_000;
    await next.send(WATCH).untilText('event');
    expect(relay.pool.open).toBe(2);
    relay.upstream.connections[0]?.socket.write('5\r\nstill\r\n');
    await client.untilText('still');
    client.close();
    await eventually('the old one is closed', () => relay.pool.open === 1);
  });

  it('is given up with its watches when the server answers no PING, so that it shows', async () => {
    const here = machine();
    const limits = { sweep: 20, silence: 1_000_000, probe: 60 };
    const relay = await startPoolRelay(limits, { machine: here }, undefined, 'HTTP/2');
    const client = await relay.connect();
    await client.send(WATCH).untilText('event');
    relay.wire.silence();
    here.clock.wall += 60_000;
    await client.untilEnd();
    expect(client.received).not.toContain('\r\n0\r\n');
    expect(relay.errors).toMatchObject([{ code: 'ERR_UPSTREAM_UNREACHABLE' }]);
  });
});

describe('when the network has changed', () => {
  it('watches by HTTP/2 are cut', async () => {
    const here = machine();
    const relay = await startPoolRelay(SWEEP, { machine: here }, undefined, 'HTTP/2');
    const client = await relay.connect();
    await client.send(request('GET /api/v1/pods?watch=1')).untilText('event');
    for (const connection of relay.pool.http2)
      Object.assign(connection, { localAddress: '192.0.2.1' });
    here.clock.addresses = ['127.0.0.1'];
    await client.untilEnd();
    expect(client.received).not.toContain('\r\n0\r\n');
    expect(relay.errors).toMatchObject([{ message: 'the network of this machine has changed' }]);
  });

  it('connections from an address that is gone are closed, also those at work', async () => {
    const here = machine();
    const { pool, take } = await startGated(SWEEP, { machine: here });
    const [idle, busy, loopback] = await take(3);
    if (!idle || !busy || !loopback) throw new Error('no connections');
    const errors: unknown[] = [];
    for (const connection of [idle, busy]) {
      Object.assign(connection, { localAddress: '::ffff:192.0.2.1' });
      connection.socket.on('error', (error) => errors.push(error));
    }
    pool.release(idle);
    here.clock.addresses = ['198.51.100.7'];
    await eventually('both are closed', () => pool.open === 1);
    expect([idle, busy, loopback].map(({ socket }) => socket.destroyed)).toEqual([
      true,
      true,
      false,
    ]);
    expect(pool.idle).toBe(0);
    const changed = {
      code: 'ERR_UPSTREAM_UNREACHABLE',
      message: 'the network of this machine has changed',
    };
    expect(errors).toMatchObject([changed, changed]);
  });

  it('a request that was under way fails with that', async () => {
    const here = machine();
    const { pool, upstream, connect, errors } = await startPoolRelay(SWEEP, { machine: here });
    const client = await connect();
    await client.send(request('GET /first')).untilText(OK);
    const connection = await pool.acquire(
      { authorization: undefined, clientCertificate: upstream.client },
      false,
    );
    Object.assign(connection, { localAddress: '192.0.2.1' });
    pool.release(connection);
    client.send(request('GET /silent'));
    await eventually('the server has it', () => upstream.requests === 2);
    here.clock.addresses = ['127.0.0.1'];
    await client.untilText('"code":502}\n');
    expect(errors).toMatchObject([{ message: 'the network of this machine has changed' }]);
  });

  it('an address that was never known to be there is not missed', async () => {
    const here = machine();
    const { pool, idleOne } = await startGated(SWEEP, { machine: here });
    const idle = await idleOne();
    Object.assign(idle, { localAddress: '203.0.113.9' });
    const other = await pool.acquire(alice, true);
    Object.assign(other, { localAddress: '192.0.2.1' });
    here.clock.addresses = [];
    await eventually('the pool has looked', () => other.socket.destroyed);
    expect(idle.socket.destroyed).toBe(false);
  });
});

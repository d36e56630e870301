import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Credential } from '../../src/credentials/credentials.ts';
import { alice, bob, startGated } from '../support/gated-pool.ts';
import { eventually } from '../support/pair.ts';
import { startPoolRelay } from '../support/pool-relay.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { WAYS } from '../support/scripted-streams.ts';
import { upgradeTo } from '../support/tunnel.ts';

const WATCH = request('GET /api/v1/pods?watch=1');
const EVENT = '5\r\nevent\r\n';
const RENEWED = {
  code: 'ERR_RETIRED',
  status: 503,
  message: expect.stringMatching(
    /^the connection to the API server at 127\.0\.0\.1:\d+ was closed because the client certificate was renewed$/,
  ),
};
/** Alice's certificate, read from its file once more. */
const renewed: Credential = {
  authorization: undefined,
  clientCertificate: { cert: '', key: '', ...alice.clientCertificate },
};

describe('C10 when the client certificate is renewed', () => {
  it('idle connections with the old one are closed at once, others stay', async () => {
    const { pool, take } = await startGated();
    const [old] = await take(1);
    const current = await pool.acquire(renewed, false);
    for (const connection of [old, current]) if (connection) pool.release(connection);
    expect(pool.idle).toBe(2);
    pool.retireOthers(renewed.clientCertificate, 0);
    expect([old?.socket.destroyed, current.socket.destroyed, pool.idle]).toEqual([true, false, 1]);
    expect(await pool.acquire(renewed, false)).toBe(current);
  });

  it('a short exchange ends in peace, and its connection after it', async () => {
    const { pool, upstream, connect, renew } = await startPoolRelay();
    const client = await connect();
    await client.send(request('GET /first')).untilText(OK);
    client.received = '';
    client.send(request('GET /silent'));
    await eventually('the server has it', () => upstream.requests === 2);
    pool.retireOthers(renew(), 0);
    const bystander = await connect();
    await bystander.send(request('GET /x')).untilText(OK);
    upstream.connections[0]?.socket.write(OK);
    await client.untilText(OK);
    await eventually('the old one is closed', () => pool.open === 1 && pool.idle === 1);
    expect(upstream.connections.map(({ begun }) => begun)).toEqual([2, 1]);
  });

  it.each(WAYS)(
    'a watch by %s is cut so that its client sees it, at once without grace',
    async (way) => {
      const { pool, connect, renew, errors } = await startPoolRelay({}, {}, undefined, way);
      const client = await connect();
      await client.send(WATCH).untilText(EVENT);
      pool.retireOthers(renew(), 0);
      await client.untilEnd();
      expect(client.received.endsWith(EVENT)).toBe(true);
      expect(errors).toMatchObject([RENEWED]);
      await eventually('all is closed', () => pool.open === 0);
    },
  );

  it.each(WAYS)(
    'a watch by %s that has no answer yet is refused, and not tried again',
    async (way) => {
      const relay = await startPoolRelay({}, {}, undefined, way);
      const { pool, upstream, connect, renew, errors } = relay;
      const [client, other] = [await connect(), await connect()];
      await other.send(way === 'HTTP/2' ? WATCH : request('GET /first')).untilText('200 OK');
      client.send(request('GET /silent?watch=1'));
      await eventually('the server has it', () => upstream.requests === 2);
      pool.retireOthers(renew(), 0);
      await client.untilText('"code":503}\n');
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['ERR_RETIRED']));
      expect(upstream.requests).toBe(2);
    },
  );

  it('a tunnel is cut with a reason', async () => {
    const { pool, connect, renew, errors } = await startPoolRelay();
    const client = await connect();
    await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    pool.retireOthers(renew(), 0);
    await client.untilEnd();
    await eventually('it is told', () => errors.length === 1);
    expect(errors).toMatchObject([RENEWED]);
    await eventually('all is closed', () => pool.open === 0);
  });

  it('a connection whose dial ends after that counts as one with the old', async () => {
    const { pool, seen, shut, admit } = await startGated();
    shut();
    const dialled = pool.acquire(alice, false);
    await eventually('it is dialled for', () => seen.waiting.length === 1);
    pool.retireOthers(renewed.clientCertificate, 0);
    admit(1);
    const connection = await dialled;
    pool.release(connection);
    expect([connection.socket.destroyed, pool.idle]).toEqual([true, 0]);
  });

  it('whoever still comes with the old one gets a connection and takes none from others', async () => {
    const { pool, take } = await startGated();
    await take(1);
    pool.release(await pool.acquire(renewed, true));
    pool.retireOthers(renewed.clientCertificate, 0);
    const [late] = await take(1);
    expect(late?.certificate).toBe(alice.clientCertificate);
    expect(pool.idle).toBe(1);
  });

  it('whoever has the new one does not wait behind dials with the old one', async () => {
    const { pool, seen, shut, admit } = await startGated({ maxDials: 2 });
    shut();
    const old = [1, 2, 3].map(() => pool.acquire(alice, false));
    await eventually('two are dialled for', () => seen.waiting.length === 2);
    const current = pool.acquire(bob, false);
    await eventually('the other is, too', () => seen.waiting.length === 3);
    seen.waiting.reverse();
    admit(1);
    expect((await current).certificate).toBe(bob.clientCertificate);
    admit(2);
    await eventually('the last one is dialled for', () => seen.waiting.length === 1);
    admit(1);
    expect(await Promise.all(old)).toHaveLength(3);
  });

  it('under load, again and again: no request fails and every socket is closed', async () => {
    const { pool, upstream, connect, renew, errors } = await startPoolRelay();
    let rotating = true;
    let answered = 0;
    const load = Array.from({ length: 8 }, async () => {
      const client = await connect();
      while (rotating) {
        client.received = '';
        await client.send(request('GET /x')).untilText(OK);
        answered++;
      }
    });
    for (let rotation = 1; rotation <= 10; rotation++) {
      const until = answered + 40;
      await eventually('it is used', () => answered >= until);
      pool.retireOthers(renew(), 0);
    }
    rotating = false;
    await Promise.all(load);
    expect(errors).toEqual([]);
    expect(upstream.connections.length).toBeGreaterThan(10);
    await eventually('only those with the last one are left', () => pool.open === pool.idle);
    pool.retireOthers(renew(), 0);
    await eventually('all are closed', () => pool.open + upstream.open === 0);
  });
});

describe.each(WAYS)('the grace of a watch by %s', (way) => {
  afterEach(() => void vi.useRealTimers());

  /** Milliseconds pass when the test says so, for the pool's clock and its grace; for nothing else. */
  async function startWatch() {
    const relay = await startPoolRelay({}, {}, undefined, way);
    const client = await relay.connect();
    await client.send(WATCH).untilText(EVENT);
    return { ...relay, client };
  }

  it('is kept to', async () => {
    const { pool, client, renew, errors } = await startWatch();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    pool.retireOthers(renew(), 30_000);
    vi.advanceTimersByTime(29_999);
    expect([pool.open, client.ended, errors]).toEqual([1, false, []]);
    vi.advanceTimersByTime(2);
    vi.useRealTimers();
    await client.untilEnd();
    expect(errors).toMatchObject([RENEWED]);
  });

  it('leaves no timer when the watch ends before', async () => {
    const { pool, client, renew } = await startWatch();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    pool.retireOthers(renew(), 30_000);
    expect(vi.getTimerCount()).toBe(1);
    client.close();
    for (let turn = 0; pool.open > 0; turn++) {
      expect(turn).toBeLessThan(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is for ever when it is infinite', async () => {
    const { pool, upstream, client, renew, errors } = await startWatch();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    pool.retireOthers(renew(), Number.POSITIVE_INFINITY);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    upstream.connections[0]?.socket.write('0\r\n\r\n');
    await client.untilText('0\r\n\r\n');
    await eventually('its connection is closed', () => pool.open === 0);
    expect(errors).toEqual([]);
  });
});

describe.each(WAYS)('when the kubeconfig names another cluster, with watches by %s', (way) => {
  afterEach(() => void vi.useRealTimers());

  it('watches are cut, and the rest of the old way is used up and gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { pool, upstream, connect, errors } = await startPoolRelay({}, {}, undefined, way);
    const timers = vi.getTimerCount();
    const [watching, short, late] = await Promise.all([connect(), connect(), connect()]);
    await watching.send(WATCH).untilText(EVENT);
    short.send(request('GET /silent'));
    await eventually('the server has it', () => upstream.requests === 2);
    await late.send(request('GET /x')).untilText(OK);
    // One looks over all of them, and one over the writes of a connection of HTTP/2.
    const own = way === 'HTTP/2' ? 2 : 1;
    expect([pool.open, pool.idle, vi.getTimerCount()]).toEqual([3, 1, timers + own]);

    pool.retire(0);
    expect(pool.idle).toBe(0);
    await watching.untilEnd();
    expect(errors).toMatchObject([
      {
        code: 'ERR_RETIRED',
        message: expect.stringMatching(/ the kubeconfig now names another cluster or user$/),
      },
    ]);
    late.received = '';
    await late.send(request('GET /x')).untilText(OK);
    await eventually('only the slow one is left', () => pool.open === 1);
    upstream.connections[1]?.socket.write(OK);
    await short.untilText(OK);
    await eventually('nothing is open', () => pool.open + upstream.open === 0);
    expect([errors.length, vi.getTimerCount()]).toEqual([1, timers]);
  });
});

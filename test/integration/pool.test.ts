import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Credential } from '../../src/credentials/credentials.ts';
import { PortholeError } from '../../src/errors.ts';
import type { UpstreamConnection } from '../../src/upstream/connection.ts';
import { alice, bob, startGated } from '../support/gated-pool.ts';
import { eventually } from '../support/pair.ts';

const SHUTTING_DOWN = { code: 'ERR_SHUTTING_DOWN', status: 503 };

describe('an idle connection', () => {
  it('is handed out before those that have been idle for longer', async () => {
    const { pool, seen, take } = await startGated();
    const connections = await take(3);
    for (const connection of connections) pool.release(connection);
    expect([pool.open, pool.idle]).toEqual([3, 3]);
    const again = await take(3);
    expect(again.map((connection) => connections.indexOf(connection))).toEqual([2, 1, 0]);
    expect([pool.open, pool.idle, seen.transports.length]).toEqual([3, 0, 3]);
  });

  it('is closed when there are enough', async () => {
    const { pool, take } = await startGated({ maxIdle: 2 });
    const connections = await take(3);
    for (const connection of connections) pool.release(connection);
    expect(connections.map(({ socket }) => socket.destroyed)).toEqual([false, false, true]);
    expect(pool.idle).toBe(2);
    await eventually('the third is closed', () => pool.open === 2);
  });

  it('is not for whoever asks for a fresh one', async () => {
    const { pool, idleOne } = await startGated();
    const idle = await idleOne();
    const fresh = await pool.acquire(alice, true);
    expect(fresh).not.toBe(idle);
    expect([fresh.reused, pool.idle]).toEqual([false, 1]);
    expect(await pool.acquire(alice, false)).toBe(idle);
  });

  it('is for its own client certificate only, a renewed one being another', async () => {
    const { pool, seen } = await startGated();
    const { cert = '', key = '' } = bob.clientCertificate ?? {};
    const renewed: Credential = { authorization: undefined, clientCertificate: { cert, key } };
    const opened: UpstreamConnection[] = [];
    for (const credential of [alice, bob, renewed, renewed]) {
      const connection = await pool.acquire(credential, false);
      expect(connection.certificate).toBe(credential.clientCertificate);
      opened.push(connection);
      await eventually('the server has it', () => seen.names.length === new Set(opened).size);
      pool.release(connection);
    }
    expect(seen.names).toEqual(['alice', 'bob', 'bob']);
    expect(opened.map(({ socket }) => socket.destroyed)).toEqual([true, true, false, false]);
    await eventually('the others are closed', () => pool.open === 1);
  });

  it.each([
    ['speaks', (socket: Socket) => socket.write('x')],
    ['ends its side', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.destroy()],
  ])('leaves when the server %s', async (_, act) => {
    const { pool, seen, idleOne } = await startGated();
    const idle = await idleOne();
    expect([pool.open, pool.idle]).toEqual([1, 1]);
    for (const socket of seen.sockets) act(socket);
    await eventually('it is gone', () => pool.open + pool.idle === 0);
    expect(await pool.acquire(alice, false)).not.toBe(idle);
  });

  it('that was spoken on in the turn of a request is not for that request', async () => {
    const { pool, seen, idleOne } = await startGated();
    const idle = await idleOne();
    // After a timer, the event loop reads from sockets before it comes to what setImmediate was given.
    await new Promise((resolve) => setTimeout(resolve));
    for (const socket of seen.sockets) socket.write('x');
    expect(await pool.acquire(alice, false)).not.toBe(idle);
  });
});

describe('with time, an idle connection', () => {
  afterEach(() => void vi.useRealTimers());

  it('is no longer handed out after 90 s, and is closed soon', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const { pool, idleOne, take } = await startGated();
    // The pool looks them over at times of its own; these are in between.
    vi.advanceTimersByTime(5_000);
    const idle = await idleOne();
    vi.advanceTimersByTime(90_000);
    expect(await pool.acquire(alice, false)).toBe(idle);
    pool.release(idle);
    vi.advanceTimersByTime(90_001);
    expect(pool.idle).toBe(1);
    const instead = await pool.acquire(alice, false);
    expect(instead).not.toBe(idle);

    const others = await take(2);
    for (const connection of [instead, ...others]) pool.release(connection);
    vi.advanceTimersByTime(101_000);
    expect(pool.idle).toBe(0);
    vi.useRealTimers();
    await eventually('all are closed', () => pool.open === 0);
  });
});

describe('dials', () => {
  it('are so many at once and not more', async () => {
    const { seen, shut, take, admit } = await startGated({ maxDials: 3 });
    shut();
    const all = take(8);
    for (let left = 8; left > 0; left--) {
      await eventually('they are used', () => seen.waiting.length === Math.min(left, 3));
      admit(1);
    }
    expect(new Set(await all).size).toBe(8);
    expect([seen.transports.length, seen.mostWaiting]).toEqual([8, 3]);
  });

  it('are not waited for when a connection is given back meanwhile', async () => {
    const { pool, seen, shut, admit } = await startGated();
    const first = await pool.acquire(alice, false);
    shut();
    const second = pool.acquire(alice, false);
    await eventually('it is dialled for', () => seen.waiting.length === 1);
    pool.release(first);
    expect(await second).toBe(first);
    admit(1);
    await eventually('the other is there for the next', () => pool.idle === 1);
    expect(await pool.acquire(alice, false)).not.toBe(first);
    expect(seen.transports).toHaveLength(2);
  });

  it('serve those of the same client certificate, not whoever has waited longest', async () => {
    const { pool, seen, shut, admit } = await startGated();
    shut();
    const [first, second] = [bob, alice].map((credential) => pool.acquire(credential, false));
    await eventually('both are dialled for', () => seen.waiting.length === 2);
    seen.waiting.reverse();
    admit(1);
    expect((await second)?.certificate).toBe(alice.clientCertificate);
    admit(1);
    expect((await first)?.certificate).toBe(bob.clientCertificate);
    await eventually('the server has both', () => seen.names.length === 2);
    expect(seen.names).toEqual(['alice', 'bob']);
  });

  it('serve the next when the one that they are for has given up', async () => {
    const { pool, seen, shut, admit } = await startGated();
    const gone = new PortholeError('ERR_CLIENT_GONE', 'the client has gone');
    let giveUp = (_reason: PortholeError): void => {};
    shut();
    const first = pool.acquire(alice, false, (cancel) => {
      giveUp = cancel;
    });
    await eventually('it is dialled for', () => seen.waiting.length === 1);
    giveUp(gone);
    await expect(first).rejects.toBe(gone);
    const second = pool.acquire(alice, false);
    admit(1);
    expect(await second).toMatchObject({ reused: false });
    expect(seen.transports).toHaveLength(1);
  });

  it('beyond the limit of connections are refused until one is closed', async () => {
    const { pool, seen, take } = await startGated({ maxConnections: 2 });
    const [first] = await take(2);
    const limit = { code: 'ERR_LIMIT_REACHED', status: 503 };
    await expect(pool.acquire(alice, false)).rejects.toMatchObject(limit);
    expect(seen.transports).toHaveLength(2);
    first?.destroy();
    await eventually('it is closed', () => pool.open === 1);
    await take(1);
    expect(pool.open).toBe(2);
  });
});

describe('a pool that closes', () => {
  it('rejects those who wait, and closes what is idle and what comes back', async () => {
    const { pool, seen, shut, admit, idleOne } = await startGated();
    const idle = await idleOne();
    const busy = await pool.acquire(alice, true);
    shut();
    const waiter = pool.acquire(alice, true);
    await eventually('it is dialled for', () => seen.waiting.length === 1);

    pool.close();
    await expect(waiter).rejects.toMatchObject(SHUTTING_DOWN);
    expect([idle, busy].map(({ socket }) => socket.destroyed)).toEqual([true, false]);
    pool.release(busy);
    expect(busy.socket.destroyed).toBe(true);
    admit(1);
    await eventually('all are closed', () => seen.transports.every(({ destroyed }) => destroyed));
    await eventually('and counted', () => pool.open === 0);
    expect(seen.transports).toHaveLength(3);
  });

  it('hands out nothing any more', async () => {
    const { pool, seen, idleOne } = await startGated();
    await idleOne();
    pool.close();
    await expect(pool.acquire(alice, false)).rejects.toMatchObject(SHUTTING_DOWN);
    expect(seen.transports).toHaveLength(1);
  });
});

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { LIMITS } from '../../src/server/limits.ts';
import { eventually } from '../support/pair.ts';
import { settled } from '../support/pour.ts';
import { type RawClient, request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { type Door, openDoor } from './door.ts';

const SOON = 300;
const VERSION = request('GET /version', { headers: 'Connection: close\r\n' });
/** Whoever does not read has this much to read: more than all buffers of the way hold. */
const MUCH = 64 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, 'x');

/** As many connections as quickly as can be; what comes on them is dropped. */
async function crowd({ proxy }: Door, count: number, text = ''): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: false });
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.resume();
      if (text !== '') socket.write(text);
      return socket;
    }),
  );
}

it('R01 1,000 heads that never end are each told 408 and closed, while others are served', async () => {
  const door = await openDoor(undefined, {
    recording: 'records',
    proxy: { deadlines: { head: SOON } },
  });
  const slow = await Promise.all(Array.from({ length: 1_000 }, () => door.connect()));
  for (const client of slow) client.send('GET / HTTP/1.1\r\nHost: localhost\r\nX-a: ');
  expect(await door.ask(VERSION)).toMatch(/^HTTP\/1\.1 200 /);
  await Promise.all(slow.map((client) => client.untilEnd()));
  for (const { statuses } of slow) expect(statuses).toEqual([408]);
  const errors = door.proxy.records.map(({ errorCode }) => errorCode);
  expect(errors.filter((code) => code === 'ERR_HEAD_TIMEOUT')).toHaveLength(1_000);
  expect(door.upstream.requests).toBe(1);
});

it('R01 a head that goes on byte by byte is held to its deadline all the same', async () => {
  const { connect } = await openDoor(undefined, { proxy: { deadlines: { head: SOON } } });
  const client = await connect();
  const ticks = setInterval(() => client.send('a'), 20);
  await client.send('GET / HTTP/1.1\r\nHost: localhost\r\nX-a: ').untilEnd();
  clearInterval(ticks);
  expect(client.statuses).toEqual([408]);
});

it('R02 500 bodies that never end hold nothing but themselves, and upstream is told when they go', async () => {
  const door = await openDoor((head) => (head.startsWith('POST') ? undefined : OK), {
    recording: 'records',
    proxy: { deadlines: { head: SOON, idle: SOON } },
  });
  const { upstream } = door;
  const head = request('POST /slow', { headers: 'Content-Length: 1000000\r\n', body: 'some' });
  const slow = await Promise.all(Array.from({ length: 500 }, () => door.connect()));
  for (const client of slow) client.send(head);
  await eventually('each arrives', () => upstream.requests === 500);
  for (const client of slow) client.send('more');
  await eventually('so does what they trickle', () => upstream.bytes.split('more').length === 501);
  expect(await door.ask(VERSION)).toMatch(/^HTTP\/1\.1 200 /);
  expect(slow.every(({ ended }) => !ended)).toBe(true);
  for (const client of slow) client.close();
  await eventually('upstream has none of them', () => upstream.open <= 1);
  const outcomes = door.proxy.records.map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'client-gone')).toHaveLength(500);
});

it('R02 readers that do not read make the API server wait, and others are served', async () => {
  let written = 0;
  const door = await openDoor(
    (head, { socket }) => {
      if (!head.includes('/much')) return OK;
      const more = (): void => {
        if (socket.destroyed || written >= MUCH * 8) return;
        socket.write(PIECE, () => {
          written += PIECE.length;
          more();
        });
      };
      more();
      return `HTTP/1.1 200 OK\r\nContent-Length: ${MUCH}\r\n\r\n`;
    },
    { recording: 'records', ends: false },
  );
  const slow: RawClient[] = [];
  for (let i = 0; i < 8; i++) {
    const client = await door.connect();
    client.socket.pause();
    slow.push(client.send(request('GET /much')));
  }
  // What the kernel's buffers hold is some MB each.
  expect(await settled(() => written)).toBeLessThan((MUCH * 8) / 2);
  expect(await door.ask(VERSION)).toMatch(/^HTTP\/1\.1 200 /);
  for (const client of slow) client.reset();
  await eventually('upstream is told', () => door.upstream.open <= 1);
});

it('R03 5,000 connections that say nothing keep nobody out, and are closed', async () => {
  const door = await openDoor(undefined, {
    recording: 'records',
    proxy: { deadlines: { head: 3_000 } },
  });
  const silent: Socket[] = [];
  for (let i = 0; i < 10; i++) silent.push(...(await crowd(door, 500)));
  expect(door.proxy.connections.client).toBeLessThanOrEqual(LIMITS.connections);
  expect(await door.ask(VERSION)).toMatch(/^HTTP\/1\.1 200 /);
  await eventually('all are closed', () => silent.every(({ destroyed }) => destroyed));
  // Those who came faster than anybody could ask are told that they came too fast.
  const statuses = door.proxy.records.map(({ status }) => status);
  expect(statuses.filter((status) => status !== 503)).toEqual([200]);
  expect(door.proxy.warnings).toEqual([expect.stringContaining('--max-connections')]);
});

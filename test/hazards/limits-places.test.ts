import { describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { eventually } from '../support/pair.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { switchTo, upgradeTo } from '../support/tunnel.ts';
import { type Door, openDoor } from './door.ts';

const PLACES = 3;
const SMALL = { proxy: { limits: { connections: PLACES }, deadlines: { spare: 0 } } };
const VERSION = request('GET /version');
const SLOW = request('GET /slow');

function openSmallDoor(): Promise<Door> {
  return openDoor((head) => {
    if (head.includes('Upgrade')) return switchTo('SPDY/3.1');
    return head.includes('/slow') ? undefined : OK;
  }, SMALL);
}

/** Clients whose requests are under way. */
async function busy({ connect, upstream }: Door, count: number): Promise<RawClient[]> {
  const before = upstream.requests;
  const clients = [];
  for (let i = 0; i < count; i++) clients.push((await connect()).send(SLOW));
  await eventually('all are under way', () => upstream.requests === before + count);
  return clients;
}

describe('R04 more connections than there are places', () => {
  it('R04 a new one is told 503 and Retry-After while all others are busy, and served when one has ended', async () => {
    const door = await openSmallDoor();
    const [first, ...others] = await busy(door, PLACES);
    for (let i = 0; i < 3; i++) {
      const answer = await door.ask(VERSION);
      expect(answer).toMatch(
        /^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n.*3 client connections are open.*"code":503/s,
      );
      expect(answer).toContain('\r\nConnection: close\r\n');
    }
    expect(door.proxy.records).toMatchObject(
      Array.from({ length: 3 }, () => ({ status: 503, errorCode: 'ERR_LIMIT_REACHED' })),
    );
    expect(door.proxy.warnings).toHaveLength(1);
    first?.close();
    await eventually('there is a place', () => door.proxy.connections.client < PLACES);
    const next = await door.connect();
    await next.send(VERSION).untilText('ok');
    for (const client of others) expect(client.ended).toBe(false);
    for (const client of others) client.close();
  });

  it('R04 a thousand that come at once to no place: those who wait for it are told, all are closed', async () => {
    const door = await openSmallDoor();
    const kept = await busy(door, PLACES);
    const others = await Promise.all(Array.from({ length: 1_000 }, () => door.connect()));
    await Promise.all(others.map((client) => client.untilEnd()));
    const told = others.filter(({ statuses }) => statuses[0] === 503).length;
    expect(told).toBeGreaterThanOrEqual(64);
    expect(door.proxy.records).toHaveLength(told);
    for (const client of others) client.close();
    for (const { socket } of door.upstream.connections) socket.write(OK);
    await Promise.all(kept.map((client) => client.untilText('ok')));
    for (const client of kept) client.close();
  });

  it('R04 one that is idle makes room, without a word; busy ones and tunnels do not', async () => {
    const door = await openSmallDoor();
    const [one] = await busy(door, 1);
    const tunnel = await door.connect();
    await tunnel.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    const idle = await door.connect();
    await idle.send(VERSION).untilText('ok');
    const next = await door.connect();
    await next.send(VERSION).untilText('ok');
    await idle.untilEnd();
    expect(idle.statuses).toEqual([200]);
    expect([one?.ended, tunnel.ended]).toEqual([false, false]);
    one?.close();
    tunnel.close();
  });

  it('R04 silent ones go before one whose answer was read a moment ago', async () => {
    const door = await openSmallDoor();
    const idle = await door.connect();
    await idle.send(VERSION).untilText('ok');
    const [silent, half] = [await door.connect(), await door.connect()];
    half.send('GET /half');
    await eventually('all are here', () => door.proxy.connections.client === PLACES);
    for (const gone of [silent, half]) {
      const next = await door.connect();
      await next.send(VERSION).untilText('ok');
      await gone.untilEnd();
      next.close();
      await eventually('it has left', () => door.proxy.connections.client < PLACES);
      await door.connect();
      await eventually('its place is taken', () => door.proxy.connections.client === PLACES);
    }
    expect(idle.ended).toBe(false);
    await idle.send(VERSION).until(() => idle.statuses.length === 2);
  });

  it('R04 who has begun to ask is told so when it makes room', async () => {
    const door = await openSmallDoor();
    const half = await door.connect();
    half.send('GET /half');
    const kept = await busy(door, PLACES - 1);
    const next = await door.connect();
    await next.send(VERSION).untilText('ok');
    await half.untilEnd();
    expect(half.statuses).toEqual([503]);
    for (const client of kept) client.close();
  });

  it('R04 an answer that is not yet read keeps its connection', async () => {
    const door = await openDoor(
      (head) => {
        if (head.includes('/slow')) return undefined;
        if (!head.includes('/large')) return OK;
        return `HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n${'x'.repeat(30_000_000)}`;
      },
      { ...SMALL, recording: 'records' },
    );
    const reader = await door.connect();
    reader.socket.pause();
    reader.send(request('GET /large'));
    await eventually('it is answered', () => door.upstream.requests === 1);
    const kept = await busy(door, PLACES - 1);
    expect(await door.ask(VERSION)).toMatch(/^HTTP\/1\.1 503 /);
    reader.socket.resume();
    await reader.until(() => reader.received.length > 30_000_000);
    for (const client of kept) client.close();
  });

  it('R04 with TLS a handshake that is not made has no place, and there is no word before one', async () => {
    const authority = mintAuthority({ commonName: 'places' });
    const serving = authority.issueServer({ ips: ['127.0.0.1'] });
    const door = await openDoor((head) => (head.includes('/slow') ? undefined : OK), {
      proxy: { ...SMALL.proxy, tls: serving },
      tls: { ca: authority.pem },
    });
    const silent = await RawClient.connect(door.proxy.port);
    const kept = await busy(door, PLACES);
    await silent.untilEnd();
    expect(silent.received).toBe('');
    silent.close();
    const refused = await RawClient.connect(door.proxy.port);
    await refused.untilEnd();
    expect(refused.received).toBe('');
    refused.close();
    for (const client of kept) client.close();
    await eventually('nobody is here', () => door.proxy.connections.client === 0);
  });
});

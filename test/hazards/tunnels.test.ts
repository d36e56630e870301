import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startKillableRelay } from '../support/killable-relay.ts';
import { eventually } from '../support/pair.ts';
import { RawClient } from '../support/raw-client.ts';
import type { SeenConnection } from '../support/recording-upstream.ts';
import { switchTo, tunnelled, upgradeTo } from '../support/tunnel.ts';
import { type Door, openDoor } from './door.ts';
import { consent, openTunnel } from './open-tunnel.ts';

describe('U10 bytes that are sent ahead', () => {
  const ASK = upgradeTo('SPDY/3.1');
  const ANSWER = switchTo('SPDY/3.1');
  const EARLY = 'GET /early HTTP/1.1\r\n\x00\xff';
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const cuts: [string, (head: string) => readonly string[]][] = [
    ['in one piece', (head) => [head + EARLY]],
    ['behind the head', (head) => [head, EARLY]],
    ['with the end of the head', (head) => [head.slice(0, -2), head.slice(-2) + EARLY]],
    ['with one byte of theirs', (head) => [head + EARLY[0], EARLY.slice(1)]],
    ['byte by byte', (head) => [...(head + EARLY)]],
  ];

  it.each(cuts)('U10 %s pass both ways, once, in order', async (_, cut) => {
    const { connect, upstream, proxy } = await openDoor(() => undefined);
    const client = await connect();
    for (const piece of cut(ASK)) {
      client.send(piece);
      await turn();
    }
    await eventually('it is asked', () => upstream.requests === 1);
    expect(upstream.bytes).not.toContain('early');
    const far = upstream.connections[0] as SeenConnection;
    for (const piece of cut(ANSWER)) {
      far.socket.write(piece, 'latin1');
      await turn();
    }
    client.send('.');
    far.socket.write('.');
    await client.untilText(`${EARLY}.`);
    await eventually('all has come', () => far.bytes.endsWith('.'));
    expect([tunnelled(client.received), tunnelled(far.bytes)]).toEqual([`${EARLY}.`, `${EARLY}.`]);
    client.close();
    expect(await proxy.recorded(1)).toMatchObject([{ status: 101 }]);
  });
});

describe('U13 one side of a tunnel that is gone', () => {
  it('U13 a client that is reset: upstream is told', async () => {
    const { client, far, proxy, upstream } = await openTunnel();
    client.socket.resetAndDestroy();
    await eventually('upstream is closed', () => upstream.open === 0 && far.closed);
    expect(await proxy.recorded(1)).toMatchObject([{ status: 101, outcome: 'client-gone' }]);
  });

  it('U13 an API server that resets: the client is reset', async () => {
    const { client, far, proxy } = await openTunnel();
    far.reset();
    await client.untilEnd();
    expect(client.error).toMatchObject({ code: 'ECONNRESET' });
    expect(await proxy.recorded(1)).toMatchObject([{ status: 101, outcome: 'upstream-aborted' }]);
  });

  /** Who writes on, until it is told that nobody reads. */
  function writesOn(socket: Duplex): void {
    const timer = setInterval(() => socket.write('more'), 10);
    socket.once('error', () => clearInterval(timer)).once('close', () => clearInterval(timer));
  }

  async function leavesNothing({ proxy, upstream }: Door): Promise<void> {
    await eventually('nothing is open', () => {
      const { client, upstream: outbound } = proxy.connections;
      return client + outbound + upstream.open === 0;
    });
    expect(await proxy.recorded(1)).toHaveLength(1);
  }

  it.each([
    ['ends its side', (socket: Duplex) => void socket.end()],
    ['writes on', writesOn],
  ])('U13 an API server that is killed, under a client that %s', async (_, act) => {
    const relay = await startKillableRelay();
    const server = `https://127.0.0.1:${relay.port}`;
    const door = await openDoor(consent, {
      kubeconfig: () => ({ cluster: { server } }),
      last: { status: 502 },
    });
    relay.to(door.upstream.port);
    const client = await door.connect();
    await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    await relay.kill();
    await client.untilEnd();
    act(client.socket);
    await leavesNothing(door);
    expect(door.proxy.records).toMatchObject([{ status: 101 }]);
  });

  it.each([
    ['ends its side', false],
    ['writes on', true],
  ])('U13 a client that is killed, before an API server that %s', async (_, goesOn) => {
    const relay = await startKillableRelay();
    const door = await openDoor((_head, connection) => {
      connection.halfOpen = goesOn;
      return switchTo('SPDY/3.1');
    });
    relay.to(door.proxy.port);
    const client = await RawClient.connect(relay.port);
    onTestFinished(() => client.close());
    await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    const far = door.upstream.connections[0] as SeenConnection;
    await relay.kill();
    await eventually('upstream is told', () => far.ended || far.closed);
    if (goesOn) {
      writesOn(far.socket);
      await door.proxy.recorded(1);
      far.socket.end();
    }
    await leavesNothing(door);
    expect(door.proxy.records).toMatchObject([
      { status: 101, outcome: goesOn ? 'client-gone' : 'ok' },
    ]);
  });
});

it('U16 the kernel asks both ends of a tunnel whether they are there, within 30 s', async () => {
  const { proxy, upstream } = await openTunnel();
  // Of proc_net_tcp: addresses, state (01 is ESTABLISHED), timer (02 is keepalive) and hundredths of a second until it runs.
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state]) => state === '01')
    .map(([, local = '', remote = '', , , timer = '']) => ({
      local: portOf(local),
      remote: portOf(remote),
      timer: timer.slice(0, 2),
      left: Number.parseInt(timer.slice(3), 16),
    }));
  const legs = rows.filter(({ local, remote }) => local === proxy.port || remote === upstream.port);
  expect(legs.map(({ timer }) => timer)).toEqual(['02', '02']);
  expect(Math.max(...legs.map(({ left }) => left))).toBeLessThanOrEqual(3_000);
});

function portOf(address: string): number {
  return Number.parseInt(address.slice(-4), 16);
}

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { eventually, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { startTunnel, switchTo, tunnelled } from '../support/tunnel.ts';

describe('the ends of a tunnel', () => {
  it('passes on the end of the client, and what upstream sends after it', async () => {
    const { client, far, proxy } = await startTunnel();
    client.send('last words').socket.end();
    await eventually('upstream sees the end', () => far.ended);
    expect(tunnelled(far.bytes)).toBe('last words');
    far.socket.end('a late answer');
    await client.untilEnd();
    expect(tunnelled(client.received)).toBe('a late answer');
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok' }]);
    await eventually('nothing is open', () => proxy.connections.upstream === 0);
  });

  it('passes on the end of upstream, and what the client sends after it', async () => {
    const { client, far, proxy } = await startTunnel();
    far.socket.end('last words');
    await client.untilEnd();
    expect(tunnelled(client.received)).toBe('last words');
    client.send('a late answer').socket.end();
    await eventually('upstream sees the end', () => far.ended);
    expect(tunnelled(far.bytes)).toBe('a late answer');
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok' }]);
    await eventually('nothing is open', () => proxy.connections.client === 0);
  });

  it('comes through for a client that ends its side together with the request', async () => {
    const { upstream, connect } = await startPair((_, connection) => {
      connection.halfOpen = true;
      return switchTo('my-own');
    });
    const client = await connect();
    const path = '/apis/metrics.example/v1/feed';
    const headers = 'Connection: Upgrade\r\nUpgrade: my-own\r\n';
    client.send(`${request(`GET ${path}`, { headers })}all of it`).socket.end();
    await eventually('upstream sees the end', () => upstream.connections[0]?.ended === true);
    expect(tunnelled(upstream.bytes)).toBe('all of it');
    upstream.connections[0]?.socket.end('thanks');
    await client.untilEnd();
    expect(tunnelled(client.received)).toBe('thanks');
  });

  it('loses no byte of much data in both directions at once', async () => {
    const { client, far } = await startTunnel();
    const [up, down] = [randomBytes(2_000_000), randomBytes(2_000_000)];
    client.send(up).socket.end();
    far.socket.end(down);
    await client.untilEnd();
    await eventually('upstream sees the end', () => far.ended);
    expect(digest(tunnelled(far.bytes))).toBe(digest(up.toString('latin1')));
    expect(digest(tunnelled(client.received))).toBe(digest(down.toString('latin1')));
  });

  it('cuts upstream when the client is reset', async () => {
    const { client, far, proxy } = await startTunnel();
    client.socket.resetAndDestroy();
    await eventually('upstream is told', () => far.closed || far.ended);
    expect(await proxy.recorded(1)).toMatchObject([{ status: 101, outcome: 'client-gone' }]);
    await eventually('nothing is open', () => proxy.connections.upstream === 0);
  });

  it('resets the client when upstream is reset', async () => {
    const { client, far, proxy } = await startTunnel();
    far.reset();
    await client.untilEnd();
    expect(client.error).toMatchObject({ code: 'ECONNRESET' });
    expect(await proxy.recorded(1)).toMatchObject([{ status: 101, outcome: 'upstream-aborted' }]);
    await eventually('nothing is open', () => proxy.connections.client === 0);
  });
});

describe('a slow reader of a tunnel', () => {
  const TOTAL = 96 * 1024 * 1024;
  const PIECE = Buffer.alloc(256 * 1024, 'x');

  /** Writes `TOTAL` bytes as fast as the socket takes them; says how many it took. */
  function push(socket: Duplex) {
    const state = { taken: 0 };
    const more = (): void => {
      while (state.taken < TOTAL) {
        state.taken += PIECE.length;
        if (!socket.write(PIECE)) return;
      }
      socket.off('drain', more).end();
    };
    socket.on('drain', more);
    more();
    return state;
  }

  /** Resolves once the number stays what it is. */
  async function settled(state: { readonly taken: number }): Promise<number> {
    for (;;) {
      const before = state.taken;
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (state.taken === before) return before;
    }
  }

  it.each(['client', 'upstream'])('that is the %s slows the writer', async (side) => {
    const { client, far } = await startTunnel();
    const [reader, writer] =
      side === 'client' ? [client.socket, far.socket] : [far.socket, client.socket];
    reader.removeAllListeners('data');
    reader.pause();
    // The kernel's buffers on the way hold some megabytes; a proxy that does not wait would hold all.
    expect(await settled(push(writer))).toBeLessThan(TOTAL / 2);

    let read = 0;
    reader.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    reader.resume();
    await once(reader, 'end');
    expect(read).toBe(TOTAL);
  });
});

function digest(latin1: string): string {
  return createHash('sha256').update(latin1, 'latin1').digest('hex');
}

// What is read from upstream lies in one buffer for all connections, and what is written to clients in one that is used again
// as soon as the kernel has taken it: nobody may get what came for another.
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventually, startPair } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import { type RawClient, request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { startTunnel, tunnelled } from '../support/tunnel.ts';

const RECORD = 16 * 1024;
/** Around what one read, one record and one write can hold, and beyond what the kernel takes for a slow reader. */
const SIZES = [1, 200, RECORD - 1, RECORD, RECORD + 1, 65_536, 131_072, 200_000, 8_000_000];
const BODIES = SIZES.map((size) => randomBytes(size));

const digest = (latin1: string): string =>
  createHash('sha256').update(latin1, 'latin1').digest('hex');

function bodyOf(path: string): Buffer {
  return BODIES[Number(/\/(\d+)$/.exec(path)?.[1])] as Buffer;
}

/** Of pieces of several lengths. */
function chunked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (
    let at = 0, length = 1;
    at < body.length;
    at += length, length = ((length * 7) % 50_021) + 1
  ) {
    const piece = body.subarray(at, at + length);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

function answer(path: string): { fields: string; bytes: Buffer } {
  const body = bodyOf(path);
  return path.startsWith('/chunked')
    ? { fields: 'Transfer-Encoding: chunked\r\n', bytes: chunked(body) }
    : { fields: `Content-Length: ${body.length}\r\n`, bytes: body };
}

describe('answers to many clients at once', () => {
  it('reach each of them byte for byte, however slowly it reads', async () => {
    const { connect } = await startPair((head, { socket }) => {
      const { fields, bytes } = answer(head.split(' ')[1] ?? '');
      socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n`);
      socket.write(bytes);
      return undefined;
    });
    const ask = async (path: string, isSlow: boolean): Promise<void> => {
      const client = await connect();
      if (isSlow) client.socket.pause();
      client.send(request(`GET ${path}`, { headers: 'Connection: close\r\n' }));
      if (isSlow) await Promise.race([fast, client.untilEnd()]);
      client.socket.resume();
      await client.untilEnd();
      expect(digest(tunnelled(client.received)), path).toBe(
        digest(answer(path).bytes.toString('latin1')),
      );
    };
    const all = (isSlow: boolean): Promise<unknown> =>
      Promise.all(
        SIZES.flatMap((_, i) => ['/plain', '/chunked'].map((kind) => ask(`${kind}/${i}`, isSlow))),
      );
    let fast: Promise<unknown> = Promise.resolve();
    fast = all(false);
    await Promise.all([all(true), fast]);
  });

  it('come whole when their heads come in pieces, with other answers in between', async () => {
    const { connect, upstream } = await startPair((head) =>
      head.startsWith('GET /slow') ? 'HTTP/1.1 200 OK\r\nX-Mine: yes\r\nConte' : OK,
    );
    const slow = await connect();
    slow.send(request('GET /slow'));
    await eventually('its head has begun', () => upstream.requests === 1);
    const other = await connect();
    for (let i = 1; i <= 10; i++) {
      other.send(request('GET /other'));
      await other.until(() => other.received === OK.repeat(i));
    }
    upstream.connections[0]?.socket.write('nt-Length: 4\r\n\r\nmine');
    await slow.untilText('mine');
    expect(slow.received).toBe('HTTP/1.1 200 OK\r\nX-Mine: yes\r\nContent-Length: 4\r\n\r\nmine');
  });

  it.each([RECORD, 4 * RECORD, 8 * RECORD])(
    'are passed on when nothing comes behind %d bytes of full records',
    async (length) => {
      const { connect } = await startPair((_, { socket }) => {
        // The head in a record of its own, so that the body's are full ones.
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n');
        setImmediate(() => socket.write(Buffer.alloc(length, 'x')));
        return undefined;
      });
      const client = await connect();
      client.send(request('GET /api/v1/pods?watch=1'));
      await client.until(() => tunnelled(client.received).length === 'fffff\r\n'.length + length);
    },
  );
});

describe('tunnels side by side', () => {
  it('carry each its own bytes, though one client does not read for a while', async () => {
    const tunnels = await Promise.all(Array.from({ length: 4 }, () => startTunnel()));
    const down = tunnels.map(() => randomBytes(6_000_000));
    const first = tunnels[0]?.client as RawClient;
    first.socket.pause();
    for (const [i, { far }] of tunnels.entries()) far.socket.end(down[i] as Buffer);
    await Promise.all(tunnels.slice(1).map(({ client }) => client.untilEnd()));
    first.socket.resume();
    await first.untilEnd();
    for (const [i, { client }] of tunnels.entries()) {
      expect(digest(tunnelled(client.received))).toBe(
        digest((down[i] as Buffer).toString('latin1')),
      );
      client.socket.end();
    }
  });

  it('make whoever sends wait for whoever does not read, both ways', async () => {
    const { client, far } = await startTunnel();
    // Nobody looks into so much.
    far.socket.removeAllListeners('data').on('data', () => {});
    client.socket.removeAllListeners('data').on('data', () => {});
    client.socket.pause();
    far.socket.pause();
    const piece = Buffer.alloc(1 << 20);
    const [up, down] = [pour(client.socket, piece, 64), pour(far.socket, piece, 64)];
    expect(await settled(() => up.taken)).toBeLessThan(32 << 20);
    expect(await settled(() => down.taken)).toBeLessThan(32 << 20);
    client.socket.resume();
    far.socket.resume();
    await eventually('all of it is taken', () => up.taken + down.taken === 128 << 20);
  });
});

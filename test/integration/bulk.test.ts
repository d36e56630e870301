import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { bulk, type Flow } from '../../src/forward/bulk.ts';
import { eventually, startPair } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script } from '../support/recording-upstream.ts';
import { MiB, sip } from '../support/slow-reader.ts';

const FLOWS = 24;
/** The path's number, over and over: what belongs to somebody else shows. */
const bodyOf = (path: string, size: number): Buffer => Buffer.alloc(size, `<${path}>`);
const pathOf = (head: string): string => /^\S+ (\S+)/.exec(head)?.[1] ?? '';
const head = (size: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`;

/** Answers a GET with `size` bytes of its own, and a request with a body by `OK` when that has come. */
const lists =
  (size: number): Script =>
  (asked, seen) => {
    const { socket } = seen;
    if (!asked.startsWith('GET ')) {
      socket.on('data', () => {
        if (seen.completed === seen.begun) socket.write(OK);
      });
      return undefined;
    }
    socket.write(head(size));
    socket.write(bodyOf(pathOf(asked), size));
    return undefined;
  };

describe('bodies that come in bulk, many at once', () => {
  it('pass whole, both ways, beside readers that rest', async () => {
    const { connect, upstream, proxy } = await startPair(lists(2 * MiB));
    const readers = Array.from({ length: FLOWS }, async (_, i) => {
      const client = await connect();
      const path = `/list/${i}`;
      const pieces: Buffer[] = [];
      const restMs = () => (i % 3 === 0 ? 20 : 0);
      const sipping = sip(client.socket, restMs, (bytes) => pieces.push(bytes));
      client.send(request(`GET ${path}`));
      await sipping.reached(2 * MiB + head(2 * MiB).length);
      expect(
        Buffer.concat(pieces)
          .subarray(-2 * MiB)
          .equals(bodyOf(path, 2 * MiB)),
      ).toBe(true);
    });
    const writers = Array.from({ length: FLOWS / 2 }, async (_, i) => {
      const client = await connect();
      const body = bodyOf(`/write/${i}`, MiB);
      client.send(request(`PUT /write/${i}`, { headers: `Content-Length: ${MiB}\r\n` })).send(body);
      await client.untilText(OK);
      const came = upstream.connections.filter(({ bytes }) => bytes.includes(`PUT /write/${i} `));
      expect(came).toHaveLength(1);
      expect(came[0]?.bytes.endsWith(body.toString('latin1'))).toBe(true);
    });
    await Promise.all([...readers, ...writers]);
    const records = await proxy.recorded(FLOWS * 1.5);
    for (const record of records) expect(record.outcome).toBe('ok');
  });

  it('bring nothing between their stop and their turn, but what had been read', async () => {
    const take = vi.spyOn(bulk, 'take');
    onTestFinished(() => take.mockRestore());
    const late = new Map<Flow, number>();
    let most = 0;
    let stops = 0;
    const { take: own } = Object.getPrototypeOf(bulk) as typeof bulk;
    take.mockImplementation((flow, bytes) => {
      const since = bulk.holds(flow) ? (late.get(flow) ?? 0) + bytes : 0;
      late.set(flow, since);
      most = Math.max(most, since);
      const goesOn = own.call(bulk, flow, bytes);
      if (!goesOn) stops++;
      return goesOn;
    });
    const { connect, proxy } = await startPair(lists(4 * MiB));
    await Promise.all(
      Array.from({ length: FLOWS }, async (_, i) => {
        const client = await connect();
        const sipping = sip(client.socket, () => 0);
        client.send(request(`GET /list/${i}`));
        await sipping.reached(4 * MiB);
      }),
    );
    await proxy.recorded(FLOWS);
    expect(stops).toBeGreaterThan(FLOWS);
    expect(most).toBeLessThanOrEqual(64 * 1024);
  });

  /** Whatever comes is told to go on in the next turn. */
  function turnAfterTurn(): void {
    const take = vi.spyOn(bulk, 'take').mockImplementation((flow) => {
      setImmediate(() => flow.goOn());
      return false;
    });
    onTestFinished(() => take.mockRestore());
  }

  it('are taken no faster than they are read, though their turn comes: an answer', async () => {
    turnAfterTurn();
    let poured = { taken: -1 };
    const { connect } = await startPair((_, { socket }) => {
      socket.write(head(512 * MiB));
      poured = pour(socket, Buffer.alloc(MiB), 512);
      return undefined;
    });
    const client = await connect();
    client.socket.pause();
    client.send(request('GET /list/1'));
    await eventually('it is asked for', () => poured.taken >= 0);
    expect(await settled(() => poured.taken)).toBeLessThan(64 * MiB);
  });

  it('are taken no faster than they are read, though their turn comes: a request', async () => {
    turnAfterTurn();
    const { connect, upstream } = await startPair((_, { socket }) => {
      socket.pause();
      return undefined;
    });
    const client = await connect();
    client.send(request('PUT /write/1', { headers: `Content-Length: ${512 * MiB}\r\n` }));
    const poured = pour(client.socket, Buffer.alloc(MiB), 512);
    await eventually('it is asked for', () => upstream.requests === 1);
    expect(await settled(() => poured.taken)).toBeLessThan(64 * MiB);
  });
});

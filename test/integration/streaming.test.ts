import { describe, expect, it } from 'vitest';
import { answerData } from '../support/http1.ts';
import { eventually, startPair } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script, type SeenConnection } from '../support/recording-upstream.ts';
import { EACH_WAY, WAYS } from '../support/scripted-streams.ts';

const WATCH = request('GET /api/v1/pods?watch=1');
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;

describe.each(WAYS)('T05 by %s the head of an answer', (way) => {
  it.each([CHUNKED, 'Content-Length: 1000\r\n'])('passes without its body: %s', async (fields) => {
    const { connect } = await startPair(() => `HTTP/1.1 200 OK\r\n${fields}\r\n`, {}, {}, { way });
    const client = await connect();
    await client.send(WATCH).untilText(`${fields}\r\n`);
    expect(client.received).toBe(`HTTP/1.1 200 OK\r\n${fields}\r\n`);
  });
});

describe.each(WAYS)('T04 by %s what upstream sends', (way) => {
  /** HTTP/2 knows no chunks: they are as its frames are. */
  const told = (received: string) => (way === 'HTTP/1.1' ? received : answerData(received));

  it.each([
    ['events, a chunk each', (i: number) => chunk(`{"type":"ADDED","n":${i}}\n`)],
    ['events, two chunks each', (i: number) => chunk(`{"n":${i}`) + chunk('}\n')],
    ['single bytes of one long chunk', (i: number) => String.fromCharCode(0x61 + (i % 26))],
  ])('passes before there is more: %s', async (what, event) => {
    const begun = `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n${what.startsWith('single') ? '1000\r\n' : ''}`;
    const { connect, upstream } = await startPair(() => begun, {}, {}, { way });
    const client = await connect();
    await client.send(WATCH).untilText(CHUNKED);
    let sent = begun;
    for (let i = 0; i < 300; i++) {
      upstream.connections[0]?.socket.write(event(i), 'latin1');
      sent += event(i);
      await client.until(() => told(client.received).length === told(sent).length);
    }
    expect(told(client.received)).toBe(told(sent));
  });
});

describe('T04 what both sides send', () => {
  it('passes while the request is still coming, and the other way round', async () => {
    const begun = `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n`;
    const { connect, upstream } = await startPair(() => begun);
    const client = await connect();
    await client.send(request('POST /x', { headers: CHUNKED })).untilText('\r\n\r\n');
    for (let i = 0; i < 100; i++) {
      client.send(chunk(`question ${i}.`));
      await eventually('it arrives', () => upstream.bytes.includes(`question ${i}.`));
      upstream.connections[0]?.socket.write(chunk(`answer ${i}.`));
      await client.untilText(`answer ${i}.`);
    }
    client.send('0\r\n\r\n');
    await eventually('the end arrives', () => upstream.completed === 1);
    upstream.connections[0]?.socket.write('0\r\n\r\n');
    await client.untilText('\r\n0\r\n\r\n');
  });
});

/** Of the kernel's buffers and ours, for all hops of one exchange. */
const BOUND = 16 << 20;
const PIECE = Buffer.alloc(1 << 20, 'x');
const PIECES = 256;

function expectBounded(before: NodeJS.MemoryUsage): void {
  const now = process.memoryUsage();
  expect(now.external - before.external).toBeLessThan(BOUND);
  expect(now.rss - before.rss).toBeLessThan(4 * BOUND);
}

describe('T07 a reader that does not read', () => {
  it.each(EACH_WAY.filter(([what]) => what !== 'a watch by HTTP/1.1'))(
    'stops the API server, until it reads: %s',
    async (_, line, way) => {
      const size = PIECE.length * PIECES;
      let poured = { taken: -1 };
      const script: Script = (_, { socket }) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        poured = pour(socket, PIECE, PIECES);
        return undefined;
      };
      const { connect, upstream, proxy } = await startPair(script, {}, {}, { way });
      const before = process.memoryUsage();
      const client = await connect();
      client.socket.pause();
      client.send(request(line));
      await eventually('the request arrives', () => upstream.requests === 1);
      expect(await settled(() => poured.taken)).toBeLessThan(BOUND);
      expectBounded(before);

      let read = 0;
      client.socket.removeAllListeners('data').on('data', (bytes: Buffer) => {
        read += bytes.length;
      });
      client.socket.resume();
      expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok', bytesOut: size }]);
      await eventually('all is read', () => read > size);
    },
  );

  it('stops the client, until it reads', async () => {
    const size = PIECE.length * PIECES;
    const { connect, upstream, proxy } = await startPair((_, { socket }) => {
      socket.pause();
      return undefined;
    });
    const before = process.memoryUsage();
    const client = await connect();
    client.send(request('POST /api/v1/pods', { headers: `Content-Length: ${size}\r\n` }));
    await eventually('the request arrives', () => upstream.requests === 1);
    const poured = pour(client.socket, PIECE, PIECES);
    expect(await settled(() => poured.taken)).toBeLessThan(BOUND);
    expectBounded(before);

    const { socket } = upstream.connections[0] as SeenConnection;
    let read = 0;
    socket.removeAllListeners('data').on('data', (bytes: Buffer) => {
      read += bytes.length;
      if (read === size) socket.write(OK);
    });
    socket.resume();
    await client.untilText(OK);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok', bytesIn: size }]);
  });
});

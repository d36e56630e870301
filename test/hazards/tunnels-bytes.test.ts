// Much through a tunnel, and many tunnels: the command line as a process of its own, so that its memory can be told.
import { type Cipher, createCipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { grown, type MeasuredPorthole, startMeasured } from '../support/measured-porthole.ts';
import { eventually } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import type { Script, SeenConnection } from '../support/recording-upstream.ts';
import { MiB, sip } from '../support/slow-reader.ts';
import { upgradeTo } from '../support/tunnel.ts';
import { consent } from './open-tunnel.ts';
import { WHOLE } from './sizes.ts';

const LIMIT = 32 * MiB;
const TIMEOUT = WHOLE ? 300_000 : 40_000;
/** Agrees, and goes on when the other side has ended. */
const halfOpen: Script = (head, connection) => {
  connection.halfOpen = true;
  return consent(head, connection);
};
const never = (): number => 0;

/** An open tunnel, whose bytes nobody reads as yet. */
async function openTunnel({ connect, upstream }: MeasuredPorthole) {
  const client = await connect();
  await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
  const far = upstream.connections.at(-1) as SeenConnection;
  for (const { socket } of [client, far]) socket.removeAllListeners('data').pause();
  return { client, far };
}

/** Ends the porthole, which has told of each tunnel once and of no secret. */
async function expectStopped(porthole: MeasuredPorthole, records: readonly object[]) {
  const stopped = await porthole.stop();
  expect(stopped).toMatchObject({ exit: { code: 0 }, records, leaks: [] });
  expect(stopped.records).toHaveLength(records.length);
}

describe('U14 a slow reader of a tunnel', () => {
  const PIECE = Buffer.alloc(MiB, 'x');
  const PIECES = WHOLE ? 2048 : 128;
  const WARM = 32;

  it.for(['client', 'upstream'])(
    'U14 that is the %s: what is pushed waits with its writer',
    { timeout: TIMEOUT },
    async (side, { annotate }) => {
      const porthole = await startMeasured(halfOpen);
      const { client, far } = await openTunnel(porthole);
      const [reader, writer] =
        side === 'client' ? [client.socket, far.socket] : [far.socket, client.socket];
      // What a process takes for moving bytes at all is taken then.
      const warming = sip(reader, never);
      pour(writer, PIECE, WARM);
      await warming.reached(WARM * MiB);

      reader.removeAllListeners('data').pause();
      const memory = porthole.measure();
      const poured = pour(writer, PIECE, PIECES);
      expect(await settled(() => poured.taken)).toBeLessThan(LIMIT);
      await sip(reader, () => 4).reached(PIECES * MiB);
      await annotate(grown(memory));
      expect(memory.growth).toBeLessThan(LIMIT);

      for (const { socket } of [client, far]) socket.resume().end();
      await client.untilEnd();
      const bytes = (PIECES + WARM) * MiB;
      const counted = side === 'client' ? { bytesOut: bytes } : { bytesIn: bytes };
      await expectStopped(porthole, [{ status: 101, outcome: 'ok', ...counted }]);
    },
  );
});

describe('U17 what a tunnel carries', () => {
  const SIZE = (WHOLE ? 256 : 32) * MiB;

  /** Writes `SIZE` random bytes, and ends; resolves with their digest. */
  async function sendRandom(socket: Duplex): Promise<string> {
    const hash = createHash('sha256');
    const zeros = Buffer.alloc(MiB);
    const random: Cipher = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
    for (let sent = 0; sent < SIZE; sent += MiB) {
      const bytes = random.update(zeros);
      hash.update(bytes);
      if (!socket.write(bytes)) await once(socket, 'drain');
    }
    socket.end();
    return hash.digest('hex');
  }

  it('U17 is the same at its end, both ways at once', { timeout: TIMEOUT }, async () => {
    const porthole = await startMeasured(halfOpen);
    const { client, far } = await openTunnel(porthole);
    const ends = [client.socket, far.socket];
    const received = ends.map(async (socket) => {
      const hash = createHash('sha256');
      sip(socket, never, (bytes) => hash.update(bytes));
      await once(socket, 'end');
      return hash.digest('hex');
    });
    const [up, down] = await Promise.all(ends.map(sendRandom));
    expect(await Promise.all(received)).toEqual([down, up]);
    await expectStopped(porthole, [{ outcome: 'ok', bytesIn: SIZE, bytesOut: SIZE }]);
  });

  it.each([
    ['client', 'upstream'],
    ['upstream', 'client'],
  ])('U17 of the %s comes to the %s byte by byte, and waits for no further one', async (from) => {
    const porthole = await startMeasured(halfOpen);
    const { client, far } = await openTunnel(porthole);
    const [writer, reader] =
      from === 'client' ? [client.socket, far.socket] : [far.socket, client.socket];
    const [reading, answers] = [sip(reader, never), sip(writer, never)];
    // A kernel that expects an answer keeps its acknowledgement for that: a second byte that waited for it would take 40 ms,
    // and all of them longer than the test may.
    for (let i = 1; i <= 1000; i++) {
      for (const nth of [2 * i - 1, 2 * i]) {
        writer.write(Buffer.of(nth % 256));
        await reading.reached(nth);
      }
      reader.write('.');
      await answers.reached(i);
    }
    for (const { socket } of [client, far]) socket.end();
    await expectStopped(porthole, [{ outcome: 'ok' }]);
  });
});

describe('U18 many tunnels', () => {
  const TUNNELS = 500;
  const AT_ONCE = 50;

  it('U18 hold two sockets each, and none once porthole is stopped', async () => {
    const porthole = await startMeasured(consent, { flags: ['--shutdown-grace=100ms'] });
    const unused = porthole.sockets;
    const tunnels: Awaited<ReturnType<typeof openTunnel>>['client'][] = [];
    while (tunnels.length < TUNNELS) {
      const opened = Array.from({ length: AT_ONCE }, async () => {
        const client = await porthole.connect();
        await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
        return client;
      });
      tunnels.push(...(await Promise.all(opened)));
    }
    expect(porthole.sockets - unused).toBe(2 * TUNNELS);

    for (const [i, client] of tunnels.entries()) client.send(`from ${i}.`);
    const { connections } = porthole.upstream;
    await eventually('each is heard', () =>
      connections.every(({ bytes }) => /from \d+\.$/.test(bytes)),
    );
    for (const { socket, bytes } of connections) {
      socket.write(bytes.slice(bytes.lastIndexOf('from')));
    }
    await Promise.all(tunnels.map((client, i) => client.untilText(`from ${i}.`)));

    const cut = { status: 101, outcome: 'stopped' };
    await expectStopped(porthole, Array(TUNNELS).fill(cut));
    await Promise.all(tunnels.map((client) => client.untilEnd()));
    await eventually('upstream has none', () => porthole.upstream.open === 0);
  });
});

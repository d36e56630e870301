// Answers that come faster than they are read: the command line as a process of its own, so that its memory can be told.
import { describe, expect, it } from 'vitest';
import { ChunkedBody } from '../../src/http1/chunked.ts';
import { grown, startMeasured } from '../support/measured-porthole.ts';
import { eventually } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script } from '../support/recording-upstream.ts';
import { EACH_WAY, WAYS } from '../support/scripted-streams.ts';
import { MiB, sip } from '../support/slow-reader.ts';
import { tunnelled } from '../support/tunnel.ts';
import { WHOLE } from './sizes.ts';

const TIMEOUT = WHOLE ? 300_000 : 40_000;
const PLAIN = request('GET /version');

describe.each(EACH_WAY)('T07 a reader that reads nothing of the answer to %s', (_, line, way) => {
  const PIECE = Buffer.alloc(MiB, 'x');
  const PIECES = 1024;

  it('T07 stops the API server, and nobody else', async ({ annotate }) => {
    let poured = { taken: -1 };
    const porthole = await startMeasured(
      (head, { socket }) => {
        if (head.startsWith('GET /version')) return OK;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${PIECES * MiB}\r\n\r\n`);
        poured = pour(socket, PIECE, PIECES);
        return undefined;
      },
      { way },
    );
    const other = await porthole.connect();
    await other.send(PLAIN).untilText(OK);
    const memory = porthole.measure();
    const client = await porthole.connect();
    client.socket.pause();
    client.send(request(line));
    await eventually('it is asked for', () => poured.taken >= 0);
    expect(await settled(() => poured.taken)).toBeLessThan(32 * MiB);
    for (let i = 2; i < 10; i++) {
      await other.send(PLAIN).until(() => other.statuses.length === i);
    }
    await annotate(grown(memory));
    expect(memory.growth).toBeLessThan(64 * MiB);
    client.socket.resetAndDestroy();
    other.close();
    await eventually('upstream is told', () => porthole.upstream.connections.some(isGone));
    const { exit, records, leaks } = await porthole.stop();
    expect({ exit, leaks }).toMatchObject({ exit: { code: 0 }, leaks: [] });
    expect(records.filter(({ outcome }) => outcome !== 'ok')).toMatchObject([
      { status: 200, outcome: 'client-gone' },
    ]);
    expect(records).toHaveLength(10);
  });
});

const isGone = ({ closed }: { readonly closed: boolean }): boolean => closed;

describe.each(WAYS)('T08 by %s a reader that is slower than its watch', (way) => {
  const SIZE = (WHOLE ? 6000 : 96) * MiB;
  const EVENT = 1024;
  const EVENTS = SIZE / EVENT;

  /** Events with their numbers, in chunks of a MiB and more. */
  const events: Script = (_, { socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    let next = 0;
    const more = (): void => {
      if (next === EVENTS) {
        socket.write('0\r\n\r\n');
        return;
      }
      let piece = `${MiB.toString(16)}\r\n`;
      for (const end = next + MiB / EVENT; next < end; next++) {
        piece += `${next}\n`.padStart(EVENT, '.');
      }
      socket.write(Buffer.from(`${piece}\r\n`), more);
    };
    more();
    return undefined;
  };

  it('T08 gets each event, in order, and catches up', { timeout: TIMEOUT }, async ({
    annotate,
  }) => {
    const porthole = await startMeasured(events, { way });
    const client = await porthole.connect();
    client.send(request('GET /api/v1/pods?watch=1'));
    await client.untilText('\r\n\r\n');
    client.socket.removeAllListeners('data').pause();
    const reader = new EventReader(EVENT);
    reader.take(Buffer.from(tunnelled(client.received), 'latin1'));

    const memory = porthole.measure();
    let restMs = 10;
    const reading = sip(client.socket, () => restMs, reader.take);
    await reading.reached(SIZE / 4);
    restMs = 0;
    await reading.reached(SIZE - 2 * MiB);
    await eventually('all has come', () => reader.done);
    expect({ events: reader.next, wrong: reader.wrong }).toEqual({ events: EVENTS, wrong: 0 });
    await annotate(grown(memory));
    expect(memory.growth).toBeLessThan(64 * MiB);
    client.close();
    const { exit, records, leaks } = await porthole.stop();
    expect({ exit, leaks }).toMatchObject({ exit: { code: 0 }, leaks: [] });
    expect(records).toMatchObject([{ status: 200, outcome: 'ok' }]);
  });
});

/** Reads numbered events of one size from chunks, and counts those that are not the next one. */
class EventReader {
  next = 0;
  wrong = 0;
  readonly #size: number;
  readonly #chunks: ChunkedBody;
  #rest = '';

  constructor(size: number) {
    this.#size = size;
    const reading = { code: 'ERR_UPSTREAM_MALFORMED', trailers: 'drop' } as const;
    this.#chunks = new ChunkedBody(reading, (bytes, from, to) => {
      this.#read(bytes.toString('latin1', from, to));
    });
  }

  readonly take = (bytes: Buffer): void => {
    this.#chunks.follow(bytes, 0);
  };

  get done(): boolean {
    return this.#chunks.done;
  }

  #read(text: string): void {
    this.#rest += text;
    let at = 0;
    for (; at + this.#size <= this.#rest.length; at += this.#size) {
      const event = this.#rest.slice(at, at + this.#size);
      if (event !== `${this.next}\n`.padStart(this.#size, '.')) this.wrong++;
      this.next++;
    }
    this.#rest = this.#rest.slice(at);
  }
}

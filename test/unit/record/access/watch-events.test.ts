import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../../../src/http1/header-list.ts';
import type { Framing, ResponseHead } from '../../../../src/http1/message.ts';
import { WatchEvents } from '../../../../src/record/access/watch-events.ts';
import type { ExchangeRecord } from '../../../../src/record/exchange-record.ts';
import { endedRecord } from '../record.ts';

const JSON_WATCH = 'application/json';
const PROTOBUF_WATCH = 'application/vnd.kubernetes.protobuf;stream=watch';

function head(type: string, differing: { framing?: Framing; coding?: string; status?: number }) {
  const headers = HeaderList.of('Content-Type', type);
  if (differing.coding !== undefined) headers.append('Content-Encoding', differing.coding);
  const { status = 200, framing = { kind: 'chunked' } } = differing;
  const answer: ResponseHead = {
    version: '1.1',
    status,
    reason: '',
    headers,
    framing,
    upgrade: undefined,
    keepAlive: true,
  };
  return answer;
}

function watchOf(type: string, differing = {}) {
  const record: ExchangeRecord = Object.assign(endedRecord(), { verb: 'watch' });
  const trail = new WatchEvents().begin(record);
  trail?.answered?.(head(type, differing));
  return { record, trail };
}

/** How many events are counted in these pieces. */
function count(type: string, pieces: readonly Buffer[], differing = {}): number | undefined {
  const { record, trail } = watchOf(type, differing);
  for (const piece of pieces) trail?.responseBody?.(piece);
  return record.events;
}

function chunk(data: Buffer): Buffer {
  const size = Buffer.from(`${data.length.toString(16)}\r\n`);
  return Buffer.concat([size, data, Buffer.from('\r\n')]);
}

function frame(data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
}

/** `bytes` cut at these places. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((to, i) => bytes.subarray(at[i], to));
}

describe('WatchEvents', () => {
  it('counts lines of JSON, not the line ends of chunks', () => {
    const events = ['{"type":"ADDED"}\n', '{"type":"MODI', 'FIED"}\n{"type":"DELETED"}\n{"ty'];
    const pieces = events.map((text) => chunk(Buffer.from(text)));
    expect(count(JSON_WATCH, pieces)).toBe(3);
    expect(count('Application/JSON; charset=utf-8', pieces)).toBe(3);
  });

  it('counts frames of protobuf, not their line ends', () => {
    const event = Buffer.from('k8s\0\n\n\n\r\n');
    expect(count(PROTOBUF_WATCH, [chunk(frame(event)), chunk(frame(event))])).toBe(2);
    expect(count(PROTOBUF_WATCH, [chunk(frame(event).subarray(0, -1))])).toBe(0);
    expect(count(PROTOBUF_WATCH, [chunk(frame(Buffer.alloc(0)))])).toBe(1);
  });

  it.each([
    ['JSON', JSON_WATCH, (data: Buffer) => Buffer.from(`"${data.toString('hex')}"\n`)],
    ['protobuf', PROTOBUF_WATCH, frame],
  ] as const)(
    'counts the same however events, chunks and packets are cut: %s',
    (_, type, event) => {
      const cuts = fc.array(fc.nat(5000), { maxLength: 20 });
      const events = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
      fc.assert(
        fc.property(events, cuts, cuts, (datas, chunkCuts, packetCuts) => {
          const body = Buffer.concat(datas.map((data) => event(Buffer.from(data))));
          const chunks = cutAt(body, chunkCuts).filter(({ length }) => length > 0);
          const wire = Buffer.concat([...chunks.map(chunk), Buffer.from('0\r\n\r\n')]);
          expect(count(type, cutAt(wire, packetCuts))).toBe(datas.length);
          expect(count(type, cutAt(body, packetCuts), { framing: { kind: 'close' } })).toBe(
            datas.length,
          );
        }),
      );
    },
  );

  it('has counted none when none came', () => {
    expect(count(JSON_WATCH, [])).toBe(0);
  });

  it.each([
    ['compressed ones', JSON_WATCH, { coding: 'gzip' }],
    ['an unknown type', 'application/cbor-seq', {}],
    ['a refusal', JSON_WATCH, { status: 403 }],
    ['a tunnel', JSON_WATCH, { status: 101 }],
  ])('does not count what it can not read: %s', (_, type, differing) => {
    expect(count(type, [chunk(Buffer.from('{}\n'))], differing)).toBeUndefined();
  });

  it('counts what came of the last try only', () => {
    const { record, trail } = watchOf(JSON_WATCH, { status: 401 });
    trail?.answered?.(head(JSON_WATCH, { framing: { kind: 'close' } }));
    trail?.responseBody?.(Buffer.from('{}\n{}\n'));
    expect(record.events).toBe(2);
  });

  it('follows watches only', () => {
    expect(new WatchEvents().begin(endedRecord())).toBeUndefined();
  });
});

import { ChunkedBody } from '../../http1/chunked.ts';
import { RESPONSE_BODY } from '../../http1/framing.ts';
import type { BodyFollower, ResponseHead } from '../../http1/message.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import type { Recorder, Trail } from '../recorder.ts';

/**
 * Counts the events of watches into `events` of their records, as they pass. Goes before all recorders that want to know:
 * `events` is right for them when the record ends.
 */
export class WatchEvents implements Recorder {
  begin(record: ExchangeRecord): Trail | undefined {
    return record.verb === 'watch' ? new WatchTrail(record) : undefined;
  }
}

/** Follows one event after the other; says how many ended in `bytes[from, to)`. */
type Count = (bytes: Buffer, from: number, to: number) => number;

class WatchTrail implements Trail {
  readonly #record: ExchangeRecord;
  #count: Count | undefined;
  #chunks: BodyFollower | undefined;

  constructor(record: ExchangeRecord) {
    this.#record = record;
  }

  answered(head: ResponseHead): void {
    this.#count = countOf(head);
    this.#record.events = this.#count === undefined ? undefined : 0;
    const chunked = head.framing.kind === 'chunked';
    this.#chunks = chunked ? new ChunkedBody(RESPONSE_BODY, this.#add) : undefined;
  }

  responseBody(bytes: Buffer): void {
    if (this.#count === undefined) return;
    if (this.#chunks === undefined) this.#add(bytes, 0, bytes.length);
    // Its framing was followed on its way here, so this one finds no fault with it.
    else this.#chunks.follow(bytes, 0);
  }

  readonly #add = (bytes: Buffer, from: number, to: number): void => {
    const { events = 0 } = this.#record;
    this.#record.events = events + (this.#count?.(bytes, from, to) ?? 0);
  };
}

/** How the events of an answer are told apart; undefined where they are not, or where there are none. */
function countOf({ status, headers }: ResponseHead): Count | undefined {
  const coding = headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  if (status !== 200 || coding !== 'identity') return undefined;
  const [type = ''] = (headers.get('content-type') ?? '').split(';', 1);
  switch (type.trim().toLowerCase()) {
    case 'application/json':
      return countLines;
    case 'application/vnd.kubernetes.protobuf':
      return countFrames();
    default:
      return undefined;
  }
}

/** JSON: an event is a line (apiserver's `WatchServer`). */
function countLines(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a, from); at >= 0 && at < to; at = bytes.indexOf(0x0a, at + 1))
    count++;
  return count;
}

/** Protobuf: an event is its length in four bytes, and then itself (apimachinery's `NewLengthDelimitedFrameWriter`). */
function countFrames(): Count {
  let length = 0;
  let digits = 0;
  let left = 0;
  return (bytes, from, to) => {
    let count = 0;
    for (let at = from; at < to; ) {
      if (digits < 4) {
        length = length * 256 + (bytes[at++] as number);
        if (++digits < 4) continue;
        left = length;
      }
      const taken = Math.min(left, to - at);
      left -= taken;
      at += taken;
      if (left > 0) continue;
      count++;
      length = digits = 0;
    }
    return count;
  };
}

import type { RequestHead, ResponseHead } from '../http1/message.ts';
import type { OutgoingHead } from '../server/exchange.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import type { Recorder, Trail } from './recorder.ts';

/** Several recorders as one. */
export class Recorders implements Recorder {
  readonly #beginning: readonly Recorder[];
  readonly #ending: readonly Recorder[];

  constructor(recorders: readonly Recorder[]) {
    this.#beginning = recorders.filter(({ begin }) => begin !== undefined);
    this.#ending = recorders.filter(({ ended }) => ended !== undefined);
  }

  begin(record: ExchangeRecord, request: RequestHead): Trail | undefined {
    let first: Trail | undefined;
    let trails: Trail[] | undefined;
    for (const recorder of this.#beginning) {
      const trail = recorder.begin?.(record, request);
      if (trail === undefined) continue;
      if (first === undefined) first = trail;
      else {
        trails ??= [first];
        trails.push(trail);
      }
    }
    return trails === undefined ? first : new Trails(trails);
  }

  ended(record: ExchangeRecord): void {
    record.trail?.ended?.(record);
    // Idle connections remember their last exchange; the garbage collector would carry its trail about until the next.
    record.trail = undefined;
    for (const recorder of this.#ending) recorder.ended?.(record);
  }
}

/** Several trails as one. */
class Trails implements Trail {
  readonly #trails: readonly Trail[];

  constructor(trails: readonly Trail[]) {
    this.#trails = trails;
  }

  admitted(): Promise<void> | undefined {
    const waits = this.#trails.flatMap((trail) => trail.admitted?.() ?? []);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
  }

  sent(head: string): void {
    for (const trail of this.#trails) trail.sent?.(head);
  }

  answered(head: ResponseHead): void {
    for (const trail of this.#trails) trail.answered?.(head);
  }

  requestBody(bytes: Buffer): void {
    for (const trail of this.#trails) trail.requestBody?.(bytes);
  }

  responded(head: OutgoingHead): void {
    for (const trail of this.#trails) trail.responded?.(head);
  }

  responseBody(bytes: Buffer): void {
    for (const trail of this.#trails) trail.responseBody?.(bytes);
  }

  ended(record: ExchangeRecord): void {
    for (const trail of this.#trails) trail.ended?.(record);
  }
}

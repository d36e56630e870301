import type { OutgoingHead } from '../../server/exchange.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import type { Recorder, Trail } from '../recorder.ts';
import { type Answered, callLine, endLine, openingLine } from './call-line.ts';

/** An answer that takes longer than this, while others wait for their lines behind it, is shown as watches are. */
const PATIENCE_MS = 1_000;

export interface TraceLinesOptions {
  /** Takes a line with its newline. */
  readonly write: (line: string) => void;
  readonly colour: boolean;
  /** The monotonic clock of records, ms. Lines count their time from now. */
  readonly now: () => number;
}

/**
 * A line for each call, once it has ended, in the order in which answers began: that is when clients such as kubectl log
 * theirs (`-v=6`). What goes on, such as a watch, has a line where its answer begins and one where it ends.
 */
export class TraceLines implements Recorder {
  readonly #write: (line: string) => void;
  readonly #colour: boolean;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #underWay = new Map<ExchangeRecord, Call>();
  /** Lines, and calls whose line is not known yet: those keep back what is behind them. */
  readonly #queue: (Call | string)[] = [];

  constructor({ write, colour, now }: TraceLinesOptions) {
    this.#write = write;
    this.#colour = colour;
    this.#now = now;
    this.#startedAt = now();
  }

  begin(record: ExchangeRecord): Trail {
    const call = new Call(record, this.#answered);
    this.#underWay.set(record, call);
    return call;
  }

  ended(record: ExchangeRecord): void {
    const call = this.#underWay.get(record);
    this.#underWay.delete(record);
    const at = this.#now() - this.#startedAt;
    if (call?.answer === undefined) this.#queue.push(callLine(record, at, this.#colour));
    else if (call.line === undefined) call.line = callLine(record, call.answer.at, this.#colour);
    else this.#queue.push(endLine(record, at, this.#colour));
    this.#flush(at);
  }

  readonly #answered = (call: Call, { status, framing }: OutgoingHead): void => {
    const now = this.#now();
    const at = now - this.#startedAt;
    call.answer = { at, ms: now - call.record.startedAt, status };
    const isOpen = framing.kind === 'chunked' || framing.kind === 'close';
    if (status === 101 || (call.record.longRunning && status < 300 && isOpen))
      call.line = openingLine(call.record, call.answer, this.#colour);
    this.#queue.push(call);
    this.#flush(at);
  };

  #flush(at: number): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const line = typeof next === 'string' ? next : (next.line ?? this.#impatiently(next, at));
      if (line === undefined) return;
      this.#write(line);
      this.#queue.shift();
    }
  }

  #impatiently(call: Call, at: number): string | undefined {
    const { record, answer } = call;
    const isInTheWay = this.#queue.length > 1;
    if (!isInTheWay || answer === undefined || at - answer.at < PATIENCE_MS) return undefined;
    call.line = openingLine(record, answer, this.#colour);
    return call.line;
  }
}

/** A call that is under way, or whose line waits for others. */
class Call implements Trail {
  readonly record: ExchangeRecord;
  answer: Answered | undefined = undefined;
  line: string | undefined = undefined;
  readonly #onAnswer: (call: Call, head: OutgoingHead) => void;

  constructor(record: ExchangeRecord, onAnswer: (call: Call, head: OutgoingHead) => void) {
    this.record = record;
    this.#onAnswer = onAnswer;
  }

  responded(head: OutgoingHead): void {
    this.#onAnswer(this, head);
  }
}

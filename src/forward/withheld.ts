import type { PortholeError } from '../errors.ts';
import type { ResponseHead } from '../http1/message.ts';
import type { Exchange } from '../server/exchange.ts';

/** This much of the body is read ahead. Bytes. */
const MAX_AHEAD = 64 * 1024;

/** What is kept of an answer that is not passed on, as yet. */
export class WithheldAnswer {
  readonly head: ResponseHead;
  /** Set at its end: whether its connection may carry another exchange. */
  reusable: boolean | undefined = undefined;
  /** Why it broke off. */
  error: PortholeError | undefined = undefined;
  readonly #pieces: Buffer[] = [];
  #size = 0;

  constructor(head: ResponseHead) {
    this.head = head;
  }

  /** Copies `bytes`. False: hold back what comes next. */
  keep(bytes: Buffer): boolean {
    this.#pieces.push(Buffer.from(bytes));
    this.#size += bytes.length;
    return this.#size <= MAX_AHEAD;
  }

  /** Passes on what has come of the body. False: hold back what comes next. */
  writeTo(exchange: Exchange): boolean {
    let room = true;
    for (const piece of this.#pieces) room = exchange.write(piece);
    exchange.flush();
    return room;
  }
}

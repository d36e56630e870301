import { HEAD_LIMITS, type HeadLimits } from '../http1/head.ts';
import type { RequestHead } from '../http1/message.ts';
import { parseRequestHead, requestHeadEnd } from '../http1/request-head.ts';

const NOTHING = Buffer.alloc(0);
const LF = 0x0a;
/** A Buffer of one byte costs two hundred. */
const MAX_PIECES = 256;

/** Keeps what a client has sent and no request has taken, and reads the heads in it. */
export class HeadReader {
  #held: Buffer = NOTHING;
  /**
   * What came after `#held`, in pieces without a line end: no head ends in one, and joining each would make a head of
   * single bytes quadratic. Empty when `#held` is.
   */
  #tail: Buffer[] = [];
  #scanned = 0;
  #length = 0;
  readonly #limits: HeadLimits;

  constructor(limits: HeadLimits = HEAD_LIMITS) {
    this.#limits = limits;
  }

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Longer than a head may be. */
  get isFull(): boolean {
    return this.#length >= this.#limits.headBytes;
  }

  push(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#held.length === 0) {
      this.#held = bytes;
      return;
    }
    this.#tail.push(bytes);
    const full = this.isFull || this.#tail.length === MAX_PIECES;
    if (full || bytes.includes(LF)) this.#join();
  }

  /**
   * The next head, or undefined while it is incomplete.
   * @throws {PortholeError} as `parseRequestHead`; what follows can not be read then
   */
  next(): RequestHead | undefined {
    const end = requestHeadEnd(this.#held, this.#scanned, this.#limits);
    if (end < 0) {
      this.#scanned = this.#held.length;
      return undefined;
    }
    const head = parseRequestHead(this.#held, 0, end, this.#limits);
    this.#held = this.#held.subarray(end);
    this.#length -= end;
    this.#scanned = 0;
    if (this.#held.length === 0) this.#join();
    return head;
  }

  /** All that is held; nothing is held any more. */
  take(): Buffer {
    this.#join();
    const all = this.#held;
    this.#held = NOTHING;
    this.#length = 0;
    this.#scanned = 0;
    return all;
  }

  #join(): void {
    if (this.#tail.length === 0) return;
    this.#held = Buffer.concat([this.#held, ...this.#tail]);
    this.#tail = [];
  }
}

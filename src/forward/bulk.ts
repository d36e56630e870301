/** What a full TLS record holds (RFC 8446 section 5.1): behind less there is nothing more for now. Bytes. */
const FULL_RECORD = 16 * 1024;
/** What bodies may have of one turn of the event loop, all together. Milliseconds. */
const PER_TURN_MS = 1;
/** What one of them may bring in it: what is read from a socket in one go. Bytes. */
const PER_FLOW = 64 * 1024;

/** A body on its way. */
export interface Flow {
  /** Its turn has come: it may be read again. */
  goOn(): void;
}

/**
 * Lets bodies that come in bulk share the event loop with everybody else. libuv reads up to 2 MiB from a connection that has
 * so much, from each that is ready, before it looks at the next client that waits to be accepted: beside 500 lists at full
 * speed somebody with a small question waited for 4 s. Here flows are stopped when a turn has had enough, and go on in the
 * order in which they were stopped. One that is alone never is.
 */
export class Bulk {
  readonly #waiting = new Set<Flow>();
  #scheduled = false;
  /** More than one flow, in this turn and the one before. */
  #isShared = false;
  #wasShared = false;
  /** Who came last in this turn, and with how many bytes in a row. */
  #last: Flow | undefined;
  #run = 0;
  /** When this turn began. */
  #since = 0;
  /** How many of those that were stopped go on in a turn: as many as have had time enough before. */
  #atOnce = 8;

  /** Notes that `flow` has brought so many bytes. False: it is to be stopped, until it is told to go on. */
  take(flow: Flow, bytes: number): boolean {
    // Only what fills its record is worth it; nothing else pays for this.
    if (bytes < FULL_RECORD) return true;
    this.#schedule();
    if (this.#last !== flow) {
      if (this.#last !== undefined) this.#isShared = true;
      this.#last = flow;
      this.#run = 0;
    }
    this.#run += bytes;
    if (!this.#isShared && !this.#wasShared && this.#waiting.size === 0) return true;
    if (this.#run < PER_FLOW && performance.now() - this.#since < PER_TURN_MS) return true;
    this.#waiting.add(flow);
    return false;
  }

  /** Whether it was stopped, and not told to go on. */
  holds(flow: Flow): boolean {
    return this.#waiting.has(flow);
  }

  /** It has ended, or goes on no more. */
  leave(flow: Flow): void {
    this.#waiting.delete(flow);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#scheduled = false;
    this.#wasShared = this.#isShared;
    this.#isShared = false;
    this.#last = undefined;
    const now = performance.now();
    if (now - this.#since > 2 * PER_TURN_MS) this.#atOnce = Math.max(1, this.#atOnce >> 1);
    else if (this.#waiting.size > this.#atOnce) this.#atOnce++;
    this.#since = now;
    let left = this.#atOnce;
    for (const flow of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(flow);
      flow.goOn();
    }
    if (this.#waiting.size > 0) this.#schedule();
  };
}

/** There is one event loop. */
export const bulk = new Bulk();

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** How long to leave something alone that has failed: 1, 2, 4 ... 60 s. */
export class Backoff {
  readonly #now: () => number;
  #nextMs = FIRST_MS;
  #until = Number.NEGATIVE_INFINITY;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until the next attempt may be made; 0 or less is now. */
  get waitMs(): number {
    return this.#until - this.#now();
  }

  /** Notes one more failure; returns how long the next attempt has to wait, in ms. */
  failed(): number {
    const waitMs = this.#nextMs;
    this.#until = this.#now() + waitMs;
    this.#nextMs = Math.min(2 * waitMs, LONGEST_MS);
    return waitMs;
  }

  reset(): void {
    this.#nextMs = FIRST_MS;
    this.#until = Number.NEGATIVE_INFINITY;
  }
}

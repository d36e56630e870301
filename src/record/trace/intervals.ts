/** So many are kept, for a command that runs for days. */
const MAX_PARTS = 10_000;

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** How long at least one of several things was under way. Each is added when it has ended, in the order of the ends. */
export class Intervals {
  /** Disjoint, in order. Only the last ones can grow into each other. */
  #parts: Interval[] = [];
  /** Of those that are not kept any more: their sum, and the end of the last. */
  #settled = 0;
  #settledTo = Number.NEGATIVE_INFINITY;

  add(from: number, to: number): void {
    let start = Math.max(from, this.#settledTo);
    if (start >= to) return;
    let last = this.#parts.at(-1);
    while (last !== undefined && last.to >= from) {
      start = Math.min(start, last.from);
      this.#parts.pop();
      last = this.#parts.at(-1);
    }
    this.#parts.push({ from: start, to });
    if (this.#parts.length > MAX_PARTS) this.#settle();
  }

  /** A call that was under way all the time, and ends later, would fill the gaps between these: that much is given up. */
  #settle(): void {
    const early = this.#parts.slice(0, MAX_PARTS / 2);
    this.#parts = this.#parts.slice(early.length);
    this.#settled += lengthOf(early);
    this.#settledTo = early.at(-1)?.to ?? this.#settledTo;
  }

  get total(): number {
    return this.#settled + lengthOf(this.#parts);
  }
}

function lengthOf(parts: readonly Interval[]): number {
  return parts.reduce((sum, { from, to }) => sum + to - from, 0);
}

import { type FoundEvent, isLongRunning, latencyOf } from './event.ts';

/** The requests that took longest, and of those only so many: the longest first. */
export class Slowest {
  readonly #count: number;
  readonly #short: Ranking;
  readonly #long: Ranking;

  constructor(count: number) {
    this.#count = count;
    this.#short = new Ranking(count);
    this.#long = new Ranking(count);
  }

  add(found: FoundEvent): void {
    const latency = latencyOf(found.event);
    if (latency === undefined) return;
    (isLongRunning(found.event) ? this.#long : this.#short).add(latency, found);
  }

  /** Watches and tunnels, which are slow by nature, only where there is nothing else. */
  get found(): readonly FoundEvent[] {
    const short = this.#short.first();
    return short.length > 0 || this.#count === 0 ? short : this.#long.first();
  }
}

interface Ranked {
  readonly latency: number;
  readonly found: FoundEvent;
}

class Ranking {
  readonly #count: number;
  /** Not in order, and up to twice as many as wanted: sorting now and then is cheaper than at each one. */
  #kept: Ranked[] = [];
  /** What is not above it is among the first no more. */
  #floor = -1;

  constructor(count: number) {
    this.#count = count;
  }

  add(latency: number, found: FoundEvent): void {
    if (latency <= this.#floor) return;
    this.#kept.push({ latency, found });
    if (this.#kept.length > 2 * this.#count + 100) this.#cut();
  }

  first(): readonly FoundEvent[] {
    this.#cut();
    return this.#kept.map(({ found }) => found);
  }

  #cut(): void {
    this.#kept = this.#kept.sort((a, b) => b.latency - a.latency).slice(0, this.#count);
    if (this.#kept.length === this.#count) this.#floor = this.#kept.at(-1)?.latency ?? -1;
  }
}

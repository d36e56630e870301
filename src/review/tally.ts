/** Who or what asks most? Requests counted by group, in bounded memory. */
import { type AuditEvent, isLongRunning, latencyOf } from './event.ts';
import { LatencySketch } from './sketch.ts';

/** More groups than anybody reads: what belongs to none of the first so many is counted as one. */
const MOST_GROUPS = 10_000;
const LONGEST_NAME = 200;

/** What is known of the requests of one group. */
export class Group {
  readonly name: string;
  count = 0;
  /** Codes from 400 on. */
  errors = 0;
  readonly #latencies: { short?: LatencySketch; long?: LatencySketch } = {};

  constructor(name: string) {
    this.name = name;
  }

  add(event: AuditEvent): void {
    this.count++;
    if (isError(event)) this.errors++;
    const latency = latencyOf(event);
    if (latency === undefined) return;
    const length = isLongRunning(event) ? 'long' : 'short';
    this.#latencies[length] ??= new LatencySketch();
    this.#latencies[length].add(latency);
  }

  /** How long its requests took; how long its watches and tunnels were open only where it has nothing else. */
  get latencies(): LatencySketch | undefined {
    return this.#latencies.short ?? this.#latencies.long;
  }
}

/** Requests by group: those with most of them first. */
export class Tally {
  readonly #groups = new Map<string, Group>();
  readonly #nameOf: (event: AuditEvent) => string;
  readonly #most: number;
  /** Of the groups that there was no room for. */
  readonly others = new Group('(others)');

  constructor(nameOf: (event: AuditEvent) => string, most = MOST_GROUPS) {
    this.#nameOf = nameOf;
    this.#most = most;
  }

  add(event: AuditEvent): void {
    this.#groupOf(this.#nameOf(event).slice(0, LONGEST_NAME)).add(event);
  }

  #groupOf(name: string): Group {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    if (this.#groups.size >= this.#most) return this.others;
    const group = new Group(name);
    this.#groups.set(name, group);
    return group;
  }

  get size(): number {
    return this.#groups.size;
  }

  first(count: number): readonly Group[] {
    const all = this.others.count === 0 ? [] : [this.others];
    return [...this.#groups.values(), ...all]
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
      .slice(0, count);
  }
}

/** What all requests have in common. */
export class Totals {
  count = 0;
  errors = 0;
  /** Those of which it is told how long they took. */
  timed = 0;
  /** Of those, watches, tunnels and logs. */
  longRunning = 0;
  /** Events that porthole told it had dropped. */
  dropped = 0;
  /** When the first and the last request were received, in µs since the epoch. */
  from = Number.POSITIVE_INFINITY;
  to = Number.NEGATIVE_INFINITY;

  add(event: AuditEvent): void {
    this.count++;
    if (isError(event)) this.errors++;
    if (latencyOf(event) !== undefined) {
      this.timed++;
      if (isLongRunning(event)) this.longRunning++;
    }
    // NaN is neither.
    if (event.received < this.from) this.from = event.received;
    if (event.received > this.to) this.to = event.received;
  }
}

function isError({ code, stage }: AuditEvent): boolean {
  return stage === 'Panic' || (code !== undefined && code >= 400);
}

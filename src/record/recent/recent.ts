import { logLevel } from '../access/fields.ts';
import { objectOf, verbOf } from '../access/words.ts';
import type { ExchangeRecord, Outcome } from '../exchange-record.ts';
import type { Recorder } from '../recorder.ts';

/** An exchange that the log has as a warning or an error, as far as a summary tells of it. */
export interface RecentError {
  /** ms since the epoch. */
  readonly time: number;
  readonly verb: string;
  readonly what: string;
  readonly status: number | undefined;
  readonly outcome: Outcome;
  /** The error's sentence. */
  readonly error: string | undefined;
}

const KEPT = 20;
/** Of each text, so that what is kept is little, whatever a client sends. */
const MAX_TEXT = 500;

/** What happened of late, for those who ask a running porthole how it is: cheap to keep, and bounded. */
export class Recent implements Recorder {
  readonly #outcomes: Record<Outcome, number> = {
    ok: 0,
    refused: 0,
    'client-gone': 0,
    'upstream-failed': 0,
    'upstream-aborted': 0,
    stopped: 0,
  };
  /** The ends of the list of those under way, which leads through their records: a Set costs 0.3 µs more. */
  #oldest: ExchangeRecord | undefined;
  #newest: ExchangeRecord | undefined;
  readonly #ring: RecentError[] = [];
  #next = 0;

  begin(record: ExchangeRecord): undefined {
    record.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = record;
    else this.#newest.newer = record;
    this.#newest = record;
  }

  ended(record: ExchangeRecord): void {
    // One whose head could not be read was never begun.
    if (record.older !== undefined || record === this.#oldest) this.#unlink(record);
    const { outcome } = record;
    if (outcome === undefined) return;
    this.#outcomes[outcome]++;
    if (logLevel(record) !== 'info') this.#keep(record, outcome);
  }

  /** How many exchanges ended how, since the start. */
  get outcomes(): Readonly<Record<Outcome, number>> {
    return this.#outcomes;
  }

  /** Exchanges that are under way, the oldest first. */
  get open(): readonly ExchangeRecord[] {
    const open: ExchangeRecord[] = [];
    for (let at = this.#oldest; at !== undefined; at = at.newer) open.push(at);
    return open;
  }

  /** The last of them, 20 at most, the oldest first. */
  get errors(): readonly RecentError[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
  }

  #unlink(record: ExchangeRecord): void {
    const { older, newer } = record;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    // Whoever still remembers it is not to keep the others with it.
    record.older = undefined;
    record.newer = undefined;
  }

  /** A record would keep its trail with it, and what that holds of bodies. */
  #keep(record: ExchangeRecord, outcome: Outcome): void {
    this.#ring[this.#next] = {
      time: record.time,
      verb: verbOf(record).slice(0, MAX_TEXT),
      what: objectOf(record).slice(0, MAX_TEXT),
      status: record.status,
      outcome,
      error: record.error?.slice(0, MAX_TEXT),
    };
    this.#next = (this.#next + 1) % KEPT;
  }
}

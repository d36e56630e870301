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
  /** In the order of their requests. */
  readonly #open = new Set<ExchangeRecord>();
  readonly #ring: RecentError[] = [];
  #next = 0;

  begin(record: ExchangeRecord): undefined {
    this.#open.add(record);
  }

  ended(record: ExchangeRecord): void {
    this.#open.delete(record);
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
  get open(): ReadonlySet<ExchangeRecord> {
    return this.#open;
  }

  /** The last of them, 20 at most, the oldest first. */
  get errors(): readonly RecentError[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
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

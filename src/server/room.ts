import { readFileSync } from 'node:fs';
import { PortholeError } from '../errors.ts';

/** Who may have to make room for others. */
export interface Guest {
  /** Nothing is lost when it ends: no request is under way, and no answer. */
  readonly dispensable: boolean;
  /** Monotonic milliseconds at which it began to wait, and at which it ends by itself. */
  readonly since: number;
  readonly deadline: number;
  /** Ends it; what has begun to ask is told `error`. */
  giveWay(error: PortholeError): void;
}

/** One of so many ends at once: to look for them costs more than to end them. */
const SHARE = 64;
/** Files that are open beside connections: logs, the kubeconfig, pipes of plugins. */
const OTHER_FILES = 64;
/** How often the operator is told, in milliseconds. */
const TOLD_EVERY = 60_000;

/**
 * How many may be connected at once, and who makes room when all places are taken: those that carry no request, as nginx
 * does with connections that are kept alive (`ngx_drain_connections`). Those go first whose deadline comes first:
 * connections that say nothing, or only half a head, before idle ones.
 */
export class Room {
  readonly places: number;
  readonly #refusal: PortholeError;
  readonly #spareMs: number;
  readonly #warn: (sentence: string) => void;
  #toldAt = Number.NEGATIVE_INFINITY;

  /**
   * `limit` are connections; each may need one more, to the API server, of the files that may be open. Who has waited for
   * less than `spareMs` is spared.
   */
  constructor(limit: number, openFiles: number, spareMs: number, warn: (sentence: string) => void) {
    this.places = Math.max(1, Math.min(limit, Math.floor((openFiles - OTHER_FILES) / 2)));
    this.#spareMs = spareMs;
    this.#warn = warn;
    const way =
      this.places < limit
        ? `the limit of ${openFiles} open files leaves no room for more: raise it (ulimit -n)`
        : 'raise --max-connections if they are yours';
    this.#refusal = new PortholeError(
      'ERR_LIMIT_REACHED',
      `${this.places} client connections are open; ${way}`,
    );
  }

  /** Undefined when there is a place for one more than `guests`, now; else why not. */
  refuse(guests: Set<Guest>): PortholeError | undefined {
    if (guests.size < this.places) return undefined;
    this.#tell(this.#refusal.message);
    return this.drain(guests) ? undefined : this.#refusal;
  }

  /** No file can be opened any more, and so no connection accepted. */
  exhausted(guests: Set<Guest>, error: Error): void {
    this.#tell(
      `no client can be accepted (${error.message}); raise the limit of open files (ulimit -n)`,
    );
    this.drain(guests);
  }

  /** Whether any of them has made room. */
  drain(guests: Set<Guest>): boolean {
    const latest = performance.now() - this.#spareMs;
    const dispensable = [...guests].filter((guest) => guest.dispensable && guest.since <= latest);
    dispensable.sort((a, b) => a.deadline - b.deadline);
    for (const guest of dispensable.slice(0, Math.ceil(guests.size / SHARE))) {
      // Its socket says only later that it is closed.
      guests.delete(guest);
      guest.giveWay(this.#refusal);
    }
    return dispensable.length > 0;
  }

  #tell(sentence: string): void {
    const now = performance.now();
    if (now - this.#toldAt < TOLD_EVERY) return;
    this.#toldAt = now;
    this.#warn(sentence);
  }
}

/** How many files this process may have open: Node has raised its limit as far as it may. Infinity where nobody says. */
export function openFilesLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+) /m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

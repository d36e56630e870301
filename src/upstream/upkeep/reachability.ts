import type { PortholeError } from '../../errors.ts';

/** The API server can not be reached any more, or can again. */
export interface ReachabilityEvent {
  readonly reachable: boolean;
  /** For the operator. */
  readonly sentence: string;
}

/** Milliseconds. */
interface Times {
  /** How often is asked while the API server is unreachable. */
  readonly recovery: number;
  /** For how long after the last request. */
  readonly patience: number;
}

/** Whether an error means that no answer came at all; one of TLS comes from somebody. */
export function isUnreachable(error: PortholeError): boolean {
  return error.code === 'ERR_UPSTREAM_UNREACHABLE' || error.code === 'ERR_UPSTREAM_TIMEOUT';
}

/**
 * Says once that the API server is unreachable and once that it is back. In between it asks for itself, as long as
 * somebody else does.
 */
export class Reachability {
  readonly #times: Times;
  readonly #probe: () => Promise<unknown>;
  readonly #tell: ((event: ReachabilityEvent) => void) | undefined;
  #askedAt = 0;
  /** Monotonic milliseconds; undefined while it is reachable, as far as is known. */
  #lostAt: number | undefined;
  #backAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `probe` tries to reach it, and its end is told to `dialled` as that of every dial. */
  constructor(
    times: Times,
    probe: () => Promise<unknown>,
    tell: ((event: ReachabilityEvent) => void) | undefined,
  ) {
    this.#times = times;
    this.#probe = probe;
    this.#tell = tell;
  }

  /** A client has asked for something. */
  asked(): void {
    if (this.#lostAt === undefined) return;
    this.#askedAt = performance.now();
    this.#schedule();
  }

  /** A dial has ended, with `error` or well. */
  dialled(error: PortholeError | undefined): void {
    if (this.#closed || this.#tell === undefined) return;
    if (error === undefined) this.#back(this.#tell);
    else if (isUnreachable(error)) this.#lost(error, this.#tell);
  }

  /** Says and asks nothing any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #lost(error: PortholeError, tell: (event: ReachabilityEvent) => void): void {
    const now = performance.now();
    // Where every other dial fails, two lines for each would drown the log.
    if (this.#lostAt !== undefined || now - this.#backAt < this.#times.recovery) return;
    this.#lostAt = now;
    this.#askedAt = now;
    const reason = error.message.replace(/^cannot reach the API server at /, '');
    tell({ reachable: false, sentence: `API server unreachable: ${reason}` });
    this.#schedule();
  }

  #back(tell: (event: ReachabilityEvent) => void): void {
    if (this.#lostAt === undefined) return;
    this.#backAt = performance.now();
    const seconds = Math.round((this.#backAt - this.#lostAt) / 1000);
    this.#lostAt = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    tell({ reachable: true, sentence: `API server is back, after ${seconds} s` });
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#ask(), this.#times.recovery).unref();
  }

  async #ask(): Promise<void> {
    if (performance.now() - this.#askedAt <= this.#times.patience) await this.#probe();
    else if (this.#lostAt !== undefined) {
      // Nobody wants to know; the next one who asks starts this again.
      this.#timer = undefined;
      return;
    }
    this.#timer = undefined;
    if (this.#lostAt !== undefined) this.#schedule();
  }
}

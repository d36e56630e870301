import { PortholeError } from '../../errors.ts';

interface Waiter {
  readonly batch: number;
  /** When it gives up: ms of performance.now(). */
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: PortholeError) => void;
}

/** Those who wait until their lines are written, in the order of their lines. Batches are numbered upwards. */
export class Acknowledgements {
  readonly #deadlineMs: number;
  /** Called when one has waited too long; returns what it is told. */
  readonly #onLate: () => PortholeError;
  #waiters: Waiter[] = [];
  /** One for all of them: it wakes for the first, and then for whoever is the first. */
  #timer: NodeJS.Timeout | undefined;

  constructor(deadlineMs: number, onLate: () => PortholeError) {
    this.#deadlineMs = deadlineMs;
    this.#onLate = onLate;
  }

  get areAwaited(): boolean {
    return this.#waiters.length > 0;
  }

  /** Resolves when this batch is written. */
  waitFor(batch: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.#deadlineMs;
      this.#waiters.push({ batch, deadline, resolve, reject });
      this.#timer ??= setTimeout(this.#wake, this.#deadlineMs).unref();
    });
  }

  /** All batches up to this one are written. */
  written(batch: number): void {
    if (this.#waiters.length === 0) return;
    const later = this.#waiters.findIndex((waiter) => waiter.batch > batch);
    const done = this.#waiters.splice(0, later < 0 ? this.#waiters.length : later);
    for (const { resolve } of done) resolve();
  }

  /** Tells everybody that it did not work. */
  fail(error: () => PortholeError): void {
    if (this.#waiters.length === 0) return;
    const failed = this.#waiters;
    this.#waiters = [];
    for (const { reject } of failed) reject(error());
  }

  readonly #wake = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const first = this.#waiters.findIndex(({ deadline }) => deadline > now);
    const late = this.#waiters.splice(0, first < 0 ? this.#waiters.length : first);
    for (const { reject } of late) reject(this.#onLate());
    const next = this.#waiters[0];
    if (next !== undefined) {
      this.#timer = setTimeout(this.#wake, Math.max(1, next.deadline - now)).unref();
    }
  };
}

/** For the client: the path of the log is not its business. */
export function unwritten(reason: string, cause?: unknown): PortholeError {
  const sentence = `the audit log cannot be written, and nothing may happen without it: ${reason}`;
  return new PortholeError('ERR_AUDIT', sentence, { cause });
}

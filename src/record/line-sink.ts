import { close, write } from 'node:fs';
import type { LogEnd } from './log-file.ts';

/** Queued text that is worth a write before its time, in characters. */
const CHUNK = 16 * 1024;
/** The most that waits for a slow reader or a full disk, in characters. */
const MAX_HELD = 8 * 1024 * 1024;
const FLUSH_MS = 100;
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 100;
const CLOSE_MS = 1000;

/**
 * Takes lines at once and writes them later, in order. While the reader is slow or the disk full, lines wait in a bounded
 * queue; when that is full, lines are dropped and counted until half of it is free again. A failed write is tried again
 * for as long as the sink is open: readers come back, and disks are cleared.
 *
 * Not `pino.destination`: its exit hook waits for a sleeping reader without end, a broken pipe is its last word, and it
 * measures its whole queue anew for every line, which costs half of what making the line does.
 */
export class LineSink {
  /** Lines that were not written and will not be. */
  dropped = 0;
  /** Called when there is room again after `count` lines were dropped; may write a line that says so. */
  onRoom: (count: number) => void = () => {};

  readonly #end: LogEnd;
  #state: 'idle' | 'writing' | 'waiting' | 'closed' = 'idle';
  #queue: string;
  /** What is left of the text that is being written. */
  #writing: Buffer = Buffer.alloc(0);
  /** Until the next flush, or while `waiting` until the next try. */
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #full = false;
  #unreported = 0;
  #paused = false;
  #closing: Promise<void> | undefined;
  #onClosed: (() => void) | undefined;

  constructor(end: LogEnd) {
    this.#end = end;
    this.#queue = end.midLine ? '\n' : '';
  }

  /** Takes one line with its newline, or drops it. Never waits, never throws. */
  write(line: string): void {
    if (this.#state === 'closed' || this.#full || this.#held() + line.length > MAX_HELD) {
      this.#full = true;
      this.dropped++;
      this.#unreported++;
      return;
    }
    this.#queue += line;
    if (this.#state === 'idle') this.#schedule();
  }

  /** Leaves lines in the queue, until it is called with false or the sink is closed. */
  hold(on: boolean): void {
    this.#paused = on;
    if (!on && this.#state === 'idle') this.#schedule();
  }

  /** Writes what is queued, for a second at most; lines that are left then count as dropped. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const deadline = setTimeout(() => this.#finish(), CLOSE_MS);
      this.#onClosed = () => {
        clearTimeout(deadline);
        resolve();
      };
      if (this.#state === 'idle') this.#schedule();
    });
    return this.#closing;
  }

  /** How much waits: bytes of what is being written, characters of what is not yet encoded. */
  #held(): number {
    return this.#writing.length + this.#queue.length;
  }

  #schedule(): void {
    const closing = this.#onClosed !== undefined;
    if (this.#paused && !closing) return;
    if (closing && this.#held() === 0) this.#finish();
    else if (closing || this.#writing.length > 0 || this.#queue.length >= CHUNK) this.#flush();
    else if (this.#queue !== '') this.#timer ??= setTimeout(this.#flush, FLUSH_MS).unref();
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#paused && this.#onClosed === undefined && this.#writing.length === 0) {
      this.#state = 'idle';
      return;
    }
    if (this.#writing.length === 0) {
      this.#writing = Buffer.from(this.#queue);
      this.#queue = '';
    }
    this.#state = 'writing';
    write(this.#end.fd, this.#writing, this.#onWritten);
  };

  readonly #onWritten = (error: Error | null, written: number): void => {
    if (this.#state === 'closed') {
      this.#release();
      return;
    }
    if (error !== null) {
      this.#state = 'waiting';
      this.#timer = setTimeout(this.#flush, this.#retryMs).unref();
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
      return;
    }
    this.#retryMs = FIRST_RETRY_MS;
    this.#writing = this.#writing.subarray(written);
    if (this.#full && this.#held() <= MAX_HELD / 2) this.#reportDropped();
    this.#state = 'idle';
    this.#schedule();
  };

  #reportDropped(): void {
    const count = this.#unreported;
    this.#full = false;
    this.#unreported = 0;
    this.onRoom(count);
  }

  #finish(): void {
    const writing = this.#state === 'writing';
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.dropped += this.#writing.toString('latin1').split('\n').length - 1;
    this.dropped += this.#queue.split('\n').length - 1;
    // A write under way still owns the descriptor: closed now, its number could be a socket's when the write goes on.
    if (writing) this.#onClosed?.();
    else this.#release();
  }

  #release(): void {
    if (this.#end.owned) close(this.#end.fd, () => this.#onClosed?.());
    else this.#onClosed?.();
  }
}

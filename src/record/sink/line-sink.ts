import { PortholeError } from '../../errors.ts';
import { Acknowledgements, unwritten } from './acknowledgements.ts';
import { hider } from './hiding.ts';
import { LineQueue, linesIn } from './line-queue.ts';
import type { LineSinkOptions } from './line-sink-options.ts';
import type { LogEnd } from './log-end.ts';
import { why } from './open-file.ts';

/** Queued lines that are worth a write before their time. Bytes. */
const CHUNK = 192 * 1024;
/** The most that waits for a slow reader or a full disk. Bytes. */
const MAX_HELD = 8 * 1024 * 1024;
const FLUSH_MS = 100;
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 100;
const CLOSE_MS = 1000;
const WRITE_THROUGH_MS = 5000;

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
  readonly #hide: ((text: string) => string) | undefined;
  readonly #maxHeld: number;
  readonly #closeMs: number;
  readonly #onProblem: (sentence: string) => void;
  readonly #acknowledgements: Acknowledgements;
  #state: 'idle' | 'writing' | 'waiting' | 'closed' = 'idle';
  readonly #queue = new LineQueue();
  /** What is left of the lines that are being written. */
  #writing: Buffer = Buffer.alloc(0);
  /** The number of these; what is queued will be of the next. */
  #batch = 0;
  /** Until the next flush, or while `waiting` until the next try. */
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #full = false;
  #unreported = 0;
  #paused = false;
  /** The last write failed. */
  #isFailing = false;
  /** Nothing was written for so long that somebody gave up waiting. */
  #isStuck = false;
  #reopenNext = false;
  #closing: Promise<void> | undefined;
  #onClosed: (() => void) | undefined;

  constructor(end: LogEnd, options: LineSinkOptions = {}) {
    this.#end = end;
    this.#hide = options.secret === undefined ? undefined : hider(options.secret);
    this.#maxHeld = options.maxHeld ?? MAX_HELD;
    this.#closeMs = options.closeMs ?? CLOSE_MS;
    this.#onProblem = options.onProblem ?? (() => {});
    this.#acknowledgements = new Acknowledgements(
      options.writeThroughMs ?? WRITE_THROUGH_MS,
      () => {
        this.#isStuck = true;
        return unwritten('it takes too long');
      },
    );
  }

  /** Takes one line with its newline, or drops it. Never waits, never throws. */
  write(line: string): void {
    if (this.#take(line) && this.#state === 'idle') this.#schedule();
  }

  /** The same for the first `length` of these bytes, which are lent. */
  writeAscii(bytes: Buffer, length: number): void {
    if (this.#hide !== undefined) this.write(bytes.toString('latin1', 0, length));
    else if (this.#accepts(length)) {
      this.#queue.addAscii(bytes, length);
      if (this.#state === 'idle') this.#schedule();
    }
  }

  /**
   * Takes one line with its newline, and resolves when it has been written, together with the others of its time: handed to
   * the system, that is, not forced to the disk. One whose writer was told that it failed may still be written later.
   * @throws {PortholeError} `ERR_AUDIT` as rejection
   */
  writeThrough(line: string): Promise<void> {
    const isTaken = this.#take(line);
    if (!isTaken) return Promise.reject(unwritten('there is no room for it'));
    if (this.#isStuck) return Promise.reject(unwritten('it takes too long'));
    const written = this.#acknowledgements.waitFor(this.#batch + 1);
    if (this.#state === 'idle') this.#flush();
    return written;
  }

  /** Leaves lines in the queue, until it is called with false or the sink is closed. */
  hold(on: boolean): void {
    this.#paused = on;
    if (!on && this.#state === 'idle') this.#schedule();
  }

  /** Somebody may have moved the file: lines that are not yet being written go to the one that has its name now. */
  reopen(): void {
    if (this.#state === 'writing') this.#reopenNext = true;
    else if (this.#state !== 'closed') this.#end.reopen();
  }

  /** Writes what is queued, for so long as it may; lines that are left then count as dropped. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const deadline = setTimeout(() => this.#finish(), this.#closeMs);
      this.#onClosed = () => {
        clearTimeout(deadline);
        resolve();
      };
      if (this.#state === 'idle') this.#schedule();
    });
    return this.#closing;
  }

  #take(line: string): boolean {
    const text = this.#hide === undefined ? line : this.#hide(line);
    if (!this.#accepts(text.length)) return false;
    this.#queue.add(text);
    return true;
  }

  /** Whether there is room for a line that long; one for which there is none is dropped. */
  #accepts(length: number): boolean {
    if (this.#state !== 'closed' && !this.#full && this.#held() + length <= this.#maxHeld)
      return true;
    this.#full ||= this.#held() > 0; // A line that is too long for an empty queue stops nobody behind it.
    this.dropped++;
    this.#unreported++;
    return false;
  }

  #held(): number {
    return this.#writing.length + this.#queue.held;
  }

  #schedule(): void {
    const closing = this.#onClosed !== undefined;
    const isUrgent = closing || this.#acknowledgements.areAwaited;
    if (this.#paused && !closing) return;
    if (closing && this.#held() === 0) this.#finish();
    else if (isUrgent || this.#writing.length > 0 || this.#queue.held >= CHUNK) this.#flush();
    else if (this.#queue.held > 0) this.#timer ??= setTimeout(this.#flush, FLUSH_MS).unref();
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#paused && this.#onClosed === undefined && this.#writing.length === 0) {
      this.#state = 'idle';
      return;
    }
    if (this.#writing.length === 0) {
      this.#writing = this.#queue.take();
      this.#batch++;
    }
    this.#state = 'writing';
    this.#end.write(this.#writing).then(this.#onWritten, this.#onFailed);
  };

  readonly #onWritten = (written: number): void => {
    const taken = this.#writing;
    this.#writing = taken.subarray(written);
    if (this.#writing.length === 0) {
      this.#queue.giveBack(taken);
      this.#acknowledgements.written(this.#batch);
    }
    if (this.#state === 'closed') {
      this.#release();
      return;
    }
    if (written > 0) {
      this.#retryMs = FIRST_RETRY_MS;
      this.#isFailing = false;
      this.#isStuck = false;
    }
    if (this.#unreported > 0 && this.#held() <= this.#maxHeld / 2) this.#reportDropped();
    // Not in the middle of a line: that is for the old file to end.
    if (this.#writing.length === 0) this.#reopenIfAsked();
    this.#state = 'idle';
    this.#schedule();
  };

  readonly #onFailed = (error: unknown): void => {
    if (this.#state === 'closed') {
      this.#release();
      return;
    }
    // EAGAIN is a reader who has not yet read: those who wait for their lines do so until they have waited too long.
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) {
      const isOurs = error instanceof PortholeError;
      const reason = isOurs ? 'its file cannot be opened' : why(error);
      this.#acknowledgements.fail(() => unwritten(reason, error));
      const sentence = isOurs ? error.message : `cannot write to ${this.#end.name}: ${reason}`;
      if (!this.#isFailing) this.#onProblem(sentence);
      this.#isFailing = true;
    }
    this.#reopenIfAsked();
    this.#state = 'waiting';
    this.#timer = setTimeout(this.#flush, this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  };

  #reopenIfAsked(): void {
    if (!this.#reopenNext) return;
    this.#reopenNext = false;
    this.#end.reopen();
  }

  #reportDropped(): void {
    const count = this.#unreported;
    this.#full = false;
    this.#unreported = 0;
    this.onRoom(count);
  }

  #finish(): void {
    if (this.#state === 'closed') return;
    const isWriting = this.#state === 'writing';
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.dropped += linesIn(this.#writing) + this.#queue.lines;
    this.#acknowledgements.fail(() => unwritten('porthole is stopping'));
    // A write under way still owns the descriptor: closed now, its number could be a socket's when the write goes on.
    if (isWriting) this.#onClosed?.();
    else this.#release();
  }

  #release(): void {
    this.#end.close().then(this.#onClosed);
  }
}

import { close, fstat, write } from 'node:fs';
import { promisify } from 'node:util';
import { Backups } from './backups.ts';
import type { LogEnd } from './log-end.ts';
import { type OpenFile, openForAppending, why } from './open-file.ts';
import type { Rotation } from './rotation.ts';

const writeTo = promisify(write);
const statOf = promisify(fstat);

const NOTHING: Buffer = Buffer.alloc(0);
const NEWLINE = 0x0a;
/** What failed beside the writing is tried again after this. */
const PAUSE_MS = 250;

export interface FileEndOptions {
  readonly rotation?: Rotation | undefined;
  /** It has to be ours, and is nobody else's to read. */
  readonly isPrivate?: boolean | undefined;
  /** Takes a sentence about what did not work and does not stop the lines: once for each, until it worked again. */
  readonly onProblem?: ((sentence: string) => void) | undefined;
}

/**
 * A file that lines are appended to. It begins on a fresh line, is put aside when it is full, and is made anew when
 * somebody deleted it; no line is torn by that or lost. FIFOs and devices are just written to.
 */
export class FileEnd implements LogEnd {
  readonly name: string;
  readonly #file: string;
  readonly #isPrivate: boolean;
  readonly #maxBytes: number;
  readonly #backups: Backups | undefined;
  readonly #onProblem: (sentence: string) => void;
  #open: OpenFile;
  #size: number;
  /** What has to be written before anything else: the end of another's broken line, and the start of ours. */
  #before: Buffer;
  /** The line that is not complete yet: as much of it as has been written. */
  #partial = NOTHING;
  #isDeleted = false;
  /** When to try again what failed; undefined while nothing did. ms since the epoch. */
  #reopenAt: number | undefined;
  #rotateAt: number | undefined;

  /** @throws {PortholeError} `ERR_LOG_FILE`, and for a private file `ERR_AUDIT_LOG` */
  constructor(file: string, { rotation, isPrivate = false, onProblem }: FileEndOptions) {
    this.name = JSON.stringify(file);
    this.#file = file;
    this.#isPrivate = isPrivate;
    this.#onProblem = onProblem ?? (() => {});
    this.#open = openForAppending(file, isPrivate);
    this.#size = this.#open.stat.size;
    this.#before = this.#start();
    const isRotating = rotation !== undefined && this.#open.stat.isFile();
    this.#maxBytes = isRotating ? rotation.maxBytes : 0;
    if (isRotating) this.#backups = new Backups(file, rotation, this.#onProblem);
    this.#backups?.tidy();
  }

  async write(bytes: Buffer): Promise<number> {
    if (this.#isDeleted) this.#openAnew();
    else if (this.#reopenAt !== undefined && Date.now() >= this.#reopenAt) this.#tryReopen();
    if (!this.#open.stat.isFile()) return (await writeTo(this.#open.fd, bytes)).bytesWritten;

    while (this.#before.length > 0) {
      const written = await this.#put(this.#before, this.#before.length);
      if (this.#isDeleted) return 0;
      this.#before = this.#before.subarray(written);
    }
    if (this.#isFullFor(bytes)) await this.#rotate();
    const written = await this.#put(bytes, this.#fitting(bytes));
    if (written > 0) this.#partial = lastLine(this.#partial, bytes.subarray(0, written));
    return written;
  }

  reopen(): void {
    this.#reopenAt = undefined;
    this.#tryReopen();
  }

  #tryReopen(): void {
    const isFirst = this.#reopenAt === undefined;
    try {
      this.#openAnew();
    } catch (error) {
      this.#reopenAt = Date.now() + PAUSE_MS;
      if (isFirst) this.#onProblem(`${why(error)}; going on with the file that was open`);
    }
  }

  async close(): Promise<void> {
    await this.#backups?.stop();
    await new Promise<void>((resolve) => close(this.#open.fd, () => resolve()));
  }

  /** Resolves to 0 when the file was deleted: what was written is in no file then. */
  async #put(bytes: Buffer, length: number): Promise<number> {
    let written = 0;
    let failure: unknown;
    try {
      written = (await writeTo(this.#open.fd, bytes, 0, length)).bytesWritten;
    } catch (error) {
      failure = error;
    }
    const { nlink, size } = await statOf(this.#open.fd);
    this.#isDeleted = nlink === 0;
    if (this.#isDeleted) return 0; // Also after a failure: a full disk has room when we let go of the file.
    this.#size = size; // Others may append to the file, or cut it as logrotate's copytruncate does.
    if (failure !== undefined) throw failure;
    return written;
  }

  /** @throws {PortholeError} when the file that is now at this path cannot be used; then the old one stays open */
  #openAnew(): void {
    const old = this.#open;
    const mode = this.#isPrivate ? 0o600 : old.stat.mode & 0o666;
    this.#open = openForAppending(this.#file, this.#isPrivate, mode);
    close(old.fd, () => {});
    this.#size = this.#open.stat.size;
    this.#before = this.#start();
    this.#isDeleted = false;
    this.#reopenAt = undefined;
  }

  #start(): Buffer {
    return this.#open.midLine ? Buffer.concat([Buffer.of(NEWLINE), this.#partial]) : this.#partial;
  }

  /** Whether the next line would make the file too long. A line is never split, and never put into an empty file in vain. */
  #isFullFor(bytes: Buffer): boolean {
    if (this.#maxBytes === 0 || this.#size === 0 || this.#partial.length > 0) return false;
    if (this.#size + bytes.length <= this.#maxBytes) return false;
    if (this.#rotateAt !== undefined && Date.now() < this.#rotateAt) return false;
    return this.#size + firstLine(bytes) > this.#maxBytes;
  }

  /** How many of these bytes still go into the file: whole lines. */
  #fitting(bytes: Buffer): number {
    const room = this.#maxBytes - this.#size;
    if (this.#maxBytes === 0 || this.#rotateAt !== undefined || bytes.length <= room)
      return bytes.length;
    const whole = room > 0 ? bytes.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
    return whole > 0 ? whole : firstLine(bytes);
  }

  async #rotate(): Promise<void> {
    const isFirst = this.#rotateAt === undefined;
    try {
      await this.#backups?.putAside(this.#open.stat);
      this.#openAnew();
      this.#rotateAt = undefined;
    } catch (error) {
      this.#rotateAt = Date.now() + PAUSE_MS;
      if (isFirst) {
        const sentence = `cannot start a new log file in place of ${this.name}, which is full`;
        this.#onProblem(`${sentence}: ${why(error)}; going on with the old one`);
      }
      return;
    }
    this.#backups?.tidy();
  }
}

/** Up to and with the first newline, or all. */
function firstLine(bytes: Buffer): number {
  const newline = bytes.indexOf(NEWLINE);
  return newline < 0 ? bytes.length : newline + 1;
}

/** The incomplete line at the end, when these bytes follow that one. */
function lastLine(partial: Buffer, bytes: Buffer): Buffer {
  const newline = bytes.lastIndexOf(NEWLINE);
  if (newline === bytes.length - 1) return NOTHING;
  return newline < 0 ? Buffer.concat([partial, bytes]) : Buffer.from(bytes.subarray(newline + 1)); // A copy: the rest may be megabytes.
}

import { close, fstat, ftruncateSync, type Stats, write, writeSync } from 'node:fs';
import { ending } from './layout.ts';
import type { ArchiveFile } from './open.ts';

/** The most that waits for a slow or full disk, in characters. */
const MAX_HELD = 8 * 1024 * 1024;
/** The most that goes out at once, in characters, unless one entry is longer. */
const MAX_WRITE = 256 * 1024;
const FLUSH_MS = 100;
const RETRY_MS = 100;
const CLOSE_MS = 1000;

export interface ArchiveOptions {
  /** Called when the file was deleted, until it does not throw. */
  readonly openAnew?: (() => ArchiveFile) | undefined;
  /** Somebody else writes to the file, who would be overwritten: nothing more is written to it. */
  readonly onTaken?: (() => void) | undefined;
}

/**
 * Writes entries to a file that is a whole archive at every moment but for those of one write call: what ends an archive
 * is written behind each lot of entries, and overwritten by the next. When somebody deleted the file, a new one is begun.
 */
export class Archive {
  /** Entries that were not written and will not be. */
  dropped = 0;
  #fd = -1;
  /** Where the next entry goes. */
  #at = 0;
  #hasEntries = false;
  /** Exchanges that are missing, and how many of them the file's ending tells of. */
  #missing = 0;
  #told = 0;
  readonly #options: ArchiveOptions;
  /** What is in the file after a write that failed is not known. */
  #isUnsure = false;
  /** What is open has no name any more. */
  #isDeleted = false;
  #state: 'idle' | 'writing' | 'waiting' | 'closed' = 'idle';
  readonly #queue: string[] = [];
  #held = 0;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #onClosed: (() => void) | undefined;

  constructor(file: ArchiveFile, options: ArchiveOptions = {}) {
    this.#options = options;
    this.#goOn(file);
  }

  /** Takes an entry, a line of JSON, or drops it. Never waits, never throws. */
  add(entry: string): void {
    if (this.#state === 'closed' || this.#held + entry.length > MAX_HELD) {
      this.dropped++;
      this.#missing++;
      return;
    }
    this.#queue.push(entry);
    this.#held += entry.length;
    if (this.#state === 'idle') this.#schedule();
  }

  /** Writes what is queued, for a second at most. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      if (this.#state === 'closed') return resolve();
      const deadline = setTimeout(() => this.#finish(), CLOSE_MS);
      this.#onClosed = () => {
        clearTimeout(deadline);
        resolve();
      };
      if (this.#state === 'idle') this.#schedule();
    });
    return this.#closing;
  }

  #schedule(): void {
    const stale = this.#queue.length > 0 || this.#missing > this.#told;
    const closing = this.#onClosed !== undefined;
    if (closing && !stale) this.#finish();
    else if (closing || this.#held >= MAX_WRITE) this.#flush();
    else if (stale) this.#timer ??= setTimeout(this.#flush, FLUSH_MS).unref();
  }

  #goOn({ fd, at, hasEntries, missing }: ArchiveFile): void {
    this.#fd = fd;
    this.#at = at;
    this.#hasEntries = hasEntries;
    this.#missing += missing - this.#told;
    this.#told = missing;
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isDeleted && !this.#begunAnew()) {
      this.#wait();
      return;
    }
    this.#state = 'writing';
    // Two who write by turns would each write over what the other has added.
    fstat(this.#fd, (_, stat) => {
      if (this.#state === 'closed') this.#release();
      else if (this.#isOurs(stat)) this.#write();
      else this.#giveUp();
    });
  };

  #isOurs(stat: Stats | undefined): boolean {
    return this.#isUnsure || stat?.size === this.#at + ending(this.#told).length;
  }

  #write(): void {
    let count = 0;
    let length = 0;
    while (count < this.#queue.length && length < MAX_WRITE)
      length += (this.#queue[count++] as string).length;
    const missing = this.#missing;
    const lead = this.#hasEntries ? ',\n' : '\n';
    const added = count === 0 ? '' : lead + this.#queue.slice(0, count).join(',\n');
    const bytes = Buffer.from(added + ending(missing));
    write(this.#fd, bytes, 0, bytes.length, this.#at, (error, written) => {
      fstat(this.#fd, (_, stat) => {
        this.#isDeleted = stat?.nlink === 0 && this.#options.openAnew !== undefined;
        if (this.#state === 'closed') this.#release();
        else if (this.#isDeleted) this.#flush();
        else if (error !== null || written < bytes.length) this.#mend(written ?? 0);
        else {
          this.#queue.splice(0, count);
          this.#held -= length;
          this.#hasEntries ||= count > 0;
          this.#at += bytes.length - ending(missing).length;
          this.#told = missing;
          this.#isUnsure = false;
          this.#state = 'idle';
          this.#schedule();
        }
      });
    });
  }

  /** False when the file can not be made: its folder may be gone, too. */
  #begunAnew(): boolean {
    const deleted = this.#fd;
    try {
      const { openAnew } = this.#options;
      if (openAnew !== undefined) this.#goOn(openAnew());
    } catch {
      return false;
    }
    this.#isDeleted = false;
    close(deleted, () => {});
    return true;
  }

  /** The disk took a part, or nothing: the archive is made whole again where it was, and the same is tried later. */
  #mend(written: number): void {
    if (written > 0) {
      const rest = ending(this.#told);
      try {
        writeSync(this.#fd, rest, this.#at);
        ftruncateSync(this.#fd, this.#at + rest.length);
      } catch {
        // Its place on the disk was its own before; if it is not there now, the next write may find it again.
        this.#isUnsure = true;
      }
    }
    this.#wait();
  }

  #giveUp(): void {
    this.#state = 'closed';
    this.dropped += this.#queue.length;
    this.#queue.length = 0;
    this.#options.onTaken?.();
    this.#release();
  }

  #wait(): void {
    this.#state = 'waiting';
    if (this.#onClosed !== undefined) this.#finish();
    else this.#timer = setTimeout(this.#flush, RETRY_MS).unref();
  }

  #finish(): void {
    const writing = this.#state === 'writing';
    this.#state = 'closed';
    clearTimeout(this.#timer);
    this.dropped += this.#queue.length;
    // A write under way still owns the descriptor.
    if (writing) this.#onClosed?.();
    else this.#release();
  }

  #release(): void {
    close(this.#fd, () => this.#onClosed?.());
  }
}

// Files of JSON lines that somebody else still writes.
import { closeSync, openSync, readSync } from 'node:fs';

const PIECE = 256 * 1024;

/** Tells each line of a file once, when it is whole. */
export class Tail {
  readonly #fd: number;
  readonly #piece = Buffer.alloc(PIECE);
  #rest = '';

  constructor(file: string) {
    this.#fd = openSync(file, 'r');
  }

  /** The lines since the last time. */
  lines(): string[] {
    const lines: string[] = [];
    for (;;) {
      const length = readSync(this.#fd, this.#piece, 0, PIECE, null);
      if (length === 0) return lines;
      const parts = (this.#rest + this.#piece.toString('latin1', 0, length)).split('\n');
      this.#rest = parts.pop() ?? '';
      lines.push(...parts);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Counts, by Audit-ID, the lines of a file that a pattern matches. */
export class Count {
  #byID = new Map<string, number>();
  readonly #tail: Tail;
  readonly #pattern: RegExp;

  constructor(file: string, pattern: RegExp) {
    this.#tail = new Tail(file);
    this.#pattern = pattern;
  }

  /** Reads on. */
  read(): ReadonlyMap<string, number> {
    for (const line of this.#tail.lines()) {
      const id = /"auditID":"([^"]+)"/.exec(line)?.[1];
      if (id === undefined || !this.#pattern.test(line)) continue;
      this.#byID.set(id, (this.#byID.get(id) ?? 0) + 1);
    }
    return this.#byID;
  }

  /** Reads on, and forgets it all. */
  take(): ReadonlyMap<string, number> {
    const counts = this.read();
    this.#byID = new Map();
    return counts;
  }

  close(): void {
    this.#tail.close();
  }
}

/** Bytes; more than is worth a write, so that one piece is enough as long as writes are as fast as lines. */
const PIECE = 256 * 1024;
/** UTF-8 takes at most so many bytes for a UTF-16 unit. */
const WIDEST = 3;
const NEWLINE = 0x0a;

/**
 * Lines that wait, as bytes: as strings, the pieces that they were put together from would be copied about by the garbage
 * collector until they are written.
 */
export class LineQueue {
  /** Bytes that wait. */
  held = 0;
  #full: Buffer[] = [];
  #open: Buffer | undefined;
  #length = 0;
  #spare: Buffer | undefined;

  get lines(): number {
    return [...this.#full, this.#rest()].reduce((count, piece) => count + linesIn(piece), 0);
  }

  add(line: string): void {
    if (line.length * WIDEST > PIECE - this.#length && !this.#fits(line)) {
      this.#full.push(Buffer.from(line));
      this.held += this.#full.at(-1)?.length ?? 0;
      return;
    }
    this.#open ??= this.#fresh();
    const written = this.#open.write(line, this.#length);
    this.#length += written;
    this.held += written;
  }

  /** The same for the first `length` of these bytes, which are lent. */
  addAscii(bytes: Buffer, length: number): void {
    if (length > PIECE - this.#length) {
      this.add(bytes.toString('latin1', 0, length));
      return;
    }
    this.#open ??= this.#fresh();
    bytes.copy(this.#open, this.#length, 0, length);
    this.#length += length;
    this.held += length;
  }

  /** All lines: one write for each piece would fall behind where much comes at a time. To be given back when written. */
  take(): Buffer {
    const rest = this.#rest();
    const all = this.#full.length === 0 ? rest : Buffer.concat([...this.#full, rest]);
    this.#full = [];
    this.#open = undefined;
    this.#length = 0;
    this.held = 0;
    return all;
  }

  /** Nobody reads it any more. */
  giveBack(taken: Buffer): void {
    if (taken.buffer.byteLength === PIECE) this.#spare ??= Buffer.from(taken.buffer as ArrayBuffer);
  }

  /** Whether it fits into the open piece, if need be a new one. */
  #fits(line: string): boolean {
    const size = Buffer.byteLength(line);
    if (size <= PIECE - this.#length) return true;
    if (this.#length > 0) this.#full.push(this.#rest());
    this.#open = undefined;
    this.#length = 0;
    return size <= PIECE;
  }

  #rest(): Buffer {
    return this.#open?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  #fresh(): Buffer {
    const piece = this.#spare ?? Buffer.allocUnsafeSlow(PIECE);
    this.#spare = undefined;
    return piece;
  }
}

export function linesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

const NEWLINE = 0x0a;
/** Longer lines are no events: an answer of an API server, listed as a whole, is the longest there is. */
const LONGEST = 128 * 1024 * 1024;

/** Cuts bytes into lines, which are lent until the call returns: the next chunk may take their place. */
export class LineSplitter {
  /** How many lines were too long, and were left out. */
  tooLong = 0;
  readonly #onLine: (line: Buffer) => void;
  readonly #longest: number;
  /** Of the line whose end has not come. */
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(onLine: (line: Buffer) => void, longest = LONGEST) {
    this.#onLine = onLine;
    this.#longest = longest;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const line = chunk.subarray(from, end);
      from = end + 1;
      if (this.#length === 0) this.#emit(line);
      else {
        this.#keep(line);
        this.end();
      }
    }
    if (from < chunk.length) this.#keep(Buffer.from(chunk.subarray(from)));
  }

  /** What has come since the last line end is a line too. */
  end(): void {
    if (this.#length === 0) return;
    if (this.#length > this.#longest) this.tooLong++;
    else this.#emit(Buffer.concat(this.#pieces));
    this.#pieces = [];
    this.#length = 0;
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.#longest) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  #emit(line: Buffer): void {
    if (line.length > 0) this.#onLine(line);
  }
}

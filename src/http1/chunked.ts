import { PortholeError } from '../errors.ts';
import { parseFields } from './head.ts';
import type { BodyFollower, FollowOptions } from './message.ts';

/** Digits of a chunk size: 2^52 bytes, which stays exact in a double. */
const MAX_SIZE_DIGITS = 13;
/** Bytes of one chunk's extensions; nobody sends any, RFC 9112 section 7.1.1 asks for a limit. */
const MAX_EXTENSION = 256;
const MAX_TRAILERS = 8 * 1024;

// RFC 9112 section 7.1.1, without the "bad" white space that it lets senders no longer produce.
const EXTENSION =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"))?)+$/;

const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

// States, in the order in which a chunk goes through them.
const SIZE = 0;
const EXT = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const LAST = 6;
const LAST_LF = 7;
const TRAILERS = 8;
const DONE = 9;

/**
 * Follows a chunked body (RFC 9112 section 7.1). Every line ends with CRLF, sizes are bare hexadecimal digits, and
 * extensions are well-formed and short, or the body is refused.
 */
export class ChunkedBody implements BodyFollower {
  readonly #options: FollowOptions;
  readonly #onData: ((bytes: Buffer, from: number, to: number) => void) | undefined;
  #state = SIZE;
  #size = 0;
  #digits = 0;
  #left = 0;
  /** Extensions of this chunk, or the trailer line, as far as they came; empty for nearly every body. */
  #text = '';
  #trailerBytes = 0;
  passedTo = 0;
  cutTrailers = false;

  /** `onData` is told of each stretch of chunk data, for a reader that does not know chunks. */
  constructor(options: FollowOptions, onData?: (bytes: Buffer, from: number, to: number) => void) {
    this.#options = options;
    this.#onData = onData;
  }

  get done(): boolean {
    return this.#state === DONE;
  }

  follow(bytes: Buffer, start: number): number {
    const dropping = this.cutTrailers;
    let at = start;
    while (at < bytes.length && this.#state !== DONE) {
      if (this.#state === DATA) at = this.#skipData(bytes, at);
      else if (this.#state === TRAILERS) at = this.#readTrailers(bytes, at);
      else if (this.#state === LAST && bytes[at] !== CR) this.#beginTrailers(at);
      else this.#step(bytes[at++] as number);
    }
    if (dropping) this.passedTo = start;
    else if (!this.cutTrailers) this.passedTo = at;
    return at;
  }

  #skipData(bytes: Buffer, at: number): number {
    const to = Math.min(bytes.length, at + this.#left);
    this.#left -= to - at;
    if (this.#left === 0) this.#state = DATA_CR;
    this.#onData?.(bytes, at, to);
    return to;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case SIZE:
        this.#sizeByte(byte);
        return;
      case EXT:
        this.#extensionByte(byte);
        return;
      case SIZE_LF:
        this.#expect(byte, LF, 'chunk size line without CRLF');
        this.#left = this.#size;
        this.#state = this.#size === 0 ? LAST : DATA;
        return;
      case DATA_CR:
        this.#expect(byte, CR, 'chunk data longer than its size');
        this.#state = DATA_LF;
        return;
      case DATA_LF:
        this.#expect(byte, LF, 'chunk data without CRLF');
        this.#size = this.#digits = 0;
        this.#state = SIZE;
        return;
      case LAST:
        this.#state = LAST_LF;
        return;
      default:
        this.#expect(byte, LF, 'end without CRLF');
        this.#state = DONE;
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw this.#broken('chunk size too large');
      this.#size = this.#size * 16 + digit;
      return;
    }
    if (this.#digits === 0) throw this.#broken('chunk without a size');
    if (byte === CR) this.#state = SIZE_LF;
    else if (byte === SEMICOLON) {
      this.#text = ';';
      this.#state = EXT;
    } else throw this.#broken('chunk size is not a hexadecimal number');
  }

  #extensionByte(byte: number): void {
    if (byte === CR) {
      if (!EXTENSION.test(this.#text)) throw this.#broken('malformed chunk extension');
      this.#text = '';
      this.#state = SIZE_LF;
      return;
    }
    // At once: a reader that ends the line here would have taken the rest for chunks by the time of the CR.
    if (byte < 0x20 && byte !== TAB) throw this.#broken('control character in a chunk extension');
    if (this.#text.length === MAX_EXTENSION) throw this.#broken('chunk extension too long');
    this.#text += String.fromCharCode(byte);
  }

  #beginTrailers(at: number): void {
    this.#state = TRAILERS;
    if (this.#options.trailers === 'drop') {
      this.cutTrailers = true;
      this.passedTo = at;
    }
  }

  /** Reads on to the end of a trailer line, or of `bytes`. */
  #readTrailers(bytes: Buffer, start: number): number {
    const end = bytes.indexOf(LF, start) + 1;
    const to = end === 0 ? bytes.length : end;
    this.#trailerBytes += to - start;
    if (this.#trailerBytes > MAX_TRAILERS) throw this.#broken('trailers too long');
    this.#text += bytes.toString('latin1', start, to);
    if (end > 0) this.#trailerLine();
    return to;
  }

  /** Trailers are read as header fields are: where a line ends must be as certain here as in a head. */
  #trailerLine(): void {
    if (this.#text === '\r\n') {
      this.#state = DONE;
      return;
    }
    if (!this.#text.endsWith('\r\n')) throw this.#broken('trailer without CRLF');
    parseFields(this.#text, 0, this.#options.code);
    this.#text = '';
  }

  #expect(byte: number, wanted: number, what: string): void {
    if (byte !== wanted) throw this.#broken(what);
  }

  #broken(what: string): PortholeError {
    return new PortholeError(this.#options.code, `broken chunked body: ${what}`);
  }
}

/** The value of a hexadecimal digit, or -1. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

import { MAX_TEXT } from './fields.ts';

/** Bytes; more than a line of the access log can come to when all its texts are as long as they may be. */
const ROOM = 32 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const POINT = 0x2e;
const ZERO = 0x30;

/** ASCII that is JSON already. */
export interface Literal {
  /** Four bytes each, the first of them lowest. */
  readonly words: Uint32Array;
  /** Bytes. */
  readonly length: number;
}

export function literal(ascii: string): Literal {
  const words = new Uint32Array(Math.ceil(ascii.length / 4));
  for (let i = 0; i < ascii.length; i++)
    words[i >> 2] = (words[i >> 2] as number) | (ascii.charCodeAt(i) << (8 * (i & 3)));
  return { words, length: ascii.length };
}

/**
 * Puts one line together out of what JSON shows as it is: short texts of visible ASCII, and small numbers. Whatever else it
 * is given spoils the line, and somebody who knows all of JSON has to make it.
 *
 * In bytes that are used again: a line of the access log takes 1.0 µs so, and 2.3 µs when it is joined from strings, each of
 * them new, and then encoded.
 */
export class PlainJson {
  /** Begins with the line that was ended last. */
  readonly bytes = Buffer.allocUnsafeSlow(ROOM);
  readonly #view = new DataView(this.bytes.buffer);
  #at = 0;
  #isPlain = true;

  begin(): void {
    this.#at = 0;
    this.#isPlain = true;
  }

  /** How many of `bytes` are the line; 0 when something in it was not plain. */
  end(): number {
    return this.#isPlain ? this.#at : 0;
  }

  /**
   * Most of a line are its names: four bytes at a time, they take 0.3 µs in place of 0.6. The zeros that end the last word
   * are written over by what comes next.
   */
  literal({ words, length }: Literal): void {
    for (let i = 0; i < words.length; i++)
      this.#view.setUint32(this.#at + 4 * i, words[i] as number, true);
    this.#at += length;
  }

  /** A text that is not empty, behind `name`, which ends with a quote: `,"verb":"`. */
  text(name: Literal, value: string | undefined): void {
    if (value === undefined || value === '') return;
    this.literal(name);
    if (value.length > MAX_TEXT) this.#isPlain = false;
    else this.#quoted(value);
  }

  /** A whole number, behind `name`: `,"status":`. */
  whole(name: Literal, value: number | undefined): void {
    if (value === undefined) return;
    this.literal(name);
    if (value >= 0 && (value | 0) === value) this.#digits(value);
    else this.#isPlain = false;
  }

  /** To a microsecond: more digits are noise of the clock. */
  milliseconds(name: Literal, value: number | undefined): void {
    if (value === undefined) return;
    this.literal(name);
    const micros = Math.round(value * 1000);
    if (micros >= 0 && (micros | 0) === micros) this.#thousandths(micros);
    else this.#isPlain = false;
  }

  /** Three digits. */
  three(value: number): void {
    const bytes = this.bytes;
    bytes[this.#at++] = ZERO + Math.floor(value / 100);
    bytes[this.#at++] = ZERO + (Math.floor(value / 10) % 10);
    bytes[this.#at++] = ZERO + (value % 10);
  }

  #quoted(value: string): void {
    const bytes = this.bytes;
    let at = this.#at;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        this.#isPlain = false;
        return;
      }
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#at = at;
  }

  #digits(value: number): void {
    const bytes = this.bytes;
    let left = value;
    let length = 1;
    for (let power = 10; power <= value; power *= 10) length++;
    this.#at += length;
    for (let at = this.#at - 1; length > 0; length--) {
      const tenth = Math.floor(left / 10);
      bytes[at--] = ZERO + left - tenth * 10;
      left = tenth;
    }
  }

  /** As a number is shown: without the zeros that end it. */
  #thousandths(value: number): void {
    const whole = Math.floor(value / 1000);
    const rest = value - whole * 1000;
    this.#digits(whole);
    if (rest === 0) return;
    this.bytes[this.#at++] = POINT;
    this.three(rest);
    while (this.bytes[this.#at - 1] === ZERO) this.#at--;
  }
}

import { MAX_DEPTH } from '../json/json.ts';

/**
 * A parser's value as a JSON value of its own: Maps become objects, what an alias shares becomes several. A few bytes of YAML can
 * stand for gigabytes, so at most `size` characters and nodes together.
 * @throws {RangeError} when it is larger, or nested deeper than MAX_DEPTH
 */
export function plainValue(value: unknown, size: number): unknown {
  return new PlainValue(size).of(value, MAX_DEPTH);
}

class PlainValue {
  #left: number;

  constructor(size: number) {
    this.#left = size;
  }

  of(value: unknown, depth: number): unknown {
    this.#spend(1);
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'bigint') return Number(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth === 0) throw new RangeError('nested too deep');
    if (Array.isArray(value)) return value.map((item) => this.of(item, depth - 1));
    const entries: Iterable<[unknown, unknown]> =
      value instanceof Map ? value : Object.entries(value);
    // Not by assignment: `__proto__` is a key as any other.
    return Object.fromEntries(
      Array.from(entries, ([key, member]) => [this.#text(String(key)), this.of(member, depth - 1)]),
    );
  }

  #text(text: string): string {
    this.#spend(text.length);
    return text;
  }

  #spend(size: number): void {
    this.#left -= size;
    if (this.#left < 0) throw new RangeError('larger than its text');
  }
}

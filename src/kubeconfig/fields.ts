import { PortholeError } from '../errors.ts';

/**
 * A mapping read with the types that kubectl insists on. Every error names the entry and the field and shows no value.
 * A field that is null is not there, as in Go's JSON decoder.
 */
export class Fields {
  /** Where the mapping stands, `users[2] "alice"`; empty for the whole file. */
  readonly where: string;
  readonly #map: ReadonlyMap<string, unknown>;

  /** @throws {PortholeError} `ERR_KUBECONFIG` when `value` is neither a mapping nor null; so do the other methods */
  constructor(value: unknown, where: string) {
    this.where = where;
    if (value !== null && value !== undefined && !(value instanceof Map))
      throw this.error(`must be a mapping, not ${kindOf(value)}`);
    this.#map = value ?? new Map();
  }

  error(problem: string): PortholeError {
    return new PortholeError(
      'ERR_KUBECONFIG',
      this.where === '' ? problem : `${this.where}: ${problem}`,
    );
  }

  get(key: string): unknown {
    return this.#map.get(key) ?? undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** `''` counts as absent: client-go asks for the length of a string, never whether it was there. */
  string(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || value === '') return undefined;
    return this.#string(value, key);
  }

  /** A string that proves someone: here null is a mistake (`token: ~`), because the user meant something by the line. */
  secret(key: string): string | undefined {
    if (this.#map.get(key) === null)
      throw this.error(`${key} must be a string; quote it, or remove the line`);
    return this.string(key);
  }

  boolean(key: string): boolean {
    const value = this.get(key) ?? false;
    if (typeof value !== 'boolean')
      throw this.error(`${key} must be true or false, without quotes, not ${kindOf(value)}`);
    return value;
  }

  /** The text that the base64 of a `-data` field stands for. */
  data(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const base64 = this.#string(value, key).replace(/[\r\n]+/g, '');
    if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
      throw this.error(`illegal base64 data in ${key}; it must be the base64 of PEM text`);
    return Buffer.from(base64, 'base64').toString('utf8');
  }

  list(key: string): readonly unknown[] {
    const value = this.get(key) ?? [];
    if (!Array.isArray(value)) throw this.error(`${key} must be a list, not ${kindOf(value)}`);
    return value;
  }

  strings(key: string): readonly string[] {
    return this.list(key).map((value, i) => this.#string(value, `${key}[${i}]`));
  }

  /** The mapping in a field; an empty one when the field is absent. */
  fields(key: string, where = this.#at(key)): Fields {
    return new Fields(this.get(key), where);
  }

  /** The mappings in a list. */
  items(key: string): Fields[] {
    return this.list(key).map((value, i) => new Fields(value, this.#at(`${key}[${i}]`)));
  }

  keys(): Iterable<string> {
    return this.#map.keys();
  }

  #at(key: string): string {
    return this.where === '' ? key : `${this.where}: ${key}`;
  }

  #string(value: unknown, key: string): string {
    if (typeof value === 'string') return value;
    const remedy =
      value instanceof Map || Array.isArray(value) ? `, not ${kindOf(value)}` : '; quote it';
    throw this.error(`${key} must be a string${remedy}`);
  }
}

function kindOf(value: unknown): string {
  if (value instanceof Map) return 'a mapping';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a special value' : `a ${typeof value}`;
}

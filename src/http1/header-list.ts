/**
 * Header fields as they stood on the wire: order, case and duplicates are kept (RFC 9110 section 5.2 and 5.3), because
 * `Impersonate-Group: a` twice is two groups and `a, b` is another one.
 *
 * Three parallel arrays instead of objects: a head of 20 fields costs 3 arrays, and a name is lower-cased once.
 */
export class HeaderList {
  readonly names: string[] = [];
  readonly values: string[] = [];
  /** `names` in lower case, for comparison. */
  readonly keys: string[] = [];

  /** From `['Name', 'value', ...]`. */
  static of(...flat: string[]): HeaderList {
    const list = new HeaderList();
    for (let i = 0; i + 1 < flat.length; i += 2)
      list.append(flat[i] as string, flat[i + 1] as string);
    return list;
  }

  get length(): number {
    return this.names.length;
  }

  append(name: string, value: string): void {
    this.names.push(name);
    this.keys.push(name.toLowerCase());
    this.values.push(value);
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  /** The first value of a field, by lower-case name. */
  get(key: string): string | undefined {
    const at = this.keys.indexOf(key);
    return at < 0 ? undefined : this.values[at];
  }

  /** Each line's value, in order. */
  getAll(key: string): string[] {
    return this.values.filter((_, i) => this.keys[i] === key);
  }

  /** How many lines carry this name. */
  count(key: string): number {
    let n = 0;
    for (const k of this.keys) if (k === key) n++;
    return n;
  }

  /**
   * The members of a comma-separated list field (RFC 9110 section 5.6.1), over all its lines, trimmed and lower-cased,
   * empty members left out. For fields whose members are tokens (Connection, Transfer-Encoding, TE), not quoted strings.
   */
  listOf(key: string): string[] {
    const members: string[] = [];
    for (let i = 0; i < this.keys.length; i++) {
      if (this.keys[i] !== key) continue;
      for (const part of (this.values[i] as string).split(',')) {
        const member = trimmed(part, 0, part.length).toLowerCase();
        if (member !== '') members.push(member);
      }
    }
    return members;
  }
}

/** `text[from, to)` without the optional white space around it (RFC 9110 section 5.6.3: space and tab only). */
export function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(char: number): boolean {
  return char === 0x20 || char === 0x09;
}

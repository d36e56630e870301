/**
 * Header fields as they stood on the wire: order, case and duplicates are kept (RFC 9110 section 5.2 and 5.3), because
 * `Impersonate-Group: a` twice is two groups and `a, b` is another one.
 *
 * Parallel arrays instead of objects, and the lines as one text: who passes fields on cuts stretches out of that
 * and puts no line together again: a request allocates less.
 */
export class HeaderList {
  #lines: string;
  /** The names in lower case, for comparison. */
  readonly keys: string[];
  readonly values: string[];

  /** `lines` are `Name: value` and CRLF each, of the fields that `keys` and `values` tell of. */
  constructor(lines = '', keys: string[] = [], values: string[] = []) {
    this.#lines = lines;
    this.keys = keys;
    this.values = values;
  }

  /** From `['Name', 'value', ...]`. */
  static of(...flat: string[]): HeaderList {
    const list = new HeaderList();
    for (let i = 0; i + 1 < flat.length; i += 2)
      list.append(flat[i] as string, flat[i + 1] as string);
    return list;
  }

  get length(): number {
    return this.keys.length;
  }

  /** As they were spelled. */
  get names(): string[] {
    const lines = this.#lines.split('\r\n').slice(0, -1);
    return lines.map((line) => line.slice(0, line.indexOf(':')));
  }

  append(name: string, value: string): void {
    this.#lines += `${name}: ${value}\r\n`;
    this.keys.push(name.toLowerCase());
    this.values.push(value);
  }

  /** The lines of the fields that `keeps`, asked with `context`, says yes to. */
  linesOf<Context>(
    keeps: (key: string, value: string, context: Context) => boolean,
    context: Context,
  ): string {
    const lines = this.#lines;
    let kept = '';
    let from = 0;
    let at = 0;
    for (let i = 0; i < this.keys.length; i++) {
      const next = lines.indexOf('\n', at) + 1;
      if (!keeps(this.keys[i] as string, this.values[i] as string, context)) {
        if (at > from) kept += lines.slice(from, at);
        from = next;
      }
      at = next;
    }
    return from === 0 ? lines : kept + lines.slice(from);
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

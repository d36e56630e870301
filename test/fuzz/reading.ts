/** A message as a reader of HTTP has read it. Texts are bytes, one code point each. */
export interface ReadMessage {
  readonly method?: string;
  readonly target?: string;
  readonly status?: number;
  /** `HTTP/1.1`. */
  readonly version: string;
  /** By name, in whatever case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  /** The body came to its end. */
  readonly complete: boolean;
  /** Where in the bytes it stands, of those that Go has read. */
  readonly from: number;
  readonly to: number;
}

/** What bytes on a connection are read as. */
export interface Reading {
  readonly messages: readonly ReadMessage[];
  /** Why reading has ended before the bytes did; empty if it did not. */
  readonly refused: string;
  /** How many bytes belong to no message; of answers that Go has read. */
  readonly rest: number;
}

/** Fields that delimit or route: readers keep them in other places, or not at all. */
const ELSEWHERE = new Set(['host', 'content-length', 'transfer-encoding', 'trailer', 'connection']);

/** The fields of a message in one order, for comparison. */
export function fieldsOf({ headers }: ReadMessage): string {
  const lines: string[] = [];
  for (const [name, values] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!ELSEWHERE.has(key)) for (const value of values) lines.push(`${key}: ${value}`);
  }
  return lines.sort().join('\n');
}

import type { ExchangeRecord } from '../exchange-record.ts';

/** What is not worth a line each: learning what the API server has, and asking whether it is well. */
type Noise = 'discovery' | 'health';

/** Requests of one client that are told in one line. Times are monotonic, in ms. */
export interface Folded {
  readonly kind: Noise;
  readonly first: ExchangeRecord;
  readonly count: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** The one that all had; undefined when they differ. None is a failure. */
  readonly status: number | undefined;
  readonly bytesOut: number;
}

/** Who writes the lines. */
export interface FoldedLines {
  one(record: ExchangeRecord): void;
  several(folded: Folded): void;
}

type Held = { -readonly [Field in keyof Folded]: Folded[Field] } & { readonly since: number };

const WINDOW_MS = 1000;
/** Each client is held by itself, and a client may call itself by a new name each time. */
const MAX_CLIENTS = 64;

/** Documents of the API without a resource, below the prefix that porthole serves it at. */
const DISCOVERY = /^(?:api(?:\/[^/]+)?|apis(?:\/[^/]+){0,2}|openapi\/.*|version)\/?$/;
const HEALTH = /^(?:healthz|livez|readyz)(?:\/.*)?$/;

/**
 * Makes one line of the discovery, or of the health checks, that one client sends within a second. Failures and everything
 * else are told at once, behind what is held of their client. Of a client: of one address, User-Agent and run of kubectl.
 */
export class Folding {
  readonly #lines: FoldedLines;
  readonly #prefix: string;
  /** By client, the oldest first. */
  readonly #held = new Map<string, Held>();
  /** Only while something is held. */
  #timer: NodeJS.Timeout | undefined;

  /** `prefix` is the path of the API; it begins and ends with a slash. */
  constructor(lines: FoldedLines, prefix: string) {
    this.#lines = lines;
    this.#prefix = prefix;
  }

  /** Takes an ended record: its line is written, or held for a second at most. */
  take(record: ExchangeRecord): void {
    const kind = noiseOf(record, this.#prefix);
    if (kind === undefined) {
      if (this.#held.size > 0) this.before(record);
      this.#lines.one(record);
      return;
    }
    const client = clientOf(record);
    const now = performance.now();
    const held = this.#held.get(client);
    if (held?.kind === kind && now - held.since < WINDOW_MS) add(held, record);
    else {
      this.#release(client);
      this.#hold(client, kind, record, now);
    }
  }

  /** A line of this record comes next: what is held of its client goes first, also of other runs of the same program. */
  before({ clientAddress, userAgent }: ExchangeRecord): void {
    for (const [client, { first }] of this.#held)
      if (first.clientAddress === clientAddress && first.userAgent === userAgent)
        this.#release(client);
  }

  /** Writes what is held. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const client of this.#held.keys()) this.#release(client);
  }

  #hold(client: string, kind: Noise, record: ExchangeRecord, now: number): void {
    if (this.#held.size >= MAX_CLIENTS) this.flush();
    this.#held.set(client, {
      kind,
      first: record,
      count: 1,
      startedAt: record.startedAt,
      endedAt: record.startedAt + record.durationMs,
      status: record.status,
      bytesOut: record.bytesOut,
      since: now,
    });
    this.#timer ??= setTimeout(this.#onTime, WINDOW_MS).unref();
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const [client, { since }] of this.#held) {
      const left = since + WINDOW_MS - now;
      if (left >= 1) {
        this.#timer = setTimeout(this.#onTime, left).unref();
        return;
      }
      this.#release(client);
    }
  };

  #release(client: string): void {
    const held = this.#held.get(client);
    if (held === undefined) return;
    this.#held.delete(client);
    if (held.count === 1) this.#lines.one(held.first);
    else this.#lines.several(held);
  }
}

function add(held: Held, record: ExchangeRecord): void {
  held.count++;
  held.startedAt = Math.min(held.startedAt, record.startedAt);
  held.endedAt = Math.max(held.endedAt, record.startedAt + record.durationMs);
  held.bytesOut += record.bytesOut;
  if (held.status !== record.status) held.status = undefined;
}

function clientOf({ clientAddress, kubectlSession = '', userAgent = '' }: ExchangeRecord): string {
  return `${clientAddress} ${kubectlSession} ${userAgent}`;
}

function noiseOf(record: ExchangeRecord, prefix: string): Noise | undefined {
  if (record.resource !== '' || record.outcome !== 'ok') return undefined;
  if (record.status === undefined || record.status >= 400) return undefined;
  if (record.method !== 'GET' && record.method !== 'HEAD') return undefined;
  if (record.upgrade !== undefined || !record.path.startsWith(prefix)) return undefined;
  const path = record.path.slice(prefix.length);
  if (DISCOVERY.test(path)) return 'discovery';
  return HEALTH.test(path) ? 'health' : undefined;
}

import type { ExchangeRecord } from '../exchange-record.ts';
import type { Recorder } from '../recorder.ts';
import { hasFailed, isDiscovery, isStream, object, problem, verb } from './call.ts';
import { CallGroups } from './call-groups.ts';
import { Intervals } from './intervals.ts';
import type { CallSummary, Failure, TraceSummary } from './summary.ts';

const SLOWEST = 5;
const MAX_FAILURES = 20;
const MAX_ADDRESSES = 5;

/** What only the command's starter knows of it. */
export interface CommandRun {
  readonly program: string;
  readonly exitCode: number;
  readonly wallMs: number;
}

/** Adds the calls of a command up. */
export class TraceTally implements Recorder {
  readonly #all = new Intervals();
  /** Without watches and tunnels. */
  readonly #short = new Intervals();
  readonly #groups = new CallGroups();
  readonly #slowest: CallSummary[] = [];
  readonly #failures = new Map<string, { failure: Failure; calls: number }>();
  readonly #addresses = new Set<string>();
  readonly #sums = {
    ...{ calls: 0, failed: 0, discovery: 0, bytesSent: 0, bytesReceived: 0, otherFailures: 0 },
    ...{ opened: 0, reuses: 0, dialMs: 0, tlsMs: 0, authMs: 0, replayed: 0 },
  };

  ended(record: ExchangeRecord): void {
    const failed = hasFailed(record);
    const sums = this.#sums;
    sums.calls++;
    sums.bytesSent += record.bytesIn;
    sums.bytesReceived += record.bytesOut;
    if (isDiscovery(record)) sums.discovery++;
    this.#groups.add(record, failed);
    const until = record.startedAt + record.durationMs;
    this.#all.add(record.startedAt, until);
    if (!isStream(record)) {
      this.#short.add(record.startedAt, until);
      this.#addSlow(record);
    }
    if (failed) this.#addFailure(record);
    this.#addConnection(record);
  }

  summary(run: CommandRun): TraceSummary {
    const { calls, failed, discovery, bytesSent, bytesReceived, otherFailures, ...connections } =
      this.#sums;
    const apiMs = this.#all.total;
    return {
      ...run,
      apiMs,
      streamingMs: apiMs - this.#short.total,
      ...{ calls, failed, discovery, bytesSent, bytesReceived },
      groups: this.#groups.list(),
      slowest: this.#slowest,
      failures: [...this.#failures.values()].map((kept) => ({
        ...kept.failure,
        calls: kept.calls,
      })),
      otherFailures,
      connections: { ...connections, addresses: [...this.#addresses] },
    };
  }

  #addSlow(record: ExchangeRecord): void {
    const last = this.#slowest.at(-1);
    const isFull = this.#slowest.length === SLOWEST;
    if (isFull && last !== undefined && last.ms >= record.durationMs) return;
    if (isFull) this.#slowest.pop();
    this.#slowest.push({ ...essence(record), ms: record.durationMs });
    this.#slowest.sort((one, other) => other.ms - one.ms);
  }

  #addFailure(record: ExchangeRecord): void {
    const { outcome = '' } = record;
    const failure = { ...essence(record), outcome, error: problem(record) ?? null, calls: 1 };
    const key = JSON.stringify(failure);
    const kept = this.#failures.get(key);
    if (kept !== undefined) kept.calls++;
    else if (this.#failures.size < MAX_FAILURES) this.#failures.set(key, { failure, calls: 1 });
    else this.#sums.otherFailures++;
    this.#sums.failed++;
  }

  #addConnection({ reused, dialMs, tlsMs, authMs, replayed, upstreamAddress }: ExchangeRecord) {
    const sums = this.#sums;
    if (reused === true) sums.reuses++;
    if (reused === false) sums.opened++;
    sums.dialMs += dialMs ?? 0;
    sums.tlsMs += tlsMs ?? 0;
    sums.authMs += authMs ?? 0;
    if (replayed) sums.replayed++;
    if (upstreamAddress !== undefined && this.#addresses.size < MAX_ADDRESSES)
      this.#addresses.add(upstreamAddress);
  }
}

function essence(record: ExchangeRecord) {
  return { verb: verb(record), object: object(record), status: record.status ?? null };
}

import type { ExchangeRecord } from '../exchange-record.ts';
import { kind, verb } from './call.ts';
import type { CallGroup } from './summary.ts';

/** A client that asks for ever other things: the rest counts as one group. */
const MAX_GROUPS = 500;
const MAX_TIMES = 10_000;

interface Group {
  readonly verb: string;
  readonly resource: string;
  calls: number;
  totalMs: number;
  maxMs: number;
  /** How long calls took: all of them, and of more than MAX_TIMES as many as that, by chance. */
  readonly ms: number[];
  failed: number;
  bytesSent: number;
  bytesReceived: number;
}

/** Calls by verb and kind of resource. */
export class CallGroups {
  readonly #groups = new Map<string, Group>();

  add(record: ExchangeRecord, failed: boolean): void {
    const group = this.#groupOf(record);
    const { durationMs } = record;
    group.calls++;
    group.totalMs += durationMs;
    group.maxMs = Math.max(group.maxMs, durationMs);
    const place =
      group.calls <= MAX_TIMES ? group.ms.length : Math.floor(Math.random() * group.calls);
    if (place < MAX_TIMES) group.ms[place] = durationMs;
    if (failed) group.failed++;
    group.bytesSent += record.bytesIn;
    group.bytesReceived += record.bytesOut;
  }

  /** Those that took the most time in all first. */
  list(): CallGroup[] {
    return [...this.#groups.values()].map(addUp).sort((one, other) => other.totalMs - one.totalMs);
  }

  #groupOf(record: ExchangeRecord): Group {
    const named = kind(record);
    const found = this.#groups.get(`${verb(record)} ${named}`);
    if (found !== undefined) return found;
    return this.#groups.size < MAX_GROUPS
      ? this.#create(verb(record), named)
      : (this.#groups.get('- others') ?? this.#create('-', 'others'));
  }

  #create(verb: string, resource: string): Group {
    const group: Group = {
      ...{ verb, resource, calls: 0, totalMs: 0, maxMs: 0, ms: [] },
      ...{ failed: 0, bytesSent: 0, bytesReceived: 0 },
    };
    this.#groups.set(`${verb} ${resource}`, group);
    return group;
  }
}

function addUp({ ms, ...group }: Group): CallGroup {
  const sorted = ms.toSorted((one, other) => one - other);
  return {
    ...group,
    meanMs: group.totalMs / group.calls,
    p95Ms: sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0,
  };
}

import { randomUUID } from 'node:crypto';
import type { RequestHead } from '../../http1/message.ts';
import type { CopyBudget } from '../body/body-copy.ts';
import type { ReadYaml } from '../body/content.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import type { Recorder } from '../recorder.ts';
import { microTime, rfc3339Nano } from './micro-time.ts';
import { attributesOf } from './policy/attributes.ts';
import type { Decide } from './policy/policy.ts';
import { AuditTrail, type EventLog } from './trail.ts';
import { CallerTexts } from './user.ts';

/** A prefix that is a part of the API's own paths is left on them (`createRoute`). */
const OF_THE_API = /^\/apis?\//;

/** Where events go. */
export interface EventSink {
  /** Lines that were not written and will not be. */
  readonly dropped: number;
  /** Called when there is room again after `count` lines were dropped. */
  onRoom: (count: number) => void;
  /** Takes a line with its newline, or drops it. Never throws. */
  write(line: string): void;
  /**
   * Resolves once the line is written.
   * @throws {PortholeError} `ERR_AUDIT`, as rejection
   */
  writeThrough(line: string): Promise<void>;
  close(): Promise<void>;
}

export interface AuditLogOptions {
  readonly sink: EventSink;
  readonly format: 'json' | 'legacy';
  readonly decide: Decide;
  /** `--audit-mode=blocking-strict`: a request waits for its first event, and is refused when that can not be written. */
  readonly strict: boolean;
  /** Longer bodies are left out of events. */
  readonly maxBodyBytes: number;
  /** What all copies of bodies together may hold, those of other recorders too. */
  readonly budget: CopyBudget;
  /** Secrets stay in the objects of events. */
  readonly recordSecrets: boolean;
  /** Taken off paths before the policy sees them, as it is before they are forwarded. Ends with a slash. */
  readonly apiPrefix: string;
  readonly readYaml: ReadYaml | undefined;
  /** When last events are written; once all that a turn of the event loop brings has been forwarded, unless given. */
  readonly soon?: (run: () => void) => void;
}

/** Writes `audit.k8s.io/v1` events: what kube-apiserver would write, of what passes here. */
export interface AuditLog extends Recorder {
  /** Events that were not written and will not be. */
  readonly dropped: number;
  /** Writes what is to be written, for as long as the sink lets it. Never rejects. */
  close(): Promise<void>;
}

export function createAuditLog(options: AuditLogOptions): AuditLog {
  return new Events(options);
}

class Events implements AuditLog, EventLog {
  readonly format: 'json' | 'legacy';
  readonly strict: boolean;
  readonly bodies: EventLog['bodies'];
  readonly callers = new CallerTexts();

  readonly #sink: EventSink;
  readonly #decide: Decide;
  readonly #apiPrefix: string;
  readonly #pending = new Set<Promise<void>>();
  readonly #soon: (run: () => void) => void;
  /** Their exchanges have ended, and their last events are yet to be written. */
  #ending: AuditTrail[] = [];

  constructor(options: AuditLogOptions) {
    const { format, strict, maxBodyBytes, budget, recordSecrets, readYaml, sink } = options;
    this.format = format;
    this.strict = strict;
    this.bodies = { maxBodyBytes, recordSecrets, readYaml, budget };
    this.#sink = sink;
    this.#decide = options.decide;
    this.#soon = options.soon ?? setImmediate;
    this.#apiPrefix = OF_THE_API.test(options.apiPrefix) ? '/' : options.apiPrefix;
    sink.onRoom = (count) => sink.write(droppedEvent(format, count));
  }

  get dropped(): number {
    return this.#sink.dropped;
  }

  begin(record: ExchangeRecord, request: RequestHead): AuditTrail | undefined {
    const attributes = attributesOf(record, pathOf(record, this.#apiPrefix));
    const decision = this.#decide(attributes);
    if (decision.level === 'None') return undefined;
    return new AuditTrail(this, record, request, attributes, decision);
  }

  /** Strict, events keep the order in which they were made, and nobody waits for those after the first. */
  write(line: string): void {
    if (this.strict) this.#sink.writeThrough(line).catch(() => {});
    else this.#sink.write(line);
  }

  writeThrough(line: string): Promise<void> {
    return this.#sink.writeThrough(line);
  }

  /** Many lines in a row cost less than each of them between the forwarding of others. */
  finishSoon(trail: AuditTrail): void {
    if (this.#ending.push(trail) === 1) this.#soon(this.#finish);
  }

  readonly #finish = (): void => {
    const ending = this.#ending;
    this.#ending = [];
    for (const trail of ending) trail.finish();
  };

  waitFor(event: Promise<void>): void {
    const settled = event.finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  async close(): Promise<void> {
    this.#finish();
    await Promise.all(this.#pending);
    await this.#sink.close();
  }
}

/** Decoded, as the API server gets it. */
function pathOf({ path }: ExchangeRecord, apiPrefix: string): string {
  const decoded = path.includes('%') ? decode(path) : path;
  return apiPrefix !== '/' && decoded.startsWith(apiPrefix)
    ? decoded.slice(apiPrefix.length - 1)
    : decoded;
}

/** A path that can not be decoded was refused, and is recorded as it came. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Says in the log that events are missing before this one. */
function droppedEvent(format: 'json' | 'legacy', count: number): string {
  const now = Date.now();
  const id = randomUUID();
  if (format === 'legacy')
    return `${rfc3339Nano(now)} AUDIT: id="${id}" stage="ResponseComplete" dropped-events="${count}"\n`;
  const time = microTime(now);
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"${id}","stage":"ResponseComplete","requestURI":"","verb":"","user":{},"requestReceivedTimestamp":"${time}","stageTimestamp":"${time}","annotations":{"porthole/dropped-events":"${count}"}}\n`;
}

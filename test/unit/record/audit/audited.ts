import { randomUUID } from 'node:crypto';
import type { Identity } from '../../../../src/credentials/identity.ts';
import { PortholeError } from '../../../../src/errors.ts';
import { HeaderList } from '../../../../src/http1/header-list.ts';
import type { Framing, RequestHead, ResponseHead } from '../../../../src/http1/message.ts';
import {
  type AuditLog,
  type AuditLogOptions,
  createAuditLog,
  type EventSink,
} from '../../../../src/record/audit/audit-log.ts';
import type { Decide, Decision, Level, Stage } from '../../../../src/record/audit/policy/policy.ts';
import type { ExchangeRecord, ExchangeStart } from '../../../../src/record/exchange-record.ts';
import { requestInfo } from '../../../../src/server/request-info.ts';
import { parseRequestTarget } from '../../../../src/server/request-target.ts';
import type { AuditEvent } from '../../../support/audit-event.ts';
import { newRecord } from '../record.ts';

/** Of every request, at every stage. */
const METADATA: Decision = { level: 'Metadata', omitStages: new Set(), omitManagedFields: false };

/** Keeps lines. With `full`, it takes none; `onRoom` is called by the test. */
export class KeptLines implements EventSink {
  readonly lines: string[] = [];
  dropped = 0;
  full = false;
  onRoom: (count: number) => void = () => {};

  write(line: string): void {
    if (this.full) this.dropped++;
    else this.lines.push(line);
  }

  async writeThrough(line: string): Promise<void> {
    if (this.full) throw new PortholeError('ERR_AUDIT', 'the audit log is full');
    this.lines.push(line);
  }

  async close(): Promise<void> {}

  get events(): AuditEvent[] {
    return this.lines.map((line) => JSON.parse(line) as AuditEvent);
  }
}

/** Everything at one level. */
export function everythingAt(
  level: Level,
  omitStages: readonly Stage[] = [],
  omitManagedFields = false,
): Decide {
  const decision = { level, omitStages: new Set(omitStages), omitManagedFields };
  return () => decision;
}

export function newLog(options: Partial<AuditLogOptions> = {}): { log: AuditLog; kept: KeptLines } {
  const kept = new KeptLines();
  const log = createAuditLog({
    sink: kept,
    format: 'json',
    decide: () => METADATA,
    soon: (run) => run(),
    strict: false,
    maxBodyBytes: 256 * 1024,
    budget: { left: 64 * 1024 * 1024 },
    recordSecrets: false,
    apiPrefix: '/',
    readYaml: undefined,
    ...options,
  });
  return { log, kept };
}

export const ADMIN: Identity = {
  user: { username: 'admin', uid: '42', groups: ['system:masters', 'system:authenticated'] },
  source: 'SelfSubjectReview',
};

/** One message's fields and body. */
export interface Message {
  readonly fields?: readonly string[];
  readonly body?: string | Buffer;
}

export interface Asked extends Message {
  readonly method?: string;
  readonly start?: Partial<ExchangeStart>;
  readonly differing?: (record: ExchangeRecord) => void;
}

const JSON_FIELDS = ['Content-Type', 'application/json'];

/** One exchange as `handle` would tell of it. */
export class Audited {
  readonly record: ExchangeRecord;
  readonly request: RequestHead;
  readonly #log: AuditLog;

  constructor(log: AuditLog, target: string, asked: Asked = {}) {
    const { method = 'GET', fields, body } = asked;
    this.#log = log;
    const mark = target.indexOf('?');
    this.record = newRecord({
      auditID: randomUUID(),
      method,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark + 1),
      clientAddress: '127.0.0.1',
      ...asked.start,
    });
    this.request = {
      method,
      target,
      version: '1.1',
      headers: HeaderList.of(...(fields ?? (body === undefined ? [] : JSON_FIELDS))),
      host: 'localhost',
      framing: framingOf(body),
      upgrade: undefined,
      keepAlive: true,
    };
    Object.assign(this.record, described(method, target));
    this.record.identity = ADMIN;
    asked.differing?.(this.record);
    this.record.trail = log.begin?.(this.record, this.request);
    if (body !== undefined) this.record.trail?.requestBody?.(Buffer.from(body));
  }

  answer(status: number, { fields, body }: Message = {}): this {
    const framing = framingOf(body);
    const upstream: ResponseHead = {
      version: '1.1',
      status,
      reason: '',
      headers: HeaderList.of(...(fields ?? (body === undefined ? [] : JSON_FIELDS))),
      framing,
      upgrade: undefined,
      keepAlive: true,
    };
    this.record.status = status;
    this.record.trail?.answered?.(upstream);
    this.record.trail?.responded?.({ status, reason: '', fields: '', framing });
    if (body !== undefined) this.record.trail?.responseBody?.(Buffer.from(body));
    return this;
  }

  /** Porthole's own answer. */
  refuse(error: PortholeError): this {
    const body = Buffer.from(JSON.stringify({ kind: 'Status', apiVersion: 'v1' }));
    this.record.status = error.status;
    const framing: Framing = { kind: 'length', length: body.length };
    const fields = 'Content-Type: application/json\r\nCache-Control: no-store\r\n';
    const head = { status: error.status, reason: '', fields, framing };
    this.record.trail?.responded?.(head);
    this.record.trail?.responseBody?.(body);
    return this.end('refused', error);
  }

  end(outcome: Parameters<ExchangeRecord['end']>[0] = 'ok', error?: PortholeError): this {
    this.record.end(outcome, this.record.startedAt + 12.3456, error);
    this.record.trail?.ended?.(this.record);
    this.#log.ended?.(this.record);
    return this;
  }
}

function framingOf(body: string | Buffer | undefined): Framing {
  return body === undefined
    ? { kind: 'none' }
    : { kind: 'length', length: Buffer.byteLength(body) };
}

/** What `handle` writes into the record. */
function described(method: string, target: string): Partial<ExchangeRecord> {
  const { verb, apiGroup, apiVersion, resource, subresource, namespace, name, longRunning } =
    requestInfo(method, parseRequestTarget(target));
  return { verb, apiGroup, apiVersion, resource, subresource, namespace, name, longRunning };
}

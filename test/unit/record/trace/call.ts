// Records of calls that have ended, with given times.
import type {
  ExchangeRecord,
  ExchangeStart,
  Outcome,
} from '../../../../src/record/exchange-record.ts';
import type { OutgoingHead } from '../../../../src/server/exchange.ts';
import { newRecord } from '../record.ts';

export interface Call {
  readonly start?: Partial<ExchangeStart>;
  /** Monotonic, ms. */
  readonly from?: number;
  readonly to?: number;
  readonly outcome?: Outcome;
  readonly fields?: Partial<ExchangeRecord>;
}

/** `GET /api/v1/namespaces/default/pods/web-0`, begun at 0 ms, unless told otherwise. */
export function begun({ start = {}, from = 0, fields = {} }: Call = {}): ExchangeRecord {
  const record = newRecord({ startedAt: from, ...start });
  const pod = { verb: 'get', resource: 'pods', namespace: 'default', name: 'web-0' };
  return Object.assign(record, pod, { apiVersion: 'v1', status: 200 }, fields);
}

/** The same, ended at 10 ms. */
export function ended(call: Call = {}): ExchangeRecord {
  const record = begun(call);
  record.end(call.outcome ?? 'ok', call.to ?? 10);
  return record;
}

/** A call that names no resource. */
export const nonResource = (path: string) => ({
  start: { path },
  fields: { resource: '', namespace: '', name: '' },
});

export const head = (status: number, kind: 'chunked' | 'none' = 'none'): OutgoingHead => ({
  status,
  reason: '',
  fields: '',
  framing: { kind },
});

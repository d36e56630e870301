import type { ExchangeRecord, Outcome } from '../exchange-record.ts';
import { cut } from '../json/json-text.ts';
import { maskPath, maskQuery } from '../mask/query.ts';

export type Level = 'info' | 'warn' | 'error';

const MAX_PATH = 8 * 1024;
const MAX_QUERY = 8 * 1024;
/** UTF-16 units. */
export const MAX_TEXT = 1024;

/** What the line says in words: constant, so that it can be searched for. */
export const MESSAGES: Record<Outcome, string> = {
  ok: 'request completed',
  refused: 'request refused',
  'client-gone': 'client gone before the end',
  'upstream-failed': 'no answer from upstream',
  'upstream-aborted': 'answer from upstream cut short',
  stopped: 'cut by porthole',
};

/**
 * The fields of a record's log line, in order; undefined ones are left out of the line. This list is the whole of what is
 * logged: no headers, no bodies. Of what a client chose, every text is bounded. A record that has not ended is a stream's
 * that was opened: it has no outcome, no duration and no bytes.
 */
export function logFields(record: ExchangeRecord) {
  const { outcome } = record;
  const ended = outcome !== undefined;
  return {
    time: new Date(record.time).toISOString(),
    msg: ended ? MESSAGES[outcome] : 'stream opened',
    auditID: text(record.auditID, MAX_TEXT),
    method: text(record.method, MAX_TEXT),
    path: text(maskPath(record.path), MAX_PATH),
    query: text(maskQuery(record.query), MAX_QUERY),
    status: record.status,
    verb: text(record.verb, MAX_TEXT),
    apiGroup: text(record.apiGroup, MAX_TEXT),
    apiVersion: text(record.apiVersion, MAX_TEXT),
    resource: text(record.resource, MAX_TEXT),
    subresource: text(record.subresource, MAX_TEXT),
    namespace: text(record.namespace, MAX_TEXT),
    name: text(record.name, MAX_TEXT),
    durationMs: ended ? milliseconds(record.durationMs) : undefined,
    authMs: milliseconds(record.authMs),
    connectMs: milliseconds(record.connectMs),
    dialMs: milliseconds(record.dialMs),
    dnsMs: milliseconds(record.dnsMs),
    tlsMs: milliseconds(record.tlsMs),
    ttfbMs: milliseconds(record.ttfbMs),
    bytesIn: ended ? record.bytesIn : undefined,
    bytesOut: ended ? record.bytesOut : undefined,
    events: ended ? record.events : undefined,
    reused: record.reused,
    replayed: record.replayed,
    clientAddress: text(record.clientAddress, MAX_TEXT),
    userAgent: text(record.userAgent, MAX_TEXT),
    kubectlCommand: text(record.kubectlCommand, MAX_TEXT),
    kubectlSession: text(record.kubectlSession, MAX_TEXT),
    user: text(userOf(record), MAX_TEXT),
    impersonatedUser: text(record.impersonatedUser, MAX_TEXT),
    outcome,
    errorCode: record.errorCode,
    upgrade: text(record.upgrade, MAX_TEXT),
    error: text(record.error, MAX_TEXT),
  };
}

/**
 * `error` when the upstream failed the client, `warn` when somebody should look (a refusal, a 5xx), else `info`: 4xx is
 * the API server doing its work, and clients leave watches all day.
 */
export function logLevel(record: ExchangeRecord): Level {
  switch (record.outcome) {
    case 'upstream-failed':
    case 'upstream-aborted':
      return 'error';
    case 'refused':
      return record.errorCode === 'ERR_INTERNAL' ? 'error' : 'warn';
    case 'ok':
      return record.status !== undefined && record.status >= 500 ? 'warn' : 'info';
    default:
      return 'info';
  }
}

/** Who the API server takes us for; undefined where nobody knows. */
export function userOf({ identity }: ExchangeRecord): string | undefined {
  return identity === undefined || identity.source === 'unknown'
    ? undefined
    : identity.user.username;
}

/** The text, cut visibly when it is longer than `max`; undefined when there is none. */
function text(value: string | undefined, max: number): string | undefined {
  if (value === undefined || value === '') return undefined;
  return cut(value, max);
}

/** To a microsecond: more digits are noise of the clock. */
function milliseconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1000) / 1000;
}

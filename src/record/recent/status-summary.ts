import { bytes, clock, duration, objectOf, programOf, verbOf, visible } from '../access/words.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { hider } from '../sink/hiding.ts';
import type { Recent, RecentError } from './recent.ts';

/** What a summary of the state tells of, beside what is recent. */
export interface Status {
  /** Of the process, ms. */
  readonly uptimeMs: number;
  /** Monotonic clock (`performance.now()`), ms. */
  readonly now: number;
  readonly connections: { readonly client: number; readonly upstream: number };
  /** The state of the credentials, as a sentence without secrets. */
  readonly credentials: string;
  /** Lines of the log that were not written. */
  readonly logDropped: number;
  /** Events of the audit log that were not written; undefined where there is none. */
  readonly auditDropped: number | undefined;
  /** Of the process, bytes. */
  readonly memory: { readonly rss: number; readonly heapUsed: number };
  /** What must not be shown, wherever a client wrote it: visible ASCII. */
  readonly secret?: string | undefined;
}

const MAX_TEXT = 200;
const MAX_ERROR = 500;

/** How porthole is, in a few lines for a person, each with its newline: totals, what is open, and the last errors. */
export function statusSummary(recent: Recent, status: Status): string {
  const { connections, memory, logDropped, auditDropped } = status;
  const lost =
    auditDropped === undefined
      ? `${logDropped} log lines`
      : `${logDropped} log lines, ${auditDropped} audit events`;
  const lines = [
    `status: up ${span(status.uptimeMs)}, memory ${bytes(memory.rss)} (heap ${bytes(memory.heapUsed)})`,
    `  requests: ${totals(recent)}`,
    `  open: ${openExchanges(recent.open, status.now)}`,
    `  connections: ${connections.client} of clients, ${connections.upstream} to the API server`,
    `  credentials: ${visible(status.credentials, MAX_ERROR)}`,
    `  dropped: ${lost}`,
    ...errorLines(recent.errors),
  ];
  const text = `${lines.join('\n')}\n`;
  return status.secret === undefined ? text : hider(status.secret)(text);
}

function totals({ outcomes }: Recent): string {
  const counts = Object.entries(outcomes).filter(([, count]) => count > 0);
  if (counts.length === 0) return 'none yet';
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  return `${all} (${counts.map(([outcome, count]) => `${outcome} ${count}`).join(', ')})`;
}

function openExchanges(open: readonly ExchangeRecord[], now: number): string {
  const [longest] = open;
  if (longest === undefined) return 'none';
  let watches = 0;
  let tunnels = 0;
  for (const { verb, upgrade } of open) {
    if (upgrade !== undefined) tunnels++;
    else if (verb === 'watch') watches++;
  }
  const streams = [
    ...counted(watches, 'watch', 'watches'),
    ...counted(tunnels, 'tunnel', 'tunnels'),
  ];
  const these = streams.length === 0 ? '' : ` (${streams.join(', ')})`;
  const which = `${verbOf(longest)} ${objectOf(longest)}`;
  const asked = `${visible(which, MAX_TEXT)} by ${visible(programOf(longest), MAX_TEXT)}`;
  return `${open.length}${these}, the longest for ${span(now - longest.startedAt)}: ${asked}`;
}

function counted(n: number, one: string, several: string): string[] {
  return n === 0 ? [] : [`${n} ${n === 1 ? one : several}`];
}

function errorLines(errors: readonly RecentError[]): string[] {
  if (errors.length === 0) return ['  errors: none'];
  return [
    `  errors, the last ${errors.length}:`,
    ...errors.map(({ time, status, verb, what, outcome, error }) => {
      const request = visible(`${verb} ${what}`, MAX_TEXT);
      const sentence = error === undefined ? '' : `: ${visible(error, MAX_ERROR)}`;
      return `    ${day(time)} ${clock(time)} ${status ?? '  -'} ${request} ${outcome}${sentence}`;
    }),
  ];
}

/** `3d 4h`, `2h 5m`, `1m 30s`, `812ms` */
function span(ms: number): string {
  if (ms < 60_000) return duration(ms);
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(seconds / unit));
  if (days) return `${days}d ${(hours ?? 0) % 24}h`;
  if (hours) return `${hours}h ${(minutes ?? 0) % 60}m`;
  return `${minutes}m ${seconds % 60}s`;
}

function day(time: number): string {
  const date = new Date(time);
  return `${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}

import { bytes, duration } from '../access/words.ts';
import type { CallGroup, ConnectionFacts, Failure, TraceSummary } from './summary.ts';

const MAX_GROUPS = 30;
const HEADINGS = ['calls', 'failed', 'total', 'mean', 'p95', 'max', 'bytes'];
const WIDTHS = [5, 6, 6, 6, 6, 6, 7];

/** The summary as one line of JSON; times to a microsecond. */
export function summaryJson(summary: TraceSummary): string {
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  return `${JSON.stringify(summary, rounded)}\n`;
}

/** The summary for a person, with a newline at the end of each line. */
export function summaryText(summary: TraceSummary): string {
  const { program, wallMs, calls } = summary;
  const inAll = `${program}: ${time(wallMs)} in all`;
  if (calls === 0)
    return `${inAll}, no call came through porthole: does ${program} read KUBECONFIG?\n`;
  const lines = [
    `${inAll}, ${time(summary.apiMs)} (${share(summary)}) in the API, ${count(calls, 'call')}`,
    ...details(summary),
    connectionsLine(summary.connections),
    '',
    row(HEADINGS, 'verb and resource'),
    ...groupLines(summary.groups),
  ];
  if (calls > 1 && summary.slowest.length > 0) lines.push('', 'slowest:', ...slowestLines(summary));
  if (summary.failed > 0) lines.push('', 'failed:', ...failureLines(summary));
  return `${lines.join('\n')}\n`;
}

/** Of a whole command: seconds, where there are some. */
function time(ms: number): string {
  return ms < 1000 ? duration(ms) : `${(ms / 1000).toFixed(2)}s`;
}

function share({ apiMs, wallMs }: TraceSummary): string {
  return `${wallMs > 0 ? Math.min(100, Math.round((100 * apiMs) / wallMs)) : 0} %`;
}

function details(summary: TraceSummary): string[] {
  const { discovery, failed, streamingMs, connections } = summary;
  const counts = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(discovery > 0 ? [`discovery: ${discovery}`] : []),
    `${bytes(summary.bytesSent)} sent`,
    `${bytes(summary.bytesReceived)} received`,
  ];
  const times = [];
  if (streamingMs >= 1) times.push(`${time(streamingMs)} with watches or tunnels alone`);
  if (connections.authMs >= 1) times.push(`${time(connections.authMs)} for credentials`);
  return [counts, times].filter((facts) => facts.length > 0).map((facts) => facts.join(', '));
}

function connectionsLine(facts: ConnectionFacts): string {
  const { opened, reuses, dialMs, tlsMs, addresses, replayed } = facts;
  const each = `${duration(dialMs / opened)} TCP, ${duration(tlsMs / opened)} TLS`;
  const to = addresses.length > 0 ? ` to ${addresses.join(', ')}` : '';
  const took = opened === 0 ? '' : ` (${each}${opened > 1 ? ' each' : ''})`;
  const again = replayed > 0 ? `; ${replayed} sent again with a renewed credential` : '';
  return `${count(opened, 'connection')} opened${to}${took}, ${count(reuses, 'call')} on open ones${again}`;
}

function groupLines(groups: readonly CallGroup[]): string[] {
  const lines = groups.slice(0, MAX_GROUPS).map((group) => {
    const times = [group.totalMs, group.meanMs, group.p95Ms, group.maxMs].map(duration);
    const numbers = [String(group.calls), String(group.failed || ''), ...times];
    return row([...numbers, bytes(group.bytesReceived)], `${group.verb} ${group.resource}`);
  });
  const more = groups.length - MAX_GROUPS;
  return more > 0 ? [...lines, `... and ${more} more`] : lines;
}

/** Numbers to the right, in 49 columns with the space after them. */
function row(numbers: readonly string[], what: string): string {
  return `${numbers.map((number, i) => number.padStart(WIDTHS[i] ?? 0)).join(' ')} ${what}`;
}

function slowestLines({ slowest }: TraceSummary): string[] {
  return slowest.map(
    ({ ms, status, verb, object }) =>
      `${duration(ms).padStart(8)} ${status ?? '  -'} ${verb} ${object}`,
  );
}

function failureLines({ failures, otherFailures }: TraceSummary): string[] {
  const lines = failures.map(failureLine);
  return otherFailures > 0 ? [...lines, `  ... and ${otherFailures} more`] : lines;
}

function failureLine({ calls, status, verb, object, outcome, error }: Failure): string {
  const times = calls > 1 ? ` (${calls} times)` : '';
  const sentence = error === null ? '' : `: ${error}`;
  const how = outcome === 'ok' ? '' : ` ${outcome}${sentence}`;
  return `${String(status ?? '-').padStart(5)} ${verb} ${object}${times}${how}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

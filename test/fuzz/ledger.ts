// The third oracle: every request that went upstream is one that was recorded, every byte belongs to one, and what was cut
// does not look whole.
import type { ExchangeRecord } from '../../src/record/exchange-record.ts';
import type { Observation } from './lane.ts';
import type { SeenRequest, WireLog } from './wire.ts';

/** Something that must not be. */
export interface Find {
  /** The rule that was broken; finds with the same one are taken for the same. */
  readonly rule: string;
  readonly detail: string;
}

const HEAD =
  /^[A-Z]+ \/[\x21-\x7e]* HTTP\/1\.1\r\n(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+: ?[\t\x20-\x7e\x80-\xff]*\r\n)+\r\n$/;

const SAFE = /^(?:GET|HEAD|OPTIONS) /;

/** A request that came, with the connection on which it did. */
export interface Arrival {
  readonly request: SeenRequest;
  readonly wire: WireLog;
  /** The how manieth on it. */
  readonly at: number;
}

/** All requests of a case. */
export function arrivalsOf({ wires }: Observation): Arrival[] {
  return wires.flatMap((wire) => wire.requests.map((request, at) => ({ request, wire, at })));
}

/** The values of a field, as they stand in a head of ours. */
export function valuesIn(head: string, name: string): string[] {
  const lines = head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}: `));
  return lines.map((line) => line.slice(name.length + 2));
}

/** What is wrong with a case by the accounts alone. */
export function judgeLedger(seen: Observation): Find[] {
  const finds: Find[] = [];
  const say = (rule: string, detail: string): void => void finds.push({ rule, detail });
  if (seen.hanging !== '') say('nothing hangs', seen.hanging);
  const arrivals = arrivalsOf(seen);
  const asked = seen.records.filter(({ upstreamAddress }) => upstreamAddress !== undefined);
  if (arrivals.length > seen.sent)
    say('no more requests than were sent', `${arrivals.length} came, ${seen.sent} were sent`);
  for (const { request } of arrivals) judgeHead(request, seen.secure, say);
  judgeOwners(arrivals, asked, say);
  for (const wire of seen.wires) judgeBytes(wire, seen, say);
  for (const record of seen.records) {
    if (record.errorCode === 'ERR_INTERNAL') say('no defect shows', record.error ?? '');
  }
  return finds;
}

type Say = (rule: string, detail: string) => void;

function judgeHead({ head }: SeenRequest, secure: boolean, say: Say): void {
  if (!HEAD.test(head)) say('heads are clean', head);
  const count = (name: string): number =>
    head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}:`)).length;
  if (count('host') !== 1) say('one Host', head);
  if (count('content-length') + count('transfer-encoding') > 1) say('one framing', head);
  if (secure && count('authorization') < 1) say('a credential', head);
}

/** Each request is that of a record, and only what may be tried again comes twice. */
function judgeOwners(
  arrivals: readonly Arrival[],
  asked: readonly ExchangeRecord[],
  say: Say,
): void {
  const left = [...asked];
  const taken: ExchangeRecord[] = [];
  for (const { request, wire } of arrivals) {
    // A client that names two has the first one recorded.
    const ids = valuesIn(request.head, 'audit-id');
    const owns = ({ auditID, method, path, query }: ExchangeRecord): boolean =>
      ids.includes(auditID) &&
      request.head.startsWith(`${method} ${path}${query === '' ? '' : `?${query}`}`);
    const at = left.findIndex(owns);
    if (at >= 0) {
      taken.push(...left.splice(at, 1));
      continue;
    }
    const again = taken.find(owns);
    if (again === undefined) say('each request is recorded', request.head);
    else if (again.replayed !== true && (!SAFE.test(request.head) || wire.tunnelAt >= 0))
      say('nothing is sent twice', request.head);
  }
}

/** What is no request must be the beginning of one that was given up, with its connection. */
function judgeBytes(wire: WireLog, { input, received, wires }: Observation, say: Say): void {
  if (wire.tunnelAt >= 0) {
    const up = wire.received.slice(wire.tunnelAt);
    if (up !== '' && !/HTTP\/1\.[01] 101/.test(wire.sent)) say('no tunnel without a 101', up);
    if (!input.client.includes(up)) say('a tunnel carries what the client sent', up);
    const [, down = ''] =
      /HTTP\/1\.1 101 [^\r]*\r\n(?:[^\r]+\r\n)*\r\n([\s\S]*)$/.exec(received) ?? [];
    // After a 401 it is another connection that has switched.
    if (!wires.some(({ sent }) => sent.includes(down)))
      say('a tunnel carries what the API server sent', down);
    return;
  }
  const last = wire.requests.at(-1);
  const end = last === undefined ? 0 : last.to;
  if (end !== wire.received.length && !wire.left && wire.ending === 'open')
    say('each byte belongs to a request', wire.received.slice(Math.max(0, end)));
}

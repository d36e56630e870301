// Two audit logs side by side: which events are in both, and what is not equal in them.
import { isDeepStrictEqual } from 'node:util';

/** `audit.k8s.io/v1 Event`, as it stands in a log. */
export interface AuditEvent {
  readonly auditID: string;
  readonly level: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: Readonly<Record<string, unknown>>;
  readonly requestReceivedTimestamp: string;
  readonly objectRef?: Readonly<Record<string, string>>;
  readonly responseStatus?: Readonly<Record<string, unknown>>;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** One value that is not the same in both logs. */
export interface Unequal {
  /** As in `responseStatus.code`; `event` for an event that only one log has. */
  readonly path: string;
  readonly ours: unknown;
  readonly theirs: unknown;
  readonly events: EventPair;
}

/** Events of one request and stage. */
export interface EventPair {
  readonly ours: AuditEvent | undefined;
  readonly theirs: AuditEvent | undefined;
}

export interface Comparison {
  /** Pairs of events that both logs have. */
  readonly pairs: number;
  readonly unequal: readonly Unequal[];
}

/** Events by the line. A last line that is not finished is none. */
export function readEvents(log: string): AuditEvent[] {
  const lines = log.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}

/** Compares the events of these requests, each with the one of the same request and stage. */
export function compareLogs(
  ours: readonly AuditEvent[],
  theirs: readonly AuditEvent[],
  auditIDs: Iterable<string>,
): Comparison {
  const [our, their] = [byRequest(ours), byRequest(theirs)];
  let pairs = 0;
  const unequal: Unequal[] = [];
  for (const auditID of auditIDs) {
    for (const events of pairsOf(our.get(auditID) ?? [], their.get(auditID) ?? [])) {
      if (events.ours === undefined || events.theirs === undefined)
        unequal.push({ path: 'event', ours: events.ours, theirs: events.theirs, events });
      else {
        pairs += 1;
        collect('', events.ours, events.theirs, (path, one, other) =>
          unequal.push({ path, ours: one, theirs: other, events }),
        );
      }
    }
  }
  return { pairs, unequal };
}

function byRequest(events: readonly AuditEvent[]): ReadonlyMap<string, AuditEvent[]> {
  const found = new Map<string, AuditEvent[]>();
  for (const event of events) {
    const others = found.get(event.auditID);
    if (others === undefined) found.set(event.auditID, [event]);
    else others.push(event);
  }
  return found;
}

/** By stage; a second event of a stage is one that the other log does not have. */
function pairsOf(ours: readonly AuditEvent[], theirs: readonly AuditEvent[]): EventPair[] {
  const rest = [...theirs];
  const pairs: EventPair[] = ours.map((event) => {
    const at = rest.findIndex(({ stage }) => stage === event.stage);
    return { ours: event, theirs: at < 0 ? undefined : rest.splice(at, 1)[0] };
  });
  return [...pairs, ...rest.map((event) => ({ ours: undefined, theirs: event }))];
}

type Take = (path: string, ours: unknown, theirs: unknown) => void;

/** Goes down where both are objects, or lists of one length. */
function collect(path: string, ours: unknown, theirs: unknown, take: Take): void {
  if (isDeepStrictEqual(ours, theirs)) return;
  if (!isBranch(ours) || !isBranch(theirs) || !areAlike(ours, theirs)) {
    take(path, ours, theirs);
    return;
  }
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const below = path === '' ? key : `${path}.${key.replaceAll('.', '\\.')}`;
    collect(below, ours[key], theirs[key], take);
  }
}

type Branch = Readonly<Record<string, unknown>>;

function isBranch(value: unknown): value is Branch {
  return typeof value === 'object' && value !== null;
}

function areAlike(one: Branch, other: Branch): boolean {
  if (!Array.isArray(one) && !Array.isArray(other)) return true;
  return Array.isArray(one) && Array.isArray(other) && one.length === other.length;
}

const MAX_SHOWN = 300;

/** What is not equal, request by request, for people. */
export function describeUnequal(unequal: readonly Unequal[]): string {
  const blocks = new Map<string, string[]>();
  for (const { path, ours, theirs, events } of unequal) {
    const { auditID, stage, verb, requestURI, level } = (events.ours ??
      events.theirs) as AuditEvent;
    const head = `${verb} ${requestURI} (${auditID}) ${level} ${stage}`;
    const lines = blocks.get(head) ?? [];
    lines.push(`  ${path}\n    ours:   ${shown(ours)}\n    theirs: ${shown(theirs)}`);
    blocks.set(head, lines);
  }
  return [...blocks].map(([head, lines]) => `${head}\n${lines.join('\n')}`).join('\n');
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}... (${text.length})` : text;
}

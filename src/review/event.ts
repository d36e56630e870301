/** What does a line of an audit file tell? JSON of `audit.k8s.io`, an event or a list of them. */

/** What a request was about, as `objectRef` names it; '' for what there is none of. */
export interface ObjectReference {
  readonly resource: string;
  readonly subresource: string;
  readonly apiGroup: string;
  readonly namespace: string;
  readonly name: string;
}

/** What a review looks at of an event of any version; '' for what it does not say. */
export interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly object: ObjectReference;
  readonly user: string;
  readonly impersonatedUser: string;
  readonly userAgent: string;
  readonly code: number | undefined;
  /** µs since the epoch; NaN where it is not told. */
  readonly received: number;
  readonly staged: number;
  readonly annotations: Fields;
}

/** An event, and the line that it was, or that it would be outside of its list. */
export interface FoundEvent {
  readonly event: AuditEvent;
  readonly line: string;
}

/** A JSON object, of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** Of requests that name no resource. */
export const NO_OBJECT: ObjectReference = {
  resource: '',
  subresource: '',
  apiGroup: '',
  namespace: '',
  name: '',
};

const GROUP = 'audit.k8s.io/';
const NOTHING: Fields = {};

/** The events of a line of JSON: several where it is an EventList; undefined where it is something else. */
export function readJson(line: string): readonly FoundEvent[] | undefined {
  const fields = parsed(line);
  if (!textOf(fields['apiVersion']).startsWith(GROUP)) return undefined;
  if (fields['kind'] === 'Event') return [{ event: eventOf(fields), line }];
  const { kind, apiVersion, items } = fields;
  if (kind !== 'EventList' || !Array.isArray(items)) return undefined;
  try {
    // Items of a list carry no type of their own.
    return items.map((item) => ({
      event: eventOf(fieldsOf(item)),
      line: JSON.stringify({ kind: 'Event', apiVersion, ...fieldsOf(item) }),
    }));
  } catch {
    return undefined; // Nested so deep that it can be read, but not be written.
  }
}

function parsed(line: string): Fields {
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return NOTHING;
  }
}

function eventOf(fields: Fields): AuditEvent {
  const { code } = fieldsOf(fields['responseStatus']);
  return {
    stage: textOf(fields['stage']),
    verb: textOf(fields['verb']),
    requestURI: textOf(fields['requestURI']),
    object: fields['objectRef'] === undefined ? NO_OBJECT : objectOf(fieldsOf(fields['objectRef'])),
    user: textOf(fieldsOf(fields['user'])['username']),
    impersonatedUser: textOf(fieldsOf(fields['impersonatedUser'])['username']),
    userAgent: textOf(fields['userAgent']),
    code: typeof code === 'number' ? code : undefined,
    received: microseconds(textOf(fields['requestReceivedTimestamp'])),
    staged: microseconds(textOf(fields['stageTimestamp'])),
    annotations: fieldsOf(fields['annotations']),
  };
}

function objectOf(reference: Fields): ObjectReference {
  return {
    resource: textOf(reference['resource']),
    subresource: textOf(reference['subresource']),
    apiGroup: textOf(reference['apiGroup']),
    namespace: textOf(reference['namespace']),
    name: textOf(reference['name']),
  };
}

/** The last moment that a Date can hold, in ms. */
const END_OF_TIME = 8.64e15;

/** A time as RFC 3339 has it, in µs since the epoch (Kubernetes' MicroTime; more digits are dropped). NaN for others. */
export function microseconds(time: string): number {
  const ms = Date.parse(time);
  // As µs it is rounded, and would be none that can be shown.
  if (Math.abs(ms) >= END_OF_TIME) return Number.NaN;
  const [, behindMs = ''] = /\.\d{3}(\d{1,3})/.exec(time) ?? [];
  return Math.floor(ms) * 1000 + Number(behindMs.padEnd(3, '0'));
}

/** How long the request had taken at this event, in µs; undefined where it is not told. */
export function latencyOf({ received, staged }: AuditEvent): number | undefined {
  const latency = staged - received;
  // A clock may have been set back between the two.
  return Number.isNaN(latency) ? undefined : Math.max(0, latency);
}

/** Whether nothing more comes of the request. */
export function isFinal({ stage }: AuditEvent): boolean {
  return stage === 'ResponseComplete' || stage === 'Panic';
}

const LONG_SUBRESOURCES = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Lasts as long as somebody wants it to: what kube-apiserver takes for long-running, which is a log that nobody follows too. */
export function isLongRunning({ verb, object }: AuditEvent): boolean {
  return verb === 'watch' || verb === 'proxy' || LONG_SUBRESOURCES.has(object.subresource);
}

/** Events that porthole could not write and tells of in this one; 0 of an event of a request. */
export function droppedBefore({ annotations }: AuditEvent): number {
  const count = textOf(annotations['porthole/dropped-events']);
  return /^\d{1,15}$/.test(count) ? Number(count) : 0;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : NOTHING;
}

import type { Identity } from './credentials/identity.ts';
import { impersonated } from './credentials/impersonated.ts';
import type { PortholeError } from './errors.ts';
import type { Generation } from './generation.ts';
import { fieldText } from './http1/field-text.ts';
import type { RequestHead } from './http1/message.ts';
import type { Identities } from './identify.ts';
import { ExchangeRecord } from './record/exchange-record.ts';
import type { Recorder } from './record/recorder.ts';
import type { Exchange } from './server/exchange.ts';
import { type RequestInfo, requestInfo } from './server/request-info.ts';
import type { RequestTarget } from './server/request-target.ts';

/** How exchanges are recorded. */
export interface Recording {
  /** Told of every exchange. */
  readonly recorder: Recorder;
  /** Takes every record once it has ended, the recorder's word included. */
  readonly ended: (record: ExchangeRecord) => void;
  /** Who the API server takes us for; undefined where nobody wants to know. */
  readonly identities: Identities | undefined;
}

/** What all acts of the story have in common. */
export interface Scene {
  readonly exchange: Exchange;
  readonly generation: Generation;
  readonly record: ExchangeRecord;
  readonly parts: Recording;
}

/** Its record is begun where records are kept, and from here on its messages too. `identity` is asked for where it matters. */
export function follow({ exchange, generation, record, parts }: Scene, identity?: Identity): void {
  record.followed = true;
  record.identity = identity ?? parts.identities?.known(generation);
  record.trail = parts.recorder.begin?.(record, exchange.request);
  exchange.trail = record.trail;
}

/** The same for a request that goes to the API server. Nothing to wait for is the common case, and costs nothing. */
export function recordAdmitted(scene: Scene, request: RequestHead): Promise<void> | undefined {
  const { generation, parts, record } = scene;
  const identity = parts.identities?.of(generation, request);
  if (identity instanceof Promise)
    return identity.then((found) => {
      // It has ended if its client has left.
      if (record.followed) return undefined;
      follow(scene, found);
      return record.trail?.admitted?.();
    });
  follow(scene, identity);
  return record.trail?.admitted?.();
}

/** Records a request whose head could not be read: it was answered, and there never was an exchange. */
export function recordMalformed(
  error: PortholeError,
  clientAddress: string,
  parts: Recording,
): void {
  const record = new ExchangeRecord(
    {
      auditID: '',
      time: Date.now(),
      startedAt: performance.now(),
      method: '',
      path: '',
      query: '',
      version: '',
      clientAddress,
      userAgent: undefined,
      referer: undefined,
      kubectlCommand: undefined,
      kubectlSession: undefined,
    },
    parts.ended,
  );
  record.status = error.status;
  record.end('refused', performance.now(), error);
}

/** The record of a request whose head has been read. */
export function begin(
  exchange: Exchange,
  { config }: Generation,
  parts: Recording,
): ExchangeRecord {
  const { headers, method, target } = exchange.request;
  const mark = target.indexOf('?');
  const record = new ExchangeRecord(
    {
      auditID: headers.get('audit-id') || exchange.id,
      time: exchange.time,
      startedAt: exchange.startedAt,
      method,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark + 1),
      version: exchange.request.version,
      clientAddress: exchange.clientAddress,
      userAgent: fieldText(headers.get('user-agent') ?? '') || undefined,
      referer: headers.get('referer'),
      kubectlCommand: headers.get('kubectl-command'),
      kubectlSession: headers.get('kubectl-session'),
    },
    parts.ended,
  );
  // An empty name impersonates nobody.
  record.impersonatedUser =
    config.user.impersonate?.user ??
    (fieldText(headers.get('impersonate-user') ?? '') || undefined);
  if (record.impersonatedUser !== undefined && parts.identities !== undefined)
    record.impersonated = impersonated(config.user.impersonate, headers);
  return record;
}

/** Notes what it means to Kubernetes. */
export function describe(
  record: ExchangeRecord,
  exchange: Exchange,
  target: RequestTarget,
): RequestInfo {
  const info = requestInfo(exchange.request.method, target);
  exchange.longRunning = info.longRunning;
  record.longRunning = info.longRunning;
  record.verb = info.verb;
  record.apiGroup = info.apiGroup;
  record.apiVersion = info.apiVersion;
  record.resource = info.resource;
  record.subresource = info.subresource;
  record.namespace = info.namespace;
  record.name = info.name;
  return info;
}

import { objectOf, verbOf, visible } from '../access/words.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { maskPath, maskQuery } from '../mask/query.ts';

const LONGEST_URI = 2_000;
const LONGEST_NAME = 200;
const LONGEST_GROUP = 60;
const LONGEST_ERROR = 500;

/** Path and query as sent, but for what must not be seen. */
export function uri({ path, query }: ExchangeRecord): string {
  const shown = maskPath(path);
  const asked = query === '' ? shown : `${shown}?${maskQuery(query)}`;
  return visible(asked || '-', LONGEST_URI);
}

export function verb(record: ExchangeRecord): string {
  return visible(verbOf(record), LONGEST_NAME);
}

/** `deployments.apps/default/web`; the path when the call names no resource. */
export function object(record: ExchangeRecord): string {
  return visible(objectOf(record), LONGEST_NAME);
}

/** What calls are counted by: `deployments.apps/scale`, `discovery`, or the first parts of another path. */
export function kind(record: ExchangeRecord): string {
  const { resource, apiGroup, subresource, path } = record;
  if (isDiscovery(record)) return 'discovery';
  if (resource === '') return visible(maskPath(path).split('/', 3).join('/') || '-', LONGEST_GROUP);
  const whole = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  return visible(subresource === '' ? whole : `${whole}/${subresource}`, LONGEST_NAME);
}

/** Whether it asks which resources there are, and how they look. */
export function isDiscovery({ resource, path }: ExchangeRecord): boolean {
  return resource === '' && /^\/(?:apis?|openapi)(?:\/|$)/.test(path);
}

/** porthole's own sentence about what went wrong; undefined where the API server said it, or nothing did. */
export function problem({ error }: ExchangeRecord): string | undefined {
  return error === undefined ? undefined : visible(error, LONGEST_ERROR);
}

/** A watch, a tunnel, or another answer that goes on: how long it takes says nothing about the API server. */
export function isStream({ longRunning, status }: ExchangeRecord): boolean {
  return status === 101 || (longRunning && status !== undefined && status < 300);
}

/** Whether it has ended as streams do: the client had enough of it, or has ended itself. */
export function endedAsStreamsDo(record: ExchangeRecord): boolean {
  const { outcome } = record;
  const isEnough = outcome === 'ok' || outcome === 'client-gone' || outcome === 'stopped';
  return isEnough && isStream(record);
}

/** Whether the client did not get what it asked for. */
export function hasFailed(record: ExchangeRecord): boolean {
  if (endedAsStreamsDo(record)) return false;
  return record.outcome !== 'ok' || record.status === undefined || record.status >= 400;
}

import type { ObjectMeta } from '../body/object-meta.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { cut, quoted } from '../json/json-text.ts';

const MAX_TEXT = 1024;

/**
 * `audit.k8s.io/v1 ObjectReference` in JSON: the request's words, completed by the object that it carries as apiserver's
 * `LogRequestObject` does.
 */
export function objectRef(record: ExchangeRecord, object?: ObjectMeta): string {
  const fields =
    field('resource', record.resource) +
    field('namespace', record.namespace || (object?.namespace ?? '')) +
    field('name', record.name || (object?.name ?? '')) +
    field('uid', object?.uid ?? '') +
    field('apiGroup', record.apiGroup) +
    field('apiVersion', record.apiVersion) +
    field('resourceVersion', object?.resourceVersion ?? '') +
    field('subresource', record.subresource);
  return `{${fields.slice(1)}}`;
}

function field(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${quoted(cut(value, MAX_TEXT))}`;
}

import { isObject } from '../json/json.ts';
import type { Content } from './content.ts';
import { fieldBytes, fieldText, wrappedObject } from './protobuf.ts';

/** What tells an object from others; '' for what it does not say. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/**
 * The metadata of the one object that a message holds: in JSON, YAML, or Kubernetes' protobuf, of which the beginning
 * is enough. Undefined for lists, patches of several steps and all else.
 */
export function objectMeta({ value, body }: Content): ObjectMeta | undefined {
  if (value === undefined) return protobufMeta(body);
  if (!isObject(value) || Array.isArray(value.items) || !isObject(value.metadata)) return undefined;
  const { name, namespace, uid, resourceVersion } = value.metadata;
  return {
    name: textOf(name),
    namespace: textOf(namespace),
    uid: textOf(uid),
    resourceVersion: textOf(resourceVersion),
  };
}

/**
 * Fields by number: the metadata of all objects with some is 1; ObjectMeta has name 1, namespace 3, uid 5 and resourceVersion 6
 * (the generated.proto of meta/v1 and the API groups).
 */
function protobufMeta(body: Buffer): ObjectMeta | undefined {
  const { kind = '', raw } = wrappedObject(body) ?? {};
  // The metadata of a list has other fields, and options for deleting have a number there.
  if (raw === undefined || kind === '' || kind.endsWith('List')) return undefined;
  const metadata = fieldBytes(raw.bytes, 1);
  if (metadata === undefined || !metadata.isWhole) return undefined;
  const { bytes } = metadata;
  return {
    name: fieldText(bytes, 1),
    namespace: fieldText(bytes, 3),
    uid: fieldText(bytes, 5),
    resourceVersion: fieldText(bytes, 6),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

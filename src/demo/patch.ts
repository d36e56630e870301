import { isJsonObject, type JsonObject } from './object.ts';
import { unsupportedMediaType } from './status.ts';

/** `current` as the patch changes it: a new object. */
type Patcher = (current: unknown, patch: JsonObject) => JsonObject;

const PATCHERS: ReadonlyMap<string, Patcher> = new Map([
  ['application/merge-patch+json', mergeObject],
  ['application/strategic-merge-patch+json', strategicMergeObject],
]);

/** @throws {StatusError} 415 for other kinds of patches */
export function patcherOf(mediaType: string): Patcher {
  const patcher = PATCHERS.get(mediaType);
  if (patcher === undefined) throw unsupportedMediaType(PATCHERS.keys());
  return patcher;
}

/** RFC 7396 section 2. */
function mergeObject(current: unknown, patch: JsonObject): JsonObject {
  return mergeFields(current, Object.entries(patch), (old, value) =>
    isJsonObject(value) ? mergeObject(old, value) : value,
  );
}

/**
 * A strategic merge patch, read without the schemas that it needs: lists whose items all have a `name` merge by it, as
 * containers do, other lists are replaced; `$patch: delete` takes an item away, other directives mean nothing.
 */
function strategicMergeObject(current: unknown, patch: JsonObject): JsonObject {
  const fields = Object.entries(patch).filter(([name]) => !name.startsWith('$'));
  return mergeFields(current, fields, (old, value) => {
    if (Array.isArray(value) && value.every(isNamed)) return mergeNamed(old, value);
    return isJsonObject(value) ? strategicMergeObject(old, value) : value;
  });
}

function mergeNamed(current: unknown, patch: readonly NamedItem[]): readonly unknown[] {
  const old = Array.isArray(current) ? current.filter(isNamed) : [];
  const items = new Map<string, JsonObject>(old.map((item) => [item.name, item]));
  for (const item of patch) {
    if (item['$patch'] === 'delete') items.delete(item.name);
    else items.set(item.name, strategicMergeObject(items.get(item.name), item));
  }
  return [...items.values()];
}

interface NamedItem extends JsonObject {
  readonly name: string;
}

function isNamed(item: unknown): item is NamedItem {
  return isJsonObject(item) && typeof item['name'] === 'string';
}

/** By way of a Map: assigning to a field named `__proto__` would not make a field. */
function mergeFields(
  current: unknown,
  patch: readonly (readonly [string, unknown])[],
  merge: (old: unknown, value: unknown) => unknown,
): JsonObject {
  const fields = new Map(isJsonObject(current) ? Object.entries(current) : []);
  for (const [name, value] of patch) {
    if (value === null) fields.delete(name);
    else fields.set(name, merge(fields.get(name), value));
  }
  return Object.fromEntries(fields);
}

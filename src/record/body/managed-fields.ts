import { isObject } from '../json/json.ts';

/**
 * Takes `metadata.managedFields` out of an object, the items of a list and the objects of a Table's rows, as the API server
 * does for its audit log (apiserver pkg/audit/request.go copyWithoutManagedFields). Changes `value`. Not for patches, which it leaves
 * as they are.
 */
export function omitManagedFields(value: unknown): unknown {
  if (!isObject(value)) return value;
  omitFrom(value);
  if (Array.isArray(value.items)) value.items.forEach(omitFrom);
  if (value.kind === 'Table' && Array.isArray(value.rows))
    for (const row of value.rows) if (isObject(row)) omitFrom(row.object);
  return value;
}

function omitFrom(object: unknown): void {
  if (isObject(object) && isObject(object.metadata)) delete object.metadata['managedFields'];
}

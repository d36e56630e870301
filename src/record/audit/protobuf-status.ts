import { fieldText, wrappedObject } from '../body/protobuf.ts';

/**
 * A `Status` in Kubernetes' protobuf as the object that it would be in JSON, without details; undefined for all else.
 * Fields by number: Status has status 2, message 3 and reason 4 (the generated.proto of meta/v1).
 */
export function protobufStatus(body: Buffer): Record<string, string> | undefined {
  const { raw, apiVersion, kind } = wrappedObject(body) ?? {};
  if (apiVersion === undefined || kind === undefined || !raw?.isWhole) return undefined;
  return {
    apiVersion,
    kind,
    status: fieldText(raw.bytes, 2),
    message: fieldText(raw.bytes, 3),
    reason: fieldText(raw.bytes, 4),
  };
}

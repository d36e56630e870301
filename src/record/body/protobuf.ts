// Wire types: https://protobuf.dev/programming-guides/encoding/
const VARINT = 0;
const I64 = 1;
const LEN = 2;
const I32 = 5;

/** Bytes of a varint that stays exact in a double: lengths have no more than five. */
const MAX_VARINT = 7;

/** A field of the LEN type: text, bytes, or a message. */
export interface FieldBytes {
  readonly bytes: Buffer;
  /** False where the message ends before the field does. */
  readonly isWhole: boolean;
}

/** What every object in Kubernetes' protobuf begins with (apimachinery `pkg/runtime/serializer/protobuf/protobuf.go`). */
export const PROTOBUF_MAGIC = 'k8s\0';

/** A Kubernetes object as its protobuf wraps it. */
export interface WrappedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object's own message. */
  readonly raw: FieldBytes;
}

/**
 * What a body in Kubernetes' protobuf wraps; undefined for all else. Fields by number: runtime.Unknown has typeMeta 1 and
 * raw 2, TypeMeta has apiVersion 1 and kind 2 (the generated.proto of runtime).
 */
export function wrappedObject(body: Buffer): WrappedObject | undefined {
  if (body.toString('latin1', 0, PROTOBUF_MAGIC.length) !== PROTOBUF_MAGIC) return undefined;
  const unknown = body.subarray(PROTOBUF_MAGIC.length);
  const typeMeta = fieldBytes(unknown, 1)?.bytes;
  const raw = fieldBytes(unknown, 2);
  if (typeMeta === undefined || raw === undefined) return undefined;
  return { apiVersion: fieldText(typeMeta, 1), kind: fieldText(typeMeta, 2), raw };
}

/** The text of a field; '' if there is none. */
export function fieldText(message: Buffer, field: number): string {
  return fieldBytes(message, field)?.bytes.toString() ?? '';
}

/** The first field with this number in a message of protobuf; undefined if there is none, or what is there can not be read. */
export function fieldBytes(message: Buffer, field: number): FieldBytes | undefined {
  let at = 0;
  while (at < message.length) {
    const tag = varint(message, at);
    if (tag === undefined) return undefined;
    const end = endOfField(message, tag.next, tag.value & 7);
    if (end === undefined) return undefined;
    if (tag.value >>> 3 === field && (tag.value & 7) === LEN)
      return { bytes: message.subarray(end.start, end.end), isWhole: end.end <= message.length };
    at = end.end;
  }
  return undefined;
}

/** Where a field's value starts and ends, which may be behind the message's end. */
function endOfField(
  message: Buffer,
  at: number,
  wireType: number,
): { start: number; end: number } | undefined {
  if (wireType === I64) return { start: at, end: at + 8 };
  if (wireType === I32) return { start: at, end: at + 4 };
  if (wireType === VARINT) {
    let end = at;
    while ((message[end] ?? 0) >= 0x80) end += 1;
    return { start: at, end: end + 1 };
  }
  if (wireType !== LEN) return undefined;
  const length = varint(message, at);
  return length && { start: length.next, end: length.next + length.value };
}

function varint(message: Buffer, start: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = 0; i < MAX_VARINT; i++) {
    const byte = message[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: start + i + 1 };
  }
  return undefined;
}

// Where we differ from another reader on purpose, or it from the RFCs: named, counted, and never wider than they have to be.
import type { Reading } from './reading.ts';

/** A last chunk with something behind it that is not the end. */
const TRAILERS = /\r\n0+(?:;[^\r]*)?\r\n[^\r]/;

/** A Trailer field that names what no trailer may be (RFC 9110 section 6.5.1). */
const ANNOUNCED = /^trailer:.*(?:content-length|transfer-encoding|trailer)/im;

/** A difference that is none of ours, or wanted. */
export interface Difference {
  readonly id: string;
  /** Of the reader's refusal. */
  readonly refused: RegExp;
  /** What the bytes hold when it is this one. */
  readonly where: RegExp;
  readonly why: string;
}

const TAB_BEHIND_VALUE: Difference = {
  id: 'Node takes no tab behind a framing value',
  refused: /^HPE_INVALID_(?:CONTENT_LENGTH|TRANSFER_ENCODING)$/,
  where: /^(?:content-length|transfer-encoding):[^\r]*\t *\r$/im,
  why: 'it is optional white space (RFC 9110 section 5.5), and leaves as one space',
};

/** What Node's server may refuse of what a client sent, although we accept it. */
export const NODE_REQUESTS: readonly Difference[] = [
  {
    id: 'Node obeys trailers',
    refused:
      /^HPE_(?:(?:INVALID|UNEXPECTED)_CONTENT_LENGTH|INVALID_TRANSFER_ENCODING|CLOSED_CONNECTION)$/,
    where: TRAILERS,
    why: 'those of a request are left out',
  },
  TAB_BEHIND_VALUE,
  {
    id: 'Node stops at what begins as the preface of HTTP/2',
    refused: /^$/,
    where: /PRI \*/,
    why: 'it is refused, but the request before it is whole',
  },
];
/** The same of Go's. */
export const GO_REQUESTS: readonly Difference[] = [
  {
    id: 'Go reads no trailers that are longer than 4 KiB, of requests',
    refused: /suspiciously long trailer/,
    where: TRAILERS,
    why: 'those of a request are left out',
  },
  {
    id: 'Go refuses framing fields that are announced as trailers, of requests',
    refused: /^400 Bad Request$/,
    where: ANNOUNCED,
    why: 'the Trailer field of a request is left out',
  },
  {
    id: 'Go hears close among other words of a Connection field',
    refused: /^$/,
    where: /^connection:(?=[^\r]*\bclose\b)(?!(?:[^\r]*,)?[ \t]*close[ \t]*[,\r])/im,
    why: 'a server may end a connection behind any answer',
  },
];
/** What Node's client may refuse of what an API server said, although we pass it on. */
export const NODE_ANSWERS: readonly Difference[] = [
  TAB_BEHIND_VALUE,
  {
    id: 'Node obeys trailers of answers',
    refused:
      /^HPE_(?:(?:INVALID|UNEXPECTED)_CONTENT_LENGTH|INVALID_TRANSFER_ENCODING|CLOSED_CONNECTION)$/,
    where: TRAILERS,
    why: 'they are passed on as they are; the API server said the same to whoever asks it directly',
  },
  {
    id: 'Node heeds close in an interim answer',
    refused: /^HPE_CLOSED_CONNECTION$/,
    where: /^HTTP\/1\.1 1\d\d(?:(?!\r\n\r\n).)*\r\nconnection:[^\r]*\bclose\b/ims,
    why: 'it is for the final answer to say (RFC 9112 section 9.6); the field is not passed on',
  },
];
/** The same of Go's. */
export const GO_ANSWERS: readonly Difference[] = [
  {
    id: 'Go refuses framing fields that are announced as trailers',
    refused: /^bad trailer key/,
    where: ANNOUNCED,
    why: 'the API server said the same to whoever asks it directly',
  },
  {
    id: 'Go reads no trailers that are longer than 4 KiB',
    refused: /suspiciously long trailer/,
    where: /^/,
    why: 'ours may be 8 KiB; the API server said the same to whoever asks it directly',
  },
];

/** How often each was met. */
export const met = new Map<string, number>();

/** libuv takes a reset for an end when it comes together with the bytes before it (`uv__stream_io`: POLLHUP after a partial read). */
export const RESET_READ_AS_END = 'libuv reads a reset right behind other bytes as an end';

/** A body that is as long as its head said is whole to the client, whatever becomes of the stream. */
export const RESET_COMES_LATE = 'a stream is reset behind the last byte of a counted body';

/** Node's parser takes what follows for another protocol; the field is left out of what is forwarded. */
export const UPGRADE_IN_1_0 = 'Node heeds Upgrade in HTTP/1.0';

/** Counts a difference that is none of a refusal. */
export function count(id: string): void {
  met.set(id, (met.get(id) ?? 0) + 1);
}

/** Whether a refusal is one of `differences`, of which it is then counted. */
export function isByDesign(
  { refused }: Pick<Reading, 'refused'>,
  bytes: string,
  differences: readonly Difference[],
): boolean {
  const found = differences.find((one) => one.refused.test(refused) && one.where.test(bytes));
  if (found !== undefined) count(found.id);
  return found !== undefined;
}

// Reads whole messages with the parsers of src/http1, in one piece or in many, as the two sides of a relay do.
import { type ErrorCode, PortholeError } from '../../src/errors.ts';
import { ChunkedBody } from '../../src/http1/chunked.ts';
import { followBody } from '../../src/http1/framing.ts';
import type { BodyFollower, RequestHead, ResponseHead } from '../../src/http1/message.ts';
import { parseRequestHead, requestHeadEnd } from '../../src/http1/request-head.ts';
import { parseResponseHead, responseHeadEnd } from '../../src/http1/response-head.ts';

const CODE = 'ERR_MALFORMED_REQUEST';

/** One byte for each code point, which must be below 256. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** `bytes` cut at each of the ascending `cuts`. */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i]));
}

/** Every way to cut `bytes` in two, and single bytes. */
export function* everyCut(bytes: Buffer): Generator<Buffer[]> {
  for (let at = 1; at < bytes.length; at++) yield cutAt(bytes, [at]);
  yield cutAt(
    bytes,
    Array.from({ length: bytes.length - 1 }, (_, i) => i + 1),
  );
}

/** The code that `read` fails with, undefined if it does not. What is not a PortholeError goes through: it is a defect. */
export function failureOf(read: () => unknown): ErrorCode | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof PortholeError) return error.code;
    throw error;
  }
}

/** The request head that `text` is, from its first byte to its last. */
export function readRequestHead(text: string): RequestHead {
  const bytes = bytesOf(text);
  const end = requestHeadEnd(bytes, 0);
  if (end !== bytes.length) throw new Error(`the head ends at ${end}, not at ${bytes.length}`);
  return parseRequestHead(bytes, 0, end);
}

/** The response head that `text` is, from its first byte to its last, as the answer to `method`. */
export function readResponseHead(text: string, method = 'GET'): ResponseHead {
  const bytes = bytesOf(text);
  const end = responseHeadEnd(bytes, 0);
  if (end !== bytes.length) throw new Error(`the head ends at ${end}, not at ${bytes.length}`);
  return parseResponseHead(bytes, 0, end, method);
}

/** How a body went by. */
export interface Followed {
  /** How many bytes belong to the body, up to where it ends or is refused. */
  readonly end: number;
  /** The bytes passed on. */
  readonly passed: string;
  readonly done: boolean;
  readonly cutTrailers: boolean;
  readonly refused: ErrorCode | undefined;
}

/** Gives `pieces` to a follower, as far as the body goes. */
export function followPieces(body: BodyFollower, pieces: Iterable<Buffer>): Followed {
  let end = 0;
  let passed = '';
  const refused = failureOf(() => {
    for (const piece of pieces) {
      end += body.follow(piece, 0);
      passed += piece.toString('latin1', 0, body.passedTo);
      if (body.done) break;
    }
  });
  return { end, passed, done: body.done, cutTrailers: body.cutTrailers, refused };
}

/** The data of the chunks that have come of an answer; all behind its head where it is not chunked. */
export function answerData(received: string): string {
  const start = received.indexOf('\r\n\r\n') + 4;
  if (start < 4 || !received.slice(0, start).includes('Transfer-Encoding: chunked\r\n')) {
    return start < 4 ? '' : received.slice(start);
  }
  let data = '';
  const body = new ChunkedBody({ code: CODE, trailers: 'drop' }, (bytes, from, to) => {
    data += bytes.toString('latin1', from, to);
  });
  body.follow(bytesOf(received.slice(start)), 0);
  return data;
}

/** A request as it came off a connection; `complete` once the last byte of its body was there. */
export interface ReadRequest {
  readonly head: RequestHead;
  body: string;
  complete: boolean;
}

/** What a connection's bytes are read as, until they end, are refused, or the client asked for the end. */
export interface Reading {
  readonly requests: ReadRequest[];
  readonly refused: ErrorCode | undefined;
}

/** Reads all requests in `pieces`. */
export function readRequests(pieces: Iterable<Buffer>): Reading {
  const reader = new RequestReader();
  const refused = failureOf(() => {
    for (const piece of pieces) reader.read(piece);
  });
  return { requests: reader.requests, refused };
}

class RequestReader {
  readonly requests: ReadRequest[] = [];
  #held = Buffer.alloc(0);
  #scanned = 0;
  #body: BodyFollower | undefined;
  #closed = false;

  read(piece: Buffer): void {
    const bytes = Buffer.concat([this.#held, piece]);
    let at = 0;
    while (!this.#closed) {
      if (this.#body === undefined) {
        const rest = bytes.subarray(at);
        const end = requestHeadEnd(rest, this.#scanned);
        this.#scanned = end < 0 ? rest.length : 0;
        if (end < 0) break;
        this.#begin(parseRequestHead(rest, 0, end));
        at += end;
      }
      at = this.#follow(bytes, at);
      if (this.#body !== undefined) break;
    }
    this.#held = bytes.subarray(at);
  }

  #begin(head: RequestHead): void {
    const request = { head, body: '', complete: false };
    this.requests.push(request);
    this.#body =
      head.framing.kind === 'chunked'
        ? new ChunkedBody({ code: CODE, trailers: 'drop' }, (bytes, from, to) => {
            request.body += bytes.toString('latin1', from, to);
          })
        : followBody(head.framing, { code: CODE, trailers: 'drop' });
  }

  #follow(bytes: Buffer, start: number): number {
    const request = this.requests.at(-1);
    if (request === undefined || this.#body === undefined) return start;
    const end = this.#body.follow(bytes, start);
    if (request.head.framing.kind !== 'chunked') {
      request.body += bytes.toString('latin1', start, end);
    }
    if (this.#body.done) {
      request.complete = true;
      // What comes after an upgrade is the next request or the new protocol's, as the answer will tell.
      this.#closed = !request.head.keepAlive || request.head.upgrade !== undefined;
      this.#body = undefined;
    }
    return end;
  }
}

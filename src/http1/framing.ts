import type { ErrorCode } from '../errors.ts';
import { ChunkedBody } from './chunked.ts';
import type { Framing } from './message.ts';

/**
 * Follows a body as its bytes come in, without copying or holding any. `follow` is given each piece once, in order, and
 * says where in it the body ends.
 */
export interface BodyFollower {
  /** The last byte of the body has been seen. */
  readonly done: boolean;
  /**
   * Where this body ends in `bytes`, from `start` on: `bytes.length` when it goes on in the next piece.
   * @throws {PortholeError} when the bytes break the framing
   */
  follow(bytes: Buffer, start: number): number;
  /** Where the bytes end that are to be passed on; before the end only where request trailers begin. */
  readonly passedTo: number;
  /** Trailers were left out: a CRLF has to be sent in their place once `done`. */
  readonly cutTrailers: boolean;
}

/** What the two sides of a relay make of a chunked body's trailers (RFC 9112 section 7.1.2). */
export interface FollowOptions {
  /** Thrown when the bytes break the framing. */
  readonly code: ErrorCode;
  /** `drop` leaves trailer fields out, which RFC 9110 section 6.5.1 lets an intermediary do. */
  readonly trailers: 'keep' | 'drop';
}

/** A follower for one body. */
export function followBody(framing: Framing, options: FollowOptions): BodyFollower {
  switch (framing.kind) {
    case 'none':
      return new LengthBody(0);
    case 'length':
      return new LengthBody(framing.length);
    case 'chunked':
      return new ChunkedBody(options);
    case 'close':
      return new LengthBody(Number.POSITIVE_INFINITY);
  }
}

/** A body of `length` bytes; infinite for one that ends with the connection. */
class LengthBody implements BodyFollower {
  #left: number;
  passedTo = 0;
  readonly cutTrailers = false;

  constructor(length: number) {
    this.#left = length;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  follow(bytes: Buffer, start: number): number {
    const taken = Math.min(this.#left, bytes.length - start);
    this.#left -= taken;
    this.passedTo = start + taken;
    return this.passedTo;
  }
}

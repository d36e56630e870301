import { ChunkedBody } from './chunked.ts';
import type { BodyFollower, FollowOptions, Framing } from './message.ts';

/** How a request's body is followed, and how an answer's: no API of Kubernetes reads a request's trailers. */
export const REQUEST_BODY: FollowOptions = { code: 'ERR_MALFORMED_REQUEST', trailers: 'drop' };
export const RESPONSE_BODY: FollowOptions = { code: 'ERR_UPSTREAM_MALFORMED', trailers: 'keep' };

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

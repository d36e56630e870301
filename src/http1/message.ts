import type { ErrorCode } from '../errors.ts';
import type { HeaderList } from './header-list.ts';

/** Where a message's body ends (RFC 9112 section 6.3). `length` counts bytes. `close` is for responses only. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

/** A request head that only one reading exists of. */
export interface RequestHead {
  /** As sent: methods are case-sensitive (RFC 9110 section 9.1). */
  readonly method: string;
  /** Origin-form (RFC 9112 section 3.2.1), byte for byte: `/api/v1/pods?limit=5`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly headers: HeaderList;
  /** The Host field's value, as sent. */
  readonly host: string;
  readonly framing: Framing;
  /** The Upgrade field when `Connection` names it too (RFC 9110 section 7.8), as sent. */
  readonly upgrade: string | undefined;
  /** The client wants the connection kept after this exchange (RFC 9112 section 9.3). */
  readonly keepAlive: boolean;
}

/** A response head that only one reading exists of. */
export interface ResponseHead {
  readonly version: '1.0' | '1.1';
  readonly status: number;
  /** Reason phrase as sent, possibly empty. */
  readonly reason: string;
  readonly headers: HeaderList;
  readonly framing: Framing;
  readonly upgrade: string | undefined;
  readonly keepAlive: boolean;
}

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

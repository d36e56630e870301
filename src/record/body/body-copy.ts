import { createHash, type Hash } from 'node:crypto';
import { ChunkedBody } from '../../http1/chunked.ts';
import { followBody } from '../../http1/framing.ts';
import type { BodyFollower, FollowOptions, Framing } from '../../http1/message.ts';

/** What a copy begins with when nobody says how long the body is, and all it keeps of one that is too long. Bytes. */
const FIRST = 4 * 1024;
/** The relay has judged the framing already, so nobody gets to see this error. */
const FOLLOW: FollowOptions = { code: 'ERR_INTERNAL', trailers: 'keep' };

/** What all copies together may still hold. Bytes. */
export interface CopyBudget {
  left: number;
}

/**
 * The content of one message's body as it passes: without chunk sizes and trailers, with its content coding. It keeps
 * the first `limit` bytes at most, counts all, and can hash all. Where `budget` has no room it keeps no more. Never throws.
 * `release` has to be called in the end.
 */
export class BodyCopy {
  /** Longer content is truncated. Bytes. */
  readonly limit: number;
  /** Of the content so far, kept or not. */
  bytes = 0;
  /** Something of the content was not kept, or the body broke its framing. */
  truncated = false;

  readonly #budget: CopyBudget;
  readonly #follower: BodyFollower;
  readonly #isChunked: boolean;
  /** Most that is kept, and what to begin with. Bytes. */
  readonly #most: number;
  readonly #first: number;
  #kept: Buffer | undefined;
  #size = 0;
  #hash: Hash | undefined;
  #digest: string | undefined;
  #isBroken = false;

  constructor(framing: Framing, limit: number, budget: CopyBudget) {
    this.limit = limit;
    this.#budget = budget;
    const expected = framing.kind === 'length' ? framing.length : 0;
    // Of what is too long, only who it is about can be read: an object's metadata stands at its beginning.
    this.#most = expected > limit ? Math.min(limit, FIRST) : limit;
    this.#first = expected > 0 ? expected : FIRST;
    this.#isChunked = framing.kind === 'chunked';
    this.#follower = this.#isChunked
      ? new ChunkedBody(FOLLOW, (bytes, from, to) => this.#take(bytes, from, to))
      : followBody(framing, FOLLOW);
  }

  /** Takes the next bytes of the body, which are lent. */
  add(bytes: Buffer): void {
    if (this.#isBroken) return;
    try {
      const end = this.#follower.follow(bytes, 0);
      if (!this.#isChunked) this.#take(bytes, 0, end);
    } catch {
      this.#isBroken = true;
      this.truncated = true;
    }
  }

  /** What is kept; not to be used after `release`. */
  get content(): Buffer {
    return this.#kept?.subarray(0, this.#size) ?? Buffer.alloc(0);
  }

  /** SHA-256 of all the content so far, in hexadecimal. Ends the copy: nothing may be added after it. */
  sha256(): string {
    this.#digest ??= (this.#hash ?? createHash('sha256').update(this.content)).digest('hex');
    return this.#digest;
  }

  /** Lets go of what is kept. */
  release(): void {
    this.#budget.left += this.#kept?.length ?? 0;
    this.#kept = undefined;
    this.#size = 0;
    this.#isBroken = true;
  }

  #take(bytes: Buffer, from: number, to: number): void {
    this.bytes += to - from;
    const room = this.truncated ? 0 : this.#roomFor(this.#size + to - from);
    const until = Math.min(to, from + room);
    if (until > from && this.#kept !== undefined)
      this.#size += bytes.copy(this.#kept, this.#size, from, until);
    if (until === to) return;
    this.truncated = true;
    // A whole copy can be hashed when somebody asks; what is not kept, only now.
    this.#hash ??= createHash('sha256').update(this.content);
    this.#hash.update(bytes.subarray(until, to));
  }

  /** How many more bytes there is room for, if `size` in all are wanted. Doubles, so that nothing is copied often. */
  #roomFor(size: number): number {
    const wanted = Math.min(size, this.#most);
    const capacity = this.#kept?.length ?? 0;
    if (wanted > capacity) {
      const larger = Math.min(Math.max(wanted, capacity * 2, this.#first), this.#most);
      if (larger - capacity > this.#budget.left) return capacity - this.#size;
      this.#budget.left -= larger - capacity;
      const kept = Buffer.allocUnsafe(larger);
      this.#kept?.copy(kept, 0, 0, this.#size);
      this.#kept = kept;
    }
    return wanted - this.#size;
  }
}

import type { OnReadOpts } from 'node:net';

/** TLS brings 16 KiB at a time (RFC 8446 section 5.1), TCP what there is. Bytes. */
const SIZE = 64 * 1024;

/**
 * What a full TLS record holds (RFC 8446 section 5.1). Behind one, there is nearly always more: what a burst of them brings
 * can be passed on in one go. Behind a shorter one, the server has nothing more to say for now.
 */
export const FULL_RECORD = 16 * 1024;

/**
 * What is read from any connection. Node would allocate a buffer for each read otherwise, and the memory that it then has
 * outside of V8's heap makes V8 collect all of that heap again and again: a fifth of the CPU of 64 KiB answers.
 */
const shared = Buffer.allocUnsafeSlow(SIZE);

/**
 * Where the bytes of one connection come in. They are lent: the next read, of this connection or another, is written over
 * them.
 */
export class Inlet {
  /** Set before anything can come. */
  onBytes: (bytes: Buffer) => void = () => {};
  /** For `connect` of `node:net` and `node:tls`; the socket has no 'data' event then. */
  readonly onread: OnReadOpts = {
    buffer: shared,
    callback: (length) => {
      this.onBytes(shared.subarray(0, length));
      return true;
    },
  };
}

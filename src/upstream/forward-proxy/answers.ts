import type { Socket } from 'node:net';
import { PortholeError } from '../../errors.ts';
import { findHeadEnd } from '../../http1/head.ts';
import { dialError, type Hop, lost } from '../explain-dial.ts';

/** Bytes of a proxy's answer to CONNECT, interim answers included. */
const MAX_HEAD_BYTES = 16 * 1024;

const CODE = 'ERR_UPSTREAM_UNREACHABLE';
const START = 'HTTP/1.';

/**
 * What a proxy says before the way is open, read piece by piece. Bytes that nobody asks for stay in the socket: they are
 * the API server's. Errors are rejections, `ERR_UPSTREAM_UNREACHABLE` or what the socket was destroyed with.
 */
export class ProxyAnswers {
  readonly #socket: Socket;
  readonly #hop: Hop;
  #failure: PortholeError | undefined;
  #wake: () => void = () => {};
  #headBytes = 0;

  constructor(socket: Socket, hop: Hop) {
    this.#socket = socket;
    this.#hop = hop;
    socket.on('readable', this.#onReadable).on('error', this.#onError);
    socket.on('end', this.#onEnd).on('close', this.#onEnd);
  }

  /** The next `length` bytes. */
  async take(length: number): Promise<Buffer> {
    const bytes = await this.#read(length);
    // The last ones before the end.
    if (bytes.length < length) throw this.#closed();
    return bytes;
  }

  /** The next HTTP head, with its blank line. */
  async head(): Promise<Buffer> {
    let held: Buffer = Buffer.alloc(0);
    for (;;) {
      const scanned = held.length;
      held = Buffer.concat([held, await this.#read()]);
      const end = this.#headEnd(held, scanned);
      if (this.#headBytes + (end < 0 ? held.length : end) > MAX_HEAD_BYTES)
        throw this.refusal(`the proxy answered with a head of more than ${MAX_HEAD_BYTES} bytes`);
      if (end < 0) continue;
      this.#headBytes += end;
      if (end < held.length) this.#socket.unshift(held.subarray(end));
      return held.subarray(0, end);
    }
  }

  /** Why the way is not opened, as an error. */
  refusal(reason: string): PortholeError {
    return lost(CODE, this.#hop, reason);
  }

  /** An answer that breaks HTTP's rules, by what broke. */
  malformed(error: unknown): PortholeError {
    const what = error instanceof PortholeError ? ` (${error.message})` : '';
    return this.refusal(`the proxy did not answer in HTTP/1.1${what}`);
  }

  /** Listens no more: the socket is as a new one. */
  release(): void {
    this.#socket.off('readable', this.#onReadable).off('error', this.#onError);
    this.#socket.off('end', this.#onEnd).off('close', this.#onEnd);
  }

  #headEnd(held: Buffer, scanned: number): number {
    if (scanned < START.length && !START.startsWith(held.toString('latin1', 0, START.length)))
      throw this.refusal(
        'the proxy did not answer in HTTP/1.1; should its URL begin with https:// or socks5:// ?',
      );
    try {
      return findHeadEnd(held, scanned, CODE);
    } catch (error) {
      throw this.malformed(error);
    }
  }

  async #read(length?: number): Promise<Buffer> {
    for (;;) {
      const bytes: Buffer | null = this.#socket.read(length);
      if (bytes !== null) return bytes;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #closed(): PortholeError {
    return this.refusal('the proxy closed the connection before it opened the way');
  }

  readonly #onReadable = (): void => this.#wake();

  readonly #onError = (error: Error): void => {
    this.#failure ??= error instanceof PortholeError ? error : dialError(error, this.#hop);
    this.#wake();
  };

  readonly #onEnd = (): void => {
    this.#failure ??= this.#closed();
    this.#wake();
  };
}

import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from 'node:http2';
import { asPortholeError, PortholeError } from '../../errors.ts';
import type { ResponseHead } from '../../http1/message.ts';
import type { ResponseHandler } from '../connection.ts';
import type { Dialled } from '../dial.ts';
import { responseHead, trailerLines } from './fields.ts';

/** Interim answers to one request; more is an attack or a fault. */
const MAX_INTERIM = 32;

const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1');

/** Error codes with which nghttp2 refuses what breaks the protocol (RFC 9113 section 7). */
const BROKEN: ReadonlySet<number> = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_COMPRESSION_ERROR,
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
]);

/** The connection that a stream belongs to. */
export interface StreamCarrier {
  readonly dialled: Dialled;
  /** Why it is gone, where that is known. */
  readonly failure: PortholeError | undefined;
  request(fields: OutgoingHttpHeaders): ClientHttp2Stream;
  closed(stream: UpstreamStream): void;
}

/** A place for one exchange on a connection of HTTP/2. Tells what an `UpstreamConnection` would, bodies chunked. */
export class UpstreamStream {
  readonly isStream = true;
  /** The connection has carried another exchange before. */
  reused: boolean;
  /** Any part of an answer has come. */
  answered = false;
  /** The server has said that it did nothing with the request (RFC 9113 section 8.7). */
  refused = false;

  readonly #carrier: StreamCarrier;
  readonly #fields: OutgoingHttpHeaders;
  #stream: ClientHttp2Stream | undefined;
  #handler: ResponseHandler | undefined;
  #method = '';
  #interim = 0;
  /** The final answer has begun. */
  #begun = false;
  #chunked = false;
  /** Bytes of the body that are still to come, where its length was announced. */
  #left: number | undefined;
  #trailers = '';
  /** END_STREAM has come: the answer is complete. */
  #ended = false;
  /** What came on its connection is not HTTP/2. */
  #broken = false;
  /** The client does not read. */
  #paused = false;

  /** For one request, which has `fields` and no body. */
  constructor(carrier: StreamCarrier, fields: OutgoingHttpHeaders, reused: boolean) {
    this.#carrier = carrier;
    this.#fields = fields;
    this.reused = reused;
  }

  get dialled(): Dialled {
    return this.#carrier.dialled;
  }

  /** Sends the request, which has this method. */
  send(method: string, handler: ResponseHandler): void {
    this.#handler = handler;
    this.#method = method;
    try {
      this.#begin(this.#carrier.request(this.#fields));
    } catch {
      // The connection was closed in this turn of the event loop.
      this.refused = true;
      this.#fail(this.#lost('closed the connection'));
    }
  }

  #begin(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    this.#watchEnd(stream);
    onFields(stream, 'headers', (raw) => this.#try(() => this.#onInterim(raw)));
    onFields(stream, 'response', (raw) => this.#try(() => this.#onHead(raw)));
    onFields(stream, 'trailers', (raw) =>
      this.#try(() => {
        this.#trailers = trailerLines(raw);
      }),
    );
    stream.on('end', () => this.#try(() => this.#onEnd()));
    // A 'close' follows.
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.#broken = code === 'ERR_HTTP2_ERROR';
    });
    stream.on('close', () => this.#onClose(stream.rstCode ?? 0));
  }

  /**
   * Node ends a stream that was reset without an error as one that is complete; only the order in which it learns of both
   * tells them apart. And what it keeps for a slow reader are views of buffers that hold all that was read at once, of
   * other streams too: copies keep no more than the flow-control window.
   */
  #watchEnd(stream: ClientHttp2Stream): void {
    const push = stream.push.bind(stream);
    stream.push = (bytes: Buffer | null, encoding?: BufferEncoding) => {
      if (bytes === null) this.#ended ||= !stream.closed;
      return push(this.#paused && bytes !== null ? Buffer.from(bytes) : bytes, encoding);
    };
  }

  pause(): void {
    this.#paused = true;
    this.#stream?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#stream?.resume();
  }

  /** Gives it up. */
  destroy(): void {
    this.#handler = undefined;
    const stream = this.#stream;
    if (stream === undefined) this.#carrier.closed(this);
    else if (!stream.destroyed) {
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
      stream.destroy();
    }
  }

  /** Ends its exchange with `error`. */
  cut(error: PortholeError): void {
    // That its connection was used before is not what it died of: no second try.
    this.reused = false;
    this.#fail(error);
  }

  #onInterim(raw: readonly string[]): void {
    this.answered = true;
    if (++this.#interim > MAX_INTERIM) throw malformed('too many interim answers');
    const head = responseHead(raw, this.#method);
    if (head.status === 101) throw malformed('a 101 in HTTP/2');
    this.#handler?.onInterim(head);
  }

  #onHead(raw: readonly string[]): void {
    this.answered = true;
    const head: ResponseHead = responseHead(raw, this.#method);
    this.#begun = true;
    this.#chunked = head.framing.kind === 'chunked';
    this.#left = head.framing.kind === 'length' ? head.framing.length : undefined;
    if (head.framing.kind === 'none') this.#left = 0;
    this.#handler?.onHead(head);
    this.#stream?.on('data', (bytes: Buffer) => this.#try(() => this.#onData(bytes)));
    if (this.#paused) this.#stream?.pause();
    // What has come with the head goes out with it: microtasks run after the tick that brings it.
    queueMicrotask(() => this.#handler?.onFlush());
  }

  #onData(bytes: Buffer): void {
    if (this.#chunked) this.#handler?.onData(chunk(bytes));
    else {
      this.#left = (this.#left ?? 0) - bytes.length;
      if (this.#left < 0) throw malformed('a body longer than its Content-Length');
      this.#handler?.onData(bytes);
    }
    this.#handler?.onFlush();
  }

  #onEnd(): void {
    if (!this.#ended) return;
    if (!this.answered) throw malformed('an end without an answer');
    if ((this.#left ?? 0) > 0) throw malformed('a body shorter than its Content-Length');
    const handler = this.#handler;
    if (this.#chunked) {
      const { length } = this.#trailers;
      handler?.onData(
        length === 0 ? LAST_CHUNK : Buffer.from(`0\r\n${this.#trailers}\r\n`, 'latin1'),
      );
    }
    this.#handler = undefined;
    handler?.onEnd();
  }

  #onClose(code: number): void {
    this.refused = code === constants.NGHTTP2_REFUSED_STREAM;
    this.#carrier.closed(this);
    if (this.#handler === undefined) return;
    if (this.#broken || BROKEN.has(code))
      this.#fail(malformed('the API server broke the rules of HTTP/2'));
    else this.#fail(this.#lost(this.refused ? 'refused the stream' : 'ended the stream'));
  }

  #lost(what: string): PortholeError {
    const cause = this.#carrier.failure;
    if (this.#begun) {
      const message = cause?.message ?? 'the API server cut its answer short';
      return new PortholeError('ERR_UPSTREAM_ABORTED', message, { cause });
    }
    const message = `the API server ${what} without an answer`;
    return cause ?? new PortholeError('ERR_UPSTREAM_CLOSED', message);
  }

  #try(step: () => void): void {
    if (this.#handler === undefined) return;
    try {
      step();
    } catch (error) {
      this.#fail(asPortholeError(error));
    }
  }

  #fail(error: PortholeError): void {
    const handler = this.#handler;
    this.destroy();
    handler?.onError(error);
  }
}

/** `raw` is `[name, value, ...]`, as the fields came; Node's object joins what is repeated, or leaves it out. */
function onFields(
  stream: ClientHttp2Stream,
  event: 'headers' | 'response' | 'trailers',
  listener: (raw: string[]) => void,
): void {
  const take = (_fields: object, _flags: number, raw: string[]): void => listener(raw);
  stream.on(event as string, take);
}

/** In one piece, so that it leaves in one write. */
function chunk(bytes: Buffer): Buffer {
  const size = `${bytes.length.toString(16)}\r\n`;
  const whole = Buffer.allocUnsafe(size.length + bytes.length + 2);
  whole.write(size, 0, 'latin1');
  bytes.copy(whole, size.length);
  whole.write('\r\n', size.length + bytes.length, 'latin1');
  return whole;
}

function malformed(what: string): PortholeError {
  return new PortholeError('ERR_UPSTREAM_MALFORMED', what);
}

import type { Socket } from 'node:net';
import type { ClientCertificate } from '../credentials/credentials.ts';
import { asPortholeError, PortholeError } from '../errors.ts';
import { followBody, RESPONSE_BODY } from '../http1/framing.ts';
import type { BodyFollower, ResponseHead } from '../http1/message.ts';
import { parseResponseHead, responseHeadEnd } from '../http1/response-head.ts';
import type { Dialled } from './dial.ts';

/** Interim answers to one request; more is an attack or a fault. */
const MAX_INTERIM = 32;
const NOTHING = Buffer.alloc(0);

/** Whom a connection tells about the answer to the request under way. */
export interface ResponseHandler {
  /** A 1xx other than 101. */
  onInterim(head: ResponseHead): void;
  /** The final answer's head, or a 101. */
  onHead(head: ResponseHead): void;
  /** Body bytes as they were on the wire, chunk framing included. */
  onData(bytes: Buffer): void;
  /** All that one read brought has been told. */
  onFlush(): void;
  /** The answer is complete. */
  onEnd(): void;
  /** The answer will not come, or not to its end. The connection is gone. */
  onError(error: PortholeError): void;
  /** A `write` that returned false has been taken. */
  onDrain(): void;
}

/** Turns a socket error into words; it knows which server this is. */
export type Explain = (error: Error) => PortholeError;

/** One connection to the API server; carries one exchange at a time. */
export class UpstreamConnection {
  readonly socket: Socket;
  /** What opening it cost. */
  readonly dialled: Dialled;
  /** The certificate with which it was opened: another one means another identity. */
  readonly certificate: ClientCertificate | undefined;
  /** Monotonic milliseconds of the moment it became idle. */
  idleSince = 0;
  /** It has been idle: the server may have closed it unseen. */
  reused = false;
  /** The Audit-ID of the exchange that it carried last. */
  lastAuditID = '';
  /** Any byte of an answer to the request under way has come. */
  answered = false;
  /** Called when an idle connection is of no further use. */
  onUseless: (() => void) | undefined;

  readonly #explain: Explain;
  #handler: ResponseHandler | undefined;
  #method = '';
  #held: Buffer = NOTHING;
  #scanned = 0;
  #interim = 0;
  #body: BodyFollower | undefined;
  #untilClose = false;
  #keepAlive = true;

  constructor(dialled: Dialled, certificate: ClientCertificate | undefined, explain: Explain) {
    const { socket } = dialled;
    this.socket = socket;
    this.dialled = dialled;
    this.certificate = certificate;
    this.#explain = explain;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', (error: Error) => this.#fail(this.#explain(error)));
    socket.on('close', () => this.#onEnd());
  }

  /** Prepares for the answer to a request with `method`, which the caller writes. */
  begin(method: string, handler: ResponseHandler): void {
    this.#handler = handler;
    this.#method = method;
    this.#interim = 0;
    this.answered = false;
  }

  /** Whether another exchange may follow: the last answer is complete and nothing came after it. */
  get reusable(): boolean {
    return this.#keepAlive && !this.socket.destroyed && this.#held.length === 0;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.#handler = undefined;
    this.socket.destroy();
  }

  /** Hands the socket over after a 101, with what came behind it. */
  detach(): { socket: Socket; early: Buffer } {
    const early = this.#held;
    this.#handler = undefined;
    this.#held = NOTHING;
    this.socket.off('data', this.#onData);
    this.socket.off('drain', this.#onDrain);
    this.socket.off('end', this.#onEnd);
    this.socket.pause();
    return { socket: this.socket, early };
  }

  readonly #onData = (bytes: Buffer): void => {
    const handler = this.#handler;
    if (handler === undefined) {
      // RFC 9112 section 9.2: bytes that answer nothing. The next request must never get them.
      this.#useless();
      return;
    }
    this.answered = true;
    try {
      this.#read(bytes, handler);
    } catch (error) {
      this.#fail(asPortholeError(error));
      return;
    }
    if (this.#handler === handler) handler.onFlush();
  };

  #read(bytes: Buffer, handler: ResponseHandler): void {
    let rest = bytes;
    if (this.#body === undefined) {
      rest = this.#readHeads(bytes, handler);
      if (this.#body === undefined || this.#handler !== handler) return;
    }
    const body = this.#body as BodyFollower;
    const end = body.follow(rest, 0);
    if (end > 0) handler.onData(end === rest.length ? rest : rest.subarray(0, end));
    if (!body.done || this.#handler !== handler) return;
    this.#held = rest.subarray(end);
    this.#finish();
  }

  /** Reads heads up to the final one; returns the bytes after it. */
  #readHeads(bytes: Buffer, handler: ResponseHandler): Buffer {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    for (;;) {
      const end = responseHeadEnd(this.#held, this.#scanned);
      if (end < 0) {
        this.#scanned = this.#held.length;
        return NOTHING;
      }
      const head = parseResponseHead(this.#held, 0, end, this.#method);
      this.#held = this.#held.subarray(end);
      this.#scanned = 0;
      if (head.status >= 200 || head.status === 101) return this.#startBody(head, handler);
      if (++this.#interim > MAX_INTERIM) {
        throw new PortholeError('ERR_UPSTREAM_MALFORMED', 'too many interim answers');
      }
      handler.onInterim(head);
    }
  }

  #startBody(head: ResponseHead, handler: ResponseHandler): Buffer {
    const rest = this.#held;
    if (head.status === 101) {
      handler.onHead(head);
      return NOTHING;
    }
    this.#held = NOTHING;
    this.#untilClose = head.framing.kind === 'close';
    this.#keepAlive = head.keepAlive;
    this.#body = followBody(head.framing, RESPONSE_BODY);
    handler.onHead(head);
    return rest;
  }

  #finish(): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#body = undefined;
    handler?.onEnd();
  }

  readonly #onDrain = (): void => {
    this.#handler?.onDrain();
  };

  readonly #onEnd = (): void => {
    if (this.#handler === undefined) this.#useless();
    else if (this.#untilClose && this.#body !== undefined) {
      // Node tells nobody whether a close_notify came (RFC 9112 section 9.8): a cut by FIN alone passes for the end.
      this.#keepAlive = false;
      this.#finish();
      this.socket.destroy();
    } else if (this.#body !== undefined) {
      this.#fail(new PortholeError('ERR_UPSTREAM_ABORTED', 'the API server cut its answer short'));
    } else {
      this.#fail(
        new PortholeError(
          'ERR_UPSTREAM_CLOSED',
          'the API server closed the connection without an answer',
        ),
      );
    }
  };

  #fail(error: PortholeError): void {
    const handler = this.#handler;
    const cut = this.#body !== undefined && error.code !== 'ERR_UPSTREAM_MALFORMED';
    this.destroy();
    if (handler === undefined) this.#useless();
    else if (!cut) handler.onError(error);
    else
      handler.onError(new PortholeError('ERR_UPSTREAM_ABORTED', error.message, { cause: error }));
  }

  #useless(): void {
    this.#keepAlive = false;
    this.socket.destroy();
    this.onUseless?.();
  }
}

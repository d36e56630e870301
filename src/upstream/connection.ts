import type { Socket } from 'node:net';
import type { ClientCertificate } from '../credentials/credentials.ts';
import { asPortholeError, PortholeError } from '../errors.ts';
import { followBody, RESPONSE_BODY } from '../http1/framing.ts';
import type { BodyFollower, ResponseHead } from '../http1/message.ts';
import type { Dialled } from './dial.ts';
import { FULL_RECORD } from './inlet.ts';
import { aborted, closed, type Explain, unlessReset } from './lost-answer.ts';
import { ResponseHeads } from './response-heads.ts';

/** Whom a connection tells about the bytes that come. */
export interface BytesHandler {
  /** Body bytes as they were on the wire, chunk framing included. They are lent: whoever keeps them copies them. */
  onData(bytes: Buffer): void;
  /** No more is known to come at once: what was told is to be passed on. It may be called once more after the end. */
  onFlush(): void;
}

/** Whom it tells about the answer to the request under way. */
export interface ResponseHandler extends BytesHandler {
  /** A 1xx other than 101. */
  onInterim(head: ResponseHead): void;
  /** The final answer's head, or a 101. */
  onHead(head: ResponseHead): void;
  /** The answer is complete; not all of it may have been followed by `onFlush`. */
  onEnd(): void;
  /** The answer will not come, or not to its end. The connection is gone. */
  onError(error: PortholeError): void;
  /** A `write` that returned false has been taken. */
  onDrain(): void;
}

/** One connection to the API server; carries one exchange at a time. */
export class UpstreamConnection {
  readonly socket: Socket;
  /** What opening it cost. */
  readonly dialled: Dialled;
  /** The certificate with which it was opened: another one means another identity. */
  readonly certificate: ClientCertificate | undefined;
  /** Ours, of the first hop. */
  readonly localAddress: string | undefined;
  /** Monotonic milliseconds of the moment it became idle. */
  idleSince = 0;
  /** It has been idle: the server may have closed it unseen. */
  reused = false;
  /** The Audit-ID of the exchange that it carried last. */
  lastAuditID = '';
  /** Any byte of an answer to the request under way has come. */
  answered = false;
  /** Set once it was acquired, for watches and tunnels: nobody waits for their end when it is retired. */
  longRunning = false;
  /** It carries no further exchange. */
  spent = false;
  /** How often bytes came. */
  reads = 0;
  /** In a tunnel: `socket.bytesWritten` when bytes came last. */
  writtenAtRead: number | undefined;
  /** Called when an idle connection is of no further use. */
  onUseless: (() => void) | undefined;

  readonly #explain: Explain;
  #handler: ResponseHandler | undefined;
  #method = '';
  readonly #heads = new ResponseHeads();
  #body: BodyFollower | undefined;
  #untilClose = false;
  #keepAlive = true;
  #flushing: BytesHandler | undefined;

  constructor(dialled: Dialled, certificate: ClientCertificate | undefined, explain: Explain) {
    const { socket } = dialled;
    this.socket = socket;
    this.dialled = dialled;
    this.certificate = certificate;
    this.localAddress = socket.localAddress;
    this.#explain = explain;
    this.#receive(this.#onData);
    socket.on('drain', this.#onDrain).on('end', this.#onEnd);
    socket.on('error', this.#onError).on('close', this.#onEnd);
  }

  /** Prepares for the answer to a request with `method`, which the caller writes. */
  begin(method: string, handler: ResponseHandler): void {
    this.#handler = handler;
    this.#method = method;
    this.#heads.begin();
    this.answered = false;
  }

  /** Whether another exchange may follow: the last answer is complete and nothing came after it. */
  get reusable(): boolean {
    return (
      this.#keepAlive && !this.spent && !this.socket.destroyed && this.#heads.held.length === 0
    );
  }

  /** It carries an exchange or a tunnel. */
  get busy(): boolean {
    return this.#handler !== undefined || this.writtenAtRead !== undefined;
  }

  /** The final answer to its exchange has not begun. */
  get awaitsHead(): boolean {
    return this.#handler !== undefined && this.#body === undefined;
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

  /** Ends it with the exchange or the tunnel that it carries, which fails with `error` and is not tried again. */
  cut(error: PortholeError): void {
    const handler = this.#handler;
    this.spent = true;
    // That it was idle is not what it died of.
    this.reused = false;
    this.#handler = undefined;
    this.socket.destroy(handler === undefined ? error : undefined);
    handler?.onError(error);
  }

  /** Hands the socket over after a 101, paused, with what came behind it, lent. What comes is told to `tunnel`. */
  detach(tunnel: BytesHandler): { socket: Socket; early: Buffer } {
    const { socket } = this;
    this.#handler = undefined;
    socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onEnd);
    socket.pause();
    this.writtenAtRead = socket.bytesWritten;
    this.#receive((bytes) => {
      this.reads++;
      this.writtenAtRead = socket.bytesWritten;
      tunnel.onData(bytes);
      this.#flush(tunnel, bytes);
    });
    return { socket, early: this.#heads.take() };
  }

  #receive(onData: (bytes: Buffer) => void): void {
    const { inlet } = this.dialled;
    if (inlet === undefined) this.socket.on('data', onData);
    else inlet.onBytes = onData;
  }

  readonly #onData = (bytes: Buffer): void => {
    this.reads++;
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
    if (this.#handler === handler) this.#flush(handler, bytes);
  };

  /** At once, or, where more can be expected, after all that can be read now. */
  #flush(handler: BytesHandler, { length }: Buffer): void {
    if (length < FULL_RECORD) handler.onFlush();
    else if (this.#flushing !== handler) {
      this.#flushing = handler;
      setImmediate(() => {
        this.#flushing = undefined;
        handler.onFlush();
      });
    }
  }

  #read(bytes: Buffer, handler: ResponseHandler): void {
    let rest = bytes;
    if (this.#body === undefined) {
      const head = this.#heads.read(bytes, this.#method, handler);
      if (head === undefined) return;
      if (head.status !== 101) rest = this.#startBody(head);
      handler.onHead(head);
      if (this.#body === undefined || this.#handler !== handler) return;
    }
    const body = this.#body as BodyFollower;
    const end = body.follow(rest, 0);
    if (end > 0) handler.onData(end === rest.length ? rest : rest.subarray(0, end));
    if (!body.done || this.#handler !== handler) return;
    // Only that there is something: it is lent.
    this.#heads.held = rest.subarray(end);
    this.#finish();
  }

  #startBody(head: ResponseHead): Buffer {
    const rest = this.#heads.take();
    this.#untilClose = head.framing.kind === 'close';
    this.#keepAlive = head.keepAlive;
    this.#body = followBody(head.framing, RESPONSE_BODY);
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
      unlessReset(this.socket, () => {
        if (this.#handler !== undefined) this.#finish();
        this.socket.destroy();
      });
    } else this.#fail(this.#body === undefined ? closed() : aborted());
  };

  readonly #onError = (error: Error): void => {
    this.#fail(error instanceof PortholeError ? error : this.#explain(error));
  };

  #fail(error: PortholeError): void {
    const handler = this.#handler;
    const cut = this.#body !== undefined && error.code !== 'ERR_UPSTREAM_MALFORMED';
    this.destroy();
    if (handler === undefined) this.#useless();
    else handler.onError(cut ? aborted(error) : error);
  }

  #useless(): void {
    this.#keepAlive = false;
    this.socket.destroy();
    this.onUseless?.();
  }
}

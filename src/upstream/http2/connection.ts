import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { ClientCertificate } from '../../credentials/credentials.ts';
import { PortholeError } from '../../errors.ts';
import { MAX_HEAD_BYTES, MAX_HEADER_LINES } from '../../http1/head.ts';
import type { Dialled } from '../dial.ts';
import type { Explain } from '../lost-answer.ts';
import { type StreamCarrier, UpstreamStream } from './stream.ts';
import { endStuckWrites } from './stuck-writes.ts';

/** Streams of one connection at most, whatever the server allows: kube-apiserver's own number. */
const MAX_STREAMS = 250;

/** Bytes. */
const WINDOWS = {
  /** What a reader that does not read can make the server send, and so what is kept for it. */
  stream: 128 * 1024,
  /** Node gives back the connection's window as bytes come, read or not; so it need only be wide enough for far servers. */
  connection: 16 * 1024 * 1024,
};

/** Milliseconds until an idle connection is closed; of silence until the server is asked, and until it has to answer. */
interface Patience {
  readonly idle: number;
  readonly silence: number;
  readonly probe: number;
}

/** A connection of HTTP/2 to the API server; carries many exchanges that last. */
export class Http2Connection implements StreamCarrier {
  readonly socket: Socket;
  readonly dialled: Dialled;
  readonly certificate: ClientCertificate | undefined;
  readonly localAddress: string | undefined;
  /** Monotonic milliseconds of the moment when its dial began. */
  readonly since: number;
  /** It carries no further exchange. */
  spent = false;
  /** Nobody waits for the end of its exchanges when it is retired. */
  readonly longRunning = true;
  /** Monotonic milliseconds of the moment it became idle. */
  idleSince = performance.now();
  failure: PortholeError | undefined;
  /**
   * How many streams it takes at once; undefined until the server has said it. Streams wait for that: one too many would
   * not be refused but held back by nghttp2 until another one ends.
   */
  limit: number | undefined;
  /** Called when it may have room for a further stream. */
  onRoom: (() => void) | undefined;

  readonly #session: ClientHttp2Session;
  readonly #streams = new Set<UpstreamStream>();
  #reused = false;
  #bytesRead = 0;
  #quietSince = performance.now();
  #pingedAt: number | undefined;

  constructor(
    dialled: Dialled,
    certificate: ClientCertificate | undefined,
    since: number,
    explain: Explain,
  ) {
    const { socket } = dialled;
    this.socket = socket;
    this.dialled = dialled;
    this.certificate = certificate;
    this.since = since;
    this.localAddress = socket.localAddress;
    // Before Node's own listener, which ends the streams.
    socket.on('error', (error) => {
      this.failure ??= error instanceof PortholeError ? error : explain(error);
      // After an alert Node would wait for ever for what can not be sent any more.
      socket.destroy();
    });
    socket.on('end', () => socket.destroy());
    this.#session = this.#startSession();
  }

  #startSession(): ClientHttp2Session {
    const session = connect('https://upstream', {
      createConnection: () => this.socket,
      maxHeaderListPairs: MAX_HEADER_LINES + 1,
      settings: {
        enablePush: false,
        initialWindowSize: WINDOWS.stream,
        maxHeaderListSize: MAX_HEAD_BYTES,
      },
    });
    session.setLocalWindowSize(WINDOWS.connection);
    session.on('remoteSettings', ({ maxConcurrentStreams = MAX_STREAMS }) => {
      this.limit = Math.min(MAX_STREAMS, maxConcurrentStreams);
      this.onRoom?.();
    });
    // What runs goes on; what the server has not taken on is told that it was refused.
    session.on('goaway', () => {
      this.spent = true;
    });
    session.on('error', ({ message }) => {
      const what = `HTTP/2 with the API server failed: ${message}`;
      this.failure ??= new PortholeError('ERR_UPSTREAM_MALFORMED', what);
    });
    const ended = endStuckWrites(this.socket);
    session.on('close', () => {
      this.spent = true;
      ended();
    });
    return session;
  }

  /**
   * Waits until the server has said what it takes.
   * @throws {PortholeError} as rejection: why it is closed before
   */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#session.once('remoteSettings', () => resolve());
      this.#session.once('close', () => reject(this.failure ?? closedEarly()));
    });
  }

  /** How many further streams the server takes now. */
  get free(): number {
    if (this.#session.closed || this.#session.destroyed) return 0;
    return Math.max(0, (this.limit ?? 0) - this.#streams.size);
  }

  /** How many it may be given. */
  get room(): number {
    return this.spent ? 0 : this.free;
  }

  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  /** A stream for a request with `fields`. */
  take(fields: OutgoingHttpHeaders): UpstreamStream {
    const stream = new UpstreamStream(this, fields, this.#reused);
    this.#reused = true;
    if (this.isIdle) this.#quietSince = performance.now();
    this.#streams.add(stream);
    return stream;
  }

  request(fields: OutgoingHttpHeaders): ClientHttp2Stream {
    return this.#session.request(fields, { endStream: true });
  }

  closed(stream: UpstreamStream): void {
    if (!this.#streams.delete(stream)) return;
    if (this.isIdle) {
      this.idleSince = performance.now();
      if (this.spent) this.close();
    }
    this.onRoom?.();
  }

  /** Ends it, once nothing runs on it any more. */
  close(): void {
    this.spent = true;
    if (this.isIdle) this.#session.destroy();
  }

  /** Ends it with the exchanges that it carries, which fail with `error` and are not tried again. */
  cut(error: PortholeError): void {
    this.spent = true;
    this.failure = error;
    for (const stream of [...this.#streams]) stream.cut(error);
    this.#session.destroy();
    this.socket.destroy();
  }

  /** The machine slept: whether the server is still there is to be found out at once. */
  distrust(): void {
    this.spent = true;
    if (this.isIdle) this.close();
    else this.#ping();
  }

  /**
   * To be called every now and then: closes it when it was idle for long, asks a server that is silent, and cuts it when
   * there is no answer. False in that case.
   */
  look({ idle, silence, probe }: Patience): boolean {
    const now = performance.now();
    const { bytesRead } = this.socket;
    if (bytesRead !== this.#bytesRead || this.isIdle) {
      this.#bytesRead = bytesRead;
      this.#quietSince = now;
      this.#pingedAt = undefined;
    }
    if (this.isIdle) {
      if (now - this.idleSince > idle) this.close();
    } else if (this.#pingedAt !== undefined && now - this.#pingedAt >= probe) {
      const seconds = Math.round((now - this.#quietSince) / 1000);
      const what = `the API server has been silent for ${seconds} s and answers no ping`;
      this.cut(new PortholeError('ERR_UPSTREAM_UNREACHABLE', what));
      return false;
    } else if (this.#pingedAt === undefined && now - this.#quietSince >= silence) this.#ping();
    return true;
  }

  #ping(): void {
    this.#bytesRead = this.socket.bytesRead;
    this.#pingedAt = performance.now();
    // Any bytes are an answer: `look` sees them.
    if (!this.#session.destroyed) this.#session.ping(() => {});
  }
}

function closedEarly(): PortholeError {
  const message = 'the API server closed the connection without an answer';
  return new PortholeError('ERR_UPSTREAM_CLOSED', message);
}

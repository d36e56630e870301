import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { PortholeError } from '../errors.ts';
import { ChunkedBody } from '../http1/chunked.ts';
import { followBody, REQUEST_BODY, RESPONSE_BODY } from '../http1/framing.ts';
import { NO_BODY } from '../http1/head.ts';
import type { BodyFollower, Framing, RequestHead } from '../http1/message.ts';
import type { Trail } from '../record/recorder.ts';
import type { BodySink, ClientTunnel, Exchange, OutgoingHead, Tunnel } from './exchange.ts';
import { Gathering } from './gathering.ts';
import type { Turn } from './turn.ts';

const CRLF = Buffer.from('\r\n', 'latin1');
/** A piece that is worth no write of its own: it may wait for the end of its turn. Bytes. */
const LITTLE = 4 * 1024;

const gathering = new Gathering();

/** What an exchange needs of the connection that carries it. */
export interface Carrier {
  readonly socket: Socket;
  /** Empty on a unix socket. */
  readonly clientAddress: string;
  /** No further request is taken from this connection. */
  readonly closing: boolean;
  /** Asked before something is written to `socket`. */
  readonly turn: Turn;
  exchangeEnded(reuse: boolean): void;
  exchangeSwitched(): Tunnel;
  /** Destroys the connection; `reset` where a clean end would look like the end of the body. */
  cut(reset: boolean): void;
}

/** {@link Exchange} over one HTTP/1.x client connection. */
export class ClientExchange implements Exchange {
  readonly id = randomUUID();
  readonly time = Date.now();
  readonly startedAt = performance.now();
  readonly clientAddress: string;
  readonly request: RequestHead;
  bytesIn = 0;
  bytesOut = 0;
  responded = false;
  status: number | undefined = undefined;
  failure: PortholeError | undefined;
  longRunning = false;
  answerFields = '';
  trail: Trail | undefined = undefined;
  onFailure: ((failure: PortholeError) => void) | undefined;
  onDrain: (() => void) | undefined;

  readonly #carrier: Carrier;
  readonly #body: BodyFollower;
  #sink: BodySink | undefined;
  /** Pieces that came before there was a sink. Reading pauses with the first, so they are few. */
  #early: Buffer[] | undefined;
  #reuse: boolean;
  #framing: Framing = NO_BODY;
  /** The answer's head, until it goes out together with what follows. */
  #head = '';
  /** Writes the body in another framing than it came in. */
  #reframe: ((bytes: Buffer) => void) | undefined;
  #chunks = false;

  constructor(request: RequestHead, carrier: Carrier) {
    this.request = request;
    this.clientAddress = carrier.clientAddress;
    this.#carrier = carrier;
    this.#body = followBody(request.framing, REQUEST_BODY);
    // What follows a refused upgrade was meant for the tunnel, so it must not be read as a request.
    this.#reuse = request.keepAlive && request.upgrade === undefined;
  }

  get requestComplete(): boolean {
    return this.#body.done;
  }

  /**
   * Takes what belongs to the request's body from `bytes` and says where it ends.
   * @throws {PortholeError} when the bytes break the framing
   */
  receive(bytes: Buffer): number {
    const end = this.#body.follow(bytes, 0);
    const piece = bytes.subarray(0, this.#body.passedTo);
    this.bytesIn += end;
    if (piece.length > 0) this.#pass(piece);
    if (this.#body.done) {
      if (this.#body.cutTrailers) this.#pass(CRLF);
      this.#sink?.end();
    }
    return end;
  }

  #pass(piece: Buffer): void {
    if (this.#sink === undefined) {
      this.#early ??= [];
      this.#early.push(piece);
      this.#carrier.socket.pause();
    } else if (!this.#send(this.#sink, piece)) {
      this.#carrier.socket.pause();
    }
  }

  #send(sink: BodySink, piece: Buffer): boolean {
    this.trail?.requestBody?.(piece);
    return sink.write(piece);
  }

  readBody(sink: BodySink): void {
    this.#sink = sink;
    let room = true;
    for (const piece of this.#early ?? []) room = this.#send(sink, piece);
    this.#early = undefined;
    if (this.#body.done) sink.end();
    else if (room) this.#carrier.socket.resume();
  }

  resumeBody(): void {
    if (!this.#body.done) this.#carrier.socket.resume();
  }

  inform(head: OutgoingHead): void {
    // A client that does not read can do without: it is what comes before the answer (RFC 9110 section 15.2).
    if (this.request.version === '1.0' || this.#carrier.socket.writableNeedDrain) return;
    this.#carrier.socket.write(serialise(head, ''), 'latin1');
  }

  respond(head: OutgoingHead): void {
    this.responded = true;
    this.status = head.status;
    this.trail?.responded?.(head);
    this.#framing = head.framing;
    if (this.request.version === '1.0') {
      if (head.framing.kind === 'chunked') this.#dechunk();
    } else if (head.framing.kind === 'close' && this.clientAddress === '') this.#chunk();
    // A body that is still coming would have to be read to its end before the next request could be: close instead.
    const keep =
      this.#reuse && !this.#carrier.closing && head.framing.kind !== 'close' && this.#body.done;
    this.#reuse = keep;
    let more = this.answerFields;
    if (this.#chunks) more += 'Transfer-Encoding: chunked\r\n';
    if (!keep) more += 'Connection: close\r\n';
    this.#head = serialise(head, more);
  }

  /** HTTP/1.0 knows no chunks (RFC 9112 section 7.1): the body ends with the connection instead. */
  #dechunk(): void {
    this.#framing = { kind: 'close' };
    const body = new ChunkedBody(RESPONSE_BODY, (bytes, from, to) => {
      gathering.add(this.#carrier.socket, bytes.subarray(from, to));
    });
    this.#reframe = (bytes) => body.follow(bytes, 0);
  }

  /** A unix socket knows no reset: there, a body that ends with the connection could not be told from a cut one. */
  #chunk(): void {
    this.#framing = { kind: 'chunked' };
    this.#chunks = true;
    const { socket } = this.#carrier;
    this.#reframe = (bytes) => {
      // An empty chunk would be the last one.
      if (bytes.length === 0) return;
      gathering.addText(socket, `${bytes.length.toString(16)}\r\n`);
      gathering.add(socket, bytes);
      gathering.add(socket, CRLF);
    };
  }

  write(bytes: Buffer): boolean {
    this.bytesOut += bytes.length;
    this.trail?.responseBody?.(bytes);
    const { socket } = this.#carrier;
    if (bytes.length <= LITTLE) this.#carrier.turn.hold(socket);
    if (this.#head !== '') {
      gathering.addText(socket, this.#head);
      this.#head = '';
    }
    if (this.#reframe === undefined) gathering.add(socket, bytes);
    else this.#reframe(bytes);
    return !socket.writableNeedDrain;
  }

  flush(): void {
    const { socket, turn } = this.#carrier;
    if (this.#head === '') gathering.flush(socket);
    else {
      turn.hold(socket);
      socket.write(this.#head, 'latin1');
      this.#head = '';
    }
  }

  end(): void {
    this.#detach();
    this.flush();
    if (this.#chunks) this.#carrier.socket.write('0\r\n\r\n', 'latin1');
    this.#carrier.exchangeEnded(this.#reuse && this.#body.done);
  }

  abort(): void {
    this.#detach();
    this.flush();
    this.#carrier.cut(this.responded && this.#framing.kind === 'close');
  }

  switchProtocols(head: OutgoingHead): ClientTunnel {
    this.responded = true;
    this.status = head.status;
    this.trail?.responded?.(head);
    this.#carrier.socket.write(
      serialise(head, `Connection: Upgrade\r\nUpgrade: ${this.request.upgrade ?? ''}\r\n`),
      'latin1',
    );
    this.#detach();
    const { socket } = this.#carrier;
    return {
      ...this.#carrier.exchangeSwitched(),
      write: (bytes) => {
        gathering.add(socket, bytes);
        return !socket.writableNeedDrain;
      },
      flush: () => gathering.flush(socket),
    };
  }

  /** The client left, or sent what can not be a body. Told once; nothing more is asked of the sink. */
  fail(failure: PortholeError): void {
    if (this.failure !== undefined) return;
    this.failure = failure;
    const told = this.onFailure;
    this.#detach();
    told?.(failure);
  }

  #detach(): void {
    this.onFailure = undefined;
    this.onDrain = undefined;
    this.#sink = undefined;
    this.#early = undefined;
  }
}

function serialise(head: OutgoingHead, more: string): string {
  return `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.fields}${more}\r\n`;
}

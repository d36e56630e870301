import type { Socket } from 'node:net';
import { asPortholeError, PortholeError } from '../errors.ts';
import { MAX_HEAD_BYTES } from '../http1/head.ts';
import type { RequestHead } from '../http1/message.ts';
import { type Carrier, ClientExchange } from './client-exchange.ts';
import type { ClientSocket } from './client-socket.ts';
import type { Deadlines } from './deadlines.ts';
import { clientGone, stopped } from './departures.ts';
import type { ConnectionEvents, Tunnel } from './exchange.ts';
import { HeadReader } from './head-reader.ts';
import { refusalBytes } from './refuse.ts';
import type { Turn } from './turn.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Requests of one client that are begun before others get their turn. */
const MAX_IN_A_ROW = 64;

/**
 * One client connection: reads heads, gives each request to `events.onExchange`, one at a time and in order (RFC 9112
 * section 9.3.2), and its body to that exchange.
 */
export class ClientConnection implements Carrier {
  readonly socket: Socket;
  readonly clientAddress: string;
  readonly turn: Turn;
  closing = false;
  readonly #client: ClientSocket;
  readonly #events: ConnectionEvents;
  readonly #deadlines: Deadlines;
  readonly #heads = new HeadReader();
  #exchange: ClientExchange | undefined;
  #reading = false;
  #inputEnded = false;
  #switched = false;
  #destroyed = false;
  #lingering = false;
  #deadline: number;
  #probes = 0;

  constructor(client: ClientSocket, events: ConnectionEvents, deadlines: Deadlines, turn: Turn) {
    const { socket } = client;
    this.#client = client;
    this.socket = socket;
    this.clientAddress = client.address;
    this.#events = events;
    this.#deadlines = deadlines;
    this.turn = turn;
    this.#deadline = performance.now() + deadlines.head;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', () => {}); // A 'close' follows, and tells the exchange.
    socket.on('close', () => this.#exchange?.fail(clientGone()));
  }

  get busy(): boolean {
    return this.#exchange !== undefined || this.#switched;
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#lingering) return;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      if (this.#heads.length === 0) this.#waitFor('head');
      this.#hold(bytes);
      this.#readHeads();
      return;
    }
    if (exchange.requestComplete) {
      this.#hold(bytes);
      return;
    }
    try {
      const end = exchange.receive(bytes);
      if (end < bytes.length) this.#hold(bytes.subarray(end));
    } catch (error) {
      this.closing = true;
      exchange.fail(asPortholeError(error));
    }
  };

  readonly #onDrain = (): void => {
    if (this.#exchange !== undefined) this.#exchange.onDrain?.();
    else if (!this.#lingering) this.#next();
  };

  #waitFor(what: keyof Deadlines): void {
    this.#deadline = performance.now() + this.#deadlines[what];
  }

  /** Keeps early bytes; a client that sends far ahead of its answers is made to wait. */
  #hold(bytes: Buffer): void {
    this.#heads.push(bytes);
    const waits = this.#exchange !== undefined || this.socket.writableNeedDrain;
    if (waits && this.#heads.length >= MAX_HEAD_BYTES) this.socket.pause();
  }

  /**
   * Starts exchanges from what is held. A loop, since an exchange may end before `onExchange` returns. A client that does
   * not read its answers gets no further ones: they would pile up here.
   */
  #readHeads(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (let begun = 0; this.#idle && this.#heads.length > 0; begun++) {
        if (begun === MAX_IN_A_ROW) {
          this.socket.pause();
          setImmediate(() => this.#next());
          break;
        }
        const request = this.#heads.next();
        if (request === undefined) break;
        this.#startExchange(request);
      }
    } catch (error) {
      this.#refuseHead(asPortholeError(error));
    }
    this.#reading = false;
    if (this.#inputEnded && (this.#idle || this.#lingering)) this.#linger();
  }

  get #idle(): boolean {
    return this.#exchange === undefined && !this.#lingering && !this.socket.writableNeedDrain;
  }

  #startExchange(request: RequestHead): void {
    const exchange = new ClientExchange(request, this);
    this.#deadline = NEVER;
    this.#exchange = exchange;
    this.turn.exchanges++;
    if (!exchange.requestComplete && this.#heads.length > 0) this.#onData(this.#heads.take());
    if (exchange.failure === undefined && this.#inputEnded && !exchange.requestComplete) {
      exchange.fail(clientGone());
    }
    this.#events.onExchange(exchange);
  }

  #refuseHead(error: PortholeError): void {
    this.socket.write(refusalBytes(error), 'latin1');
    this.#linger();
    this.#events.onMalformed(error, this.clientAddress);
  }

  exchangeEnded(reuse: boolean): void {
    this.#exchange = undefined;
    this.turn.exchanges--;
    const more = this.#heads.length > 0 || !this.#inputEnded;
    this.#waitFor('idle');
    if (!reuse || this.closing || !more) this.#linger();
    else if (!this.socket.writableNeedDrain) this.#next();
  }

  #next(): void {
    if (this.socket.isPaused()) this.socket.resume();
    if (this.#heads.length > 0) this.#waitFor('head');
    this.#readHeads();
  }

  exchangeSwitched(): Tunnel {
    this.#exchange = undefined;
    this.turn.exchanges--;
    this.#switched = true;
    this.#deadline = NEVER;
    this.socket.off('data', this.#onData);
    this.socket.off('end', this.#onEnd);
    this.socket.off('drain', this.#onDrain);
    this.socket.pause();
    return {
      socket: this.socket,
      early: this.#heads.take(),
      cut: () => this.#client.reset(),
      lost: () => (this.#destroyed ? stopped() : clientGone()),
    };
  }

  cut(reset: boolean): void {
    this.#exchange = undefined;
    this.turn.exchanges--;
    if (reset) this.#client.reset();
    else {
      // What the upstream did send still goes out, then the missing rest shows.
      this.#lingering = true;
      this.#waitFor('linger');
      this.socket.destroySoon();
    }
  }

  /** No further request, but for the one that is under way. */
  stop(): void {
    this.closing = true;
    if (!this.busy) this.#linger();
  }

  /** Ends it now; what was under way, or not yet read, can not be taken for complete. */
  destroy(): void {
    this.#destroyed = true;
    this.#exchange?.fail(stopped());
    if (this.busy || this.socket.writableLength > 0) this.#client.reset();
    else this.socket.destroy();
  }

  /** Sends what is still to be sent and closes, but reads on for a moment: a reset could overtake the answer. */
  #linger(): void {
    this.#lingering = true;
    this.#heads.take();
    this.#waitFor('linger');
    this.socket.end();
    this.socket.resume();
    if (this.#inputEnded) this.socket.destroySoon();
  }

  readonly #onEnd = (): void => {
    this.#inputEnded = true;
    const exchange = this.#exchange;
    if (exchange === undefined) this.#readHeads();
    else if (exchange.longRunning || !exchange.requestComplete) exchange.fail(clientGone());
    else this.#waitFor('probe');
  };

  /** Called a few times a second, in place of a timer for each connection. */
  check(now: number): void {
    if (now < this.#deadline) return;
    if (this.#exchange !== undefined) {
      this.#probe(now);
    } else if (this.#client.isReadOn(now, this.#deadlines.idle)) {
      // Its reader is slow, not gone: what is still in hand of an answer would be lost.
      this.#waitFor(this.#lingering ? 'linger' : 'idle');
    } else if (this.#heads.length > 0 && this.#idle) {
      this.#refuseHead(new PortholeError('ERR_HEAD_TIMEOUT', 'the request head took too long'));
    } else {
      this.destroy();
    }
  }

  /**
   * A closed client and one that only ended its side look the same until something is sent to them. A 102 is legal
   * before any answer (RFC 9110 section 15.2) and makes the kernel of a closed client say so: the second write fails.
   */
  #probe(now: number): void {
    const exchange = this.#exchange;
    this.#deadline = NEVER;
    if (exchange?.responded === false && exchange.request.version === '1.1') {
      // Ever more seldom, since clients bound how many they take (Go's takes five).
      this.#deadline = now + this.#deadlines.probe * 4 ** this.#probes++;
      this.socket.write('HTTP/1.1 102 Processing\r\n\r\n');
    }
  }
}

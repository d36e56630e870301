import type { Socket } from 'node:net';
import { asPortholeError, PortholeError } from '../errors.ts';
import type { RequestHead } from '../http1/message.ts';
import { type Carrier, ClientExchange } from './client-exchange.ts';
import type { ClientSocket } from './client-socket.ts';
import type { Deadlines } from './deadlines.ts';
import { clientGone, stopped } from './departures.ts';
import type { ConnectionEvents, Tunnel } from './exchange.ts';
import { HeadReader } from './head-reader.ts';
import type { Terms } from './limits.ts';
import { Probe } from './probe.ts';
import { refusalBytes } from './refuse.ts';
import type { Guest } from './room.ts';
import type { Turn } from './turn.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Requests of one client that are begun before others get their turn. */
const MAX_IN_A_ROW = 64;

/**
 * One client connection: reads heads, gives each request to `events.onExchange`, one at a time and in order (RFC 9112
 * section 9.3.2), and its body to that exchange.
 */
export class ClientConnection implements Carrier, Guest {
  readonly socket: Socket;
  readonly clientAddress: string;
  readonly turn: Turn;
  closing = false;
  deadline = NEVER;
  since = 0;
  readonly #client: ClientSocket;
  readonly #events: ConnectionEvents;
  readonly #deadlines: Deadlines;
  readonly #heads: HeadReader;
  #exchange: ClientExchange | undefined;
  #reading = false;
  #inputEnded = false;
  #switched = false;
  #destroyed = false;
  #lingering = false;
  readonly #probe: Probe;

  constructor(client: ClientSocket, events: ConnectionEvents, terms: Terms) {
    const { deadlines } = terms;
    const { socket } = client;
    this.#client = client;
    this.socket = socket;
    this.clientAddress = client.address;
    this.#events = events;
    this.#deadlines = deadlines;
    this.turn = terms.turn;
    this.#heads = new HeadReader(terms.limits);
    this.#probe = new Probe(deadlines.probe);
    this.#waitFor('head');
    socket.on('data', this.#onData).on('drain', this.#onDrain).on('end', this.#onEnd);
    socket.on('error', () => {}); // A 'close' follows, and tells the exchange.
    socket.on('close', () => this.#exchange?.fail(clientGone()));
  }

  get busy(): boolean {
    return this.#exchange !== undefined || this.#switched;
  }

  get dispensable(): boolean {
    return !this.busy && this.socket.writableLength === 0;
  }

  readonly #onData = (bytes: Buffer): void => {
    const exchange = this.#exchange;
    if (this.#lingering) this.#client.drop(bytes);
    else if (exchange === undefined) {
      if (this.#heads.length === 0) this.#waitFor('head');
      this.#hold(bytes);
      this.#readHeads();
    } else if (exchange.requestComplete) this.#hold(bytes);
    else {
      try {
        const end = exchange.receive(bytes);
        if (end < bytes.length) this.#hold(bytes.subarray(end));
      } catch (error) {
        this.closing = true;
        exchange.fail(asPortholeError(error));
      }
    }
  };

  readonly #onDrain = (): void => {
    if (this.#exchange !== undefined) this.#exchange.onDrain?.();
    else if (!this.#lingering) this.#next();
  };

  #waitFor(what: keyof Deadlines): void {
    this.since = performance.now();
    this.deadline = this.since + this.#deadlines[what];
  }

  /** Keeps early bytes; a client that sends far ahead of its answers is made to wait. */
  #hold(bytes: Buffer): void {
    this.#heads.push(bytes);
    const waits = this.#exchange !== undefined || this.socket.writableNeedDrain;
    if (waits && this.#heads.isFull) this.socket.pause();
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
      this.refuse(asPortholeError(error));
    }
    this.#reading = false;
    if (this.#inputEnded && (this.#idle || this.#lingering)) this.#linger();
  }

  get #idle(): boolean {
    return this.#exchange === undefined && !this.#lingering && !this.socket.writableNeedDrain;
  }

  #startExchange(request: RequestHead): void {
    const exchange = new ClientExchange(request, this);
    this.deadline = NEVER;
    this.#exchange = exchange;
    this.turn.exchanges++;
    if (!exchange.requestComplete && this.#heads.length > 0) this.#onData(this.#heads.take());
    if (exchange.failure === undefined && this.#inputEnded && !exchange.requestComplete) {
      exchange.fail(clientGone());
    }
    this.#events.onExchange(exchange);
  }

  /** The last answer of a connection that carries none: to a head that could not be read, or before any came. */
  refuse(error: PortholeError): void {
    this.socket.write(refusalBytes(error), 'latin1');
    this.#linger();
    this.#events.onMalformed(error, this.clientAddress);
  }

  giveWay(error: PortholeError): void {
    if (this.#heads.length > 0) this.refuse(error);
    this.socket.destroy();
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
    this.deadline = NEVER;
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
    if (now < this.deadline) return;
    if (this.#exchange !== undefined) {
      this.deadline = now + this.#probe.ask(this.#exchange, this.socket);
    } else if (this.#client.isReadOn(now, this.#deadlines.idle)) {
      // Its reader is slow, not gone: what is still in hand of an answer would be lost.
      this.#waitFor(this.#lingering ? 'linger' : 'idle');
    } else if (this.#heads.length > 0 && this.#idle) {
      this.refuse(new PortholeError('ERR_HEAD_TIMEOUT', 'the request head took too long'));
    } else {
      this.destroy();
    }
  }
}

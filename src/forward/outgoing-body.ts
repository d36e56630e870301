import type { Socket } from 'node:net';
import type { BodySink, Exchange } from '../server/exchange.ts';

/** A longer body is sent once, whatever becomes of it. Bytes. */
const MAX_HELD = 1024 * 1024;

/**
 * A request's body on its way to the API server. `hold` keeps what has passed, so that it can be sent once more on another
 * connection; nothing is copied.
 */
export class OutgoingBody implements BodySink {
  readonly #exchange: Exchange;
  #held: Buffer[] | undefined;
  #size = 0;
  #socket: Socket | undefined;
  #begun = false;

  constructor(exchange: Exchange, hold: boolean) {
    this.#exchange = exchange;
    if (hold) this.#held = [];
  }

  /** Whether all that has been sent so far can be sent once more. */
  get repeatable(): boolean {
    if (!this.#begun || this.#held !== undefined) return true;
    return this.#exchange.request.framing.kind === 'none';
  }

  /** Sends what was held, and then what comes. */
  sendTo(socket: Socket): void {
    this.#socket = socket;
    if (!this.#begun) {
      this.#begun = true;
      this.#exchange.readBody(this);
      return;
    }
    let room = true;
    for (const piece of this.#held ?? []) room = socket.write(piece);
    this.#held = undefined;
    if (room) this.#exchange.resumeBody();
  }

  /** Nothing more goes to the connection: what comes is held back until there is another one. */
  detach(): void {
    this.#socket = undefined;
  }

  write(bytes: Buffer): boolean {
    this.#hold(bytes);
    return this.#socket?.write(bytes) ?? false;
  }

  end(): void {}

  #hold(bytes: Buffer): void {
    if (this.#held === undefined) return;
    this.#size += bytes.length;
    // Between two connections there is nowhere else to put it; its reading has stopped by then.
    if (this.#size <= MAX_HELD || this.#socket === undefined) this.#held.push(bytes);
    else this.#held = undefined;
  }
}

import type { Socket } from 'node:net';
import { PortholeError } from '../errors.ts';
import type { BodySink, Exchange } from '../server/exchange.ts';
import { bulk, type Flow } from './bulk.ts';

/** A longer body is sent once, whatever becomes of it. Bytes. */
const MAX_HELD = 1024 * 1024;
/** What keeping a piece costs at least, however short it is. Bytes. */
const PIECE = 256;

/** What all bodies together may still hold. Bytes. */
export interface HeldBudget {
  left: number;
}

/**
 * A request's body on its way to the API server. `hold` keeps what has passed, so that it can be sent once more on another
 * connection; nothing is copied. Beyond 1 MiB, or `budget`, it lets go of it, and can not be sent again.
 */
export class OutgoingBody implements BodySink, Flow {
  readonly #exchange: Exchange;
  readonly #budget: HeldBudget;
  /** All of it so far, from the first byte. */
  #held: Buffer[] | undefined;
  #size = 0;
  #socket: Socket | undefined;
  /** Of `#held`, what the present connection has got. */
  #sent = 0;
  #begun = false;

  constructor(exchange: Exchange, hold: boolean, budget: HeldBudget) {
    this.#exchange = exchange;
    this.#budget = budget;
    if (hold) this.#held = [];
  }

  /** Whether all that has been sent so far can be sent once more. */
  get repeatable(): boolean {
    if (!this.#begun || this.#held !== undefined) return true;
    return this.#exchange.request.framing.kind === 'none';
  }

  /** Something has come since `detach` that the connection has not got: it stands in the middle of the body. */
  get isBehind(): boolean {
    return this.#socket === undefined && this.#sent < (this.#held?.length ?? 0);
  }

  /** Sends it from its first byte: what was held, and then what comes, which is not held any more. */
  sendTo(socket: Socket): void {
    // A body without its beginning would be read as something else.
    if (!this.repeatable) throw new PortholeError('ERR_INTERNAL', 'a body was to be sent twice');
    this.#socket = socket;
    if (this.#begun) {
      this.#sent = 0;
      this.#catchUp(socket);
      this.forget();
    } else {
      this.#begun = true;
      this.#exchange.readBody(this);
    }
  }

  /** Nothing more goes to the connection for now: what comes is kept, and the client is made to wait. */
  detach(): void {
    this.#socket = undefined;
    this.#sent = this.#held?.length ?? 0;
  }

  /** Goes on where `detach` has stopped. */
  resume(socket: Socket): void {
    this.#socket = socket;
    this.#catchUp(socket);
    this.forget();
  }

  /** Lets go of what is held: it will not be sent again. */
  forget(): void {
    if (this.#held === undefined) return;
    this.#held = undefined;
    this.#budget.left += this.#size;
  }

  write(bytes: Buffer): boolean {
    this.#hold(bytes);
    const room = this.#socket?.write(bytes) ?? false;
    const goesOn = bulk.take(this, bytes.length);
    return room && goesOn;
  }

  end(): void {}

  /** The connection has taken all that it was given. */
  drained(): void {
    if (!bulk.holds(this)) this.#exchange.resumeBody();
  }

  goOn(): void {
    if (this.#socket?.writableNeedDrain === false) this.#exchange.resumeBody();
  }

  #catchUp(socket: Socket): void {
    let room = true;
    for (const piece of this.#held?.slice(this.#sent) ?? []) room = socket.write(piece);
    if (room) this.#exchange.resumeBody();
  }

  #hold(bytes: Buffer): void {
    if (this.#held === undefined) return;
    const size = Math.max(bytes.length, PIECE);
    // Without a connection there is nowhere else to put it; it is what was read before the client could be stopped.
    const isFull = this.#size + size > MAX_HELD || size > this.#budget.left;
    if (isFull && this.#socket !== undefined) {
      this.forget();
      return;
    }
    this.#held.push(bytes);
    this.#size += size;
    this.#budget.left -= size;
  }
}

import type { PortholeError } from '../errors.ts';
import type { RequestHead, ResponseHead } from '../http1/message.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { Exchange } from '../server/exchange.ts';
import type { ResponseHandler } from '../upstream/connection.ts';
import { provesItself, rewriteResponse } from './rewrite.ts';
import { WithheldAnswer } from './withheld.ts';

/** The exchange that an answer is for, and who is told how it went. */
export interface AnswerEnds {
  readonly exchange: Exchange;
  readonly record: ExchangeRecord;
  /** The exchange's request as it goes out, without what was meant for porthole. */
  readonly request: RequestHead;
  /** Another credential may be had: a 401 to ours is withheld, if the request can be sent once more. */
  readonly withhold: boolean;
}

/** What brings an answer: a connection, or a stream of one. */
interface Source {
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** An answer that was not passed on, as yet. */
export interface Withheld {
  /** Passes it on after all. Settles as the relay does. */
  passOn(): Promise<boolean>;
  /** Gives it up; whether its connection may carry another exchange. */
  discard(): boolean;
}

/** Whether the connection may carry another exchange, of an answer that was passed on. */
export type Relayed = boolean | Withheld;

/** Passes an answer on at the speed of its reader, or withholds it; whatever brings it. */
export abstract class AnswerRelay implements ResponseHandler, Withheld {
  protected readonly exchange: Exchange;
  protected readonly record: ExchangeRecord;
  readonly #source: Source;
  #resolve: (relayed: Relayed) => void;
  #reject: (error: PortholeError) => void;
  #sentAt = 0;
  readonly #request: RequestHead;
  readonly #mayWithhold: boolean;
  #withheld: WithheldAnswer | undefined;
  /** The reader has not taken what it was given. */
  #isFull = false;

  constructor(
    ends: AnswerEnds,
    source: Source,
    resolve: (relayed: Relayed) => void,
    reject: (error: PortholeError) => void,
  ) {
    this.exchange = ends.exchange;
    this.record = ends.record;
    this.#source = source;
    this.#request = ends.request;
    this.#mayWithhold = ends.withhold;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** To be called before `head` is sent. */
  protected begin(head: string): void {
    this.#follow();
    this.#sentAt = performance.now();
    this.record.trail?.sent?.(head);
  }

  /** Whether the request can be sent once more. */
  protected abstract get repeatable(): boolean;

  /** Whether more may come in this turn of the event loop, after `bytes`. */
  protected hasTurn(_bytes: Buffer): boolean {
    return true;
  }

  /** The reader has taken all, or the turn has come that `hasTurn` refused. */
  protected resume(): void {
    if (!this.#isFull) this.#source.resume();
  }

  /** At the end of the answer: whether its connection may carry another exchange. */
  protected abstract get reusable(): boolean;

  onInterim(head: ResponseHead): void {
    this.exchange.inform(this.outgoing(head));
  }

  onHead(head: ResponseHead): void {
    this.answered(head);
    if (head.status === 401 && this.#withholds) this.withhold(head);
    else this.respond(head);
  }

  onData(bytes: Buffer): void {
    const room = this.#withheld?.keep(bytes) ?? this.exchange.write(bytes);
    this.#isFull = !room;
    const goesOn = this.hasTurn(bytes);
    if (!room || !goesOn) this.#source.pause();
  }

  onFlush(): void {
    if (this.#withheld === undefined) this.exchange.flush();
  }

  onDrain(): void {}

  onEnd(): void {
    if (this.#withheld !== undefined) this.#withheld.reusable = this.reusable;
    else this.#end(this.reusable);
  }

  onError(error: PortholeError): void {
    if (this.#withheld !== undefined) {
      this.#withheld.error = error;
      return;
    }
    this.exchange.onFailure = undefined;
    this.#reject(error);
  }

  passOn(): Promise<boolean> {
    const withheld = this.#withheld as WithheldAnswer;
    this.#withheld = undefined;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve as (relayed: Relayed) => void;
      this.#reject = reject;
      if (withheld.error !== undefined) {
        this.fail(withheld.error);
        return;
      }
      this.#follow();
      this.giveUpRetry();
      this.respond(withheld.head);
      const room = withheld.writeTo(this.exchange);
      this.#isFull = !room;
      if (withheld.reusable !== undefined) this.#end(withheld.reusable);
      else if (room) this.resume();
    });
  }

  discard(): boolean {
    return this.#withheld?.reusable === true;
  }

  protected get isWithholding(): boolean {
    return this.#withheld !== undefined;
  }

  get #withholds(): boolean {
    return this.#mayWithhold && this.repeatable && !provesItself(this.#request);
  }

  protected withhold(head: ResponseHead): void {
    this.#withheld = new WithheldAnswer(head);
    this.exchange.onFailure = undefined;
    this.#resolve(this);
  }

  /** What was withheld is passed on after all. */
  protected giveUpRetry(): void {}

  protected respond(head: ResponseHead): void {
    this.exchange.respond(this.outgoing(head));
  }

  protected answered(head: ResponseHead): void {
    this.record.status = head.status;
    this.record.ttfbMs = performance.now() - this.#sentAt;
    this.record.trail?.answered?.(head);
  }

  protected outgoing(head: ResponseHead) {
    return {
      status: head.status,
      reason: head.reason,
      fields: rewriteResponse(head, this.exchange.request.version === '1.0'),
      framing: head.framing,
    };
  }

  protected done(reusable: boolean): void {
    this.#resolve(reusable);
  }

  protected fail(error: PortholeError): void {
    this.#source.destroy();
    this.onError(error);
  }

  #follow(): void {
    this.exchange.onFailure = (failure) => this.fail(failure);
    this.exchange.onDrain = () => {
      this.#isFull = false;
      this.resume();
    };
  }

  #end(reusable: boolean): void {
    this.exchange.end();
    this.done(reusable);
  }
}

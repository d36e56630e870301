import { PortholeError } from '../errors.ts';
import type { RequestHead, ResponseHead } from '../http1/message.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { Exchange } from '../server/exchange.ts';
import type { ResponseHandler, UpstreamConnection } from '../upstream/connection.ts';
import type { OutgoingBody } from './outgoing-body.ts';
import { provesItself, rewriteResponse } from './rewrite.ts';
import { WithheldAnswer } from './withheld.ts';

/** The two ends of a relay, and who is told how it went. */
export interface RelayEnds {
  readonly exchange: Exchange;
  readonly connection: UpstreamConnection;
  readonly record: ExchangeRecord;
  /** Milliseconds until the answer's head has to be here; 0 is no limit. */
  readonly headTimeoutMs: number;
  readonly body: OutgoingBody;
  /** The exchange's request as it goes out, without what was meant for porthole. */
  readonly request: RequestHead;
  /** Another credential may be had: a 401 to ours is withheld, if the request can be sent once more. */
  readonly withhold: boolean;
}

/** An answer that was not passed on, as yet. */
export interface Withheld {
  /** Passes it on after all; as `relay`. */
  passOn(): Promise<boolean>;
  /** Gives it up; whether its connection may carry another exchange. */
  discard(): boolean;
}

/** Whether the connection may carry another exchange, of an answer that was passed on. */
export type Relayed = boolean | Withheld;

/**
 * Relays one exchange: `head` and the request's body one way, the answer the other, each at the speed of its reader.
 * Resolves when the answer is complete and its connection was given up by the relay; `true` when the request was
 * complete too, so that the connection may carry another exchange. With a 401 that is withheld, it resolves to that.
 * @throws {PortholeError} as rejection: the client's failure or the upstream's. The connection is destroyed then.
 */
export function relay(ends: RelayEnds, head: string): Promise<Relayed> {
  return new Promise((resolve, reject) => {
    new PlainRelay(ends, resolve, reject).start(head);
  });
}

/** What plain exchanges and refused upgrades have in common: passing an answer on. */
export class AnswerRelay implements ResponseHandler, Withheld {
  protected readonly exchange: Exchange;
  protected readonly connection: UpstreamConnection;
  protected readonly record: ExchangeRecord;
  protected readonly body: OutgoingBody;
  #resolve: (relayed: Relayed) => void;
  #reject: (error: PortholeError) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;
  readonly #request: RequestHead;
  readonly #mayWithhold: boolean;
  #withheld: WithheldAnswer | undefined;

  constructor(
    ends: RelayEnds,
    resolve: (relayed: Relayed) => void,
    reject: (error: PortholeError) => void,
  ) {
    this.exchange = ends.exchange;
    this.connection = ends.connection;
    this.record = ends.record;
    this.body = ends.body;
    this.#request = ends.request;
    this.#mayWithhold = ends.withhold;
    this.#resolve = resolve;
    this.#reject = reject;
    if (ends.headTimeoutMs > 0) {
      this.#timer = setTimeout(() => this.fail(late(ends.headTimeoutMs)), ends.headTimeoutMs);
    }
  }

  start(head: string): void {
    this.exchange.onFailure = (failure) => this.fail(failure);
    this.exchange.onDrain = () => this.connection.resume();
    this.connection.begin(this.exchange.request.method, this);
    this.#sentAt = performance.now();
    this.record.trail?.sent?.(head);
    this.connection.socket.write(head, 'latin1');
  }

  onInterim(head: ResponseHead): void {
    this.exchange.inform(this.outgoing(head));
  }

  onHead(head: ResponseHead): void {
    if (this.#isStale(head)) {
      this.fail(
        new PortholeError('ERR_UPSTREAM_MALFORMED', 'the API server answered an earlier request'),
      );
      return;
    }
    this.answered(head);
    if (head.status === 401 && this.#withholds) {
      this.#withhold(head);
      return;
    }
    // It will not be sent again.
    this.body.forget();
    this.exchange.respond(this.outgoing(head));
  }

  onData(bytes: Buffer): void {
    const room = this.#withheld?.keep(bytes) ?? this.exchange.write(bytes);
    if (!room) this.connection.pause();
  }

  onFlush(): void {
    if (this.#withheld === undefined) this.exchange.flush();
  }

  onDrain(): void {}

  onEnd(): void {
    // An answer may overtake its request: the rest of the body has nowhere to go, nor has the connection.
    const reusable = this.exchange.requestComplete && !this.body.isBehind;
    this.connection.lastAuditID = this.record.auditID;
    if (this.#withheld !== undefined) {
      this.#withheld.reusable = reusable;
      return;
    }
    this.exchange.end();
    this.done(reusable);
  }

  onError(error: PortholeError): void {
    clearTimeout(this.#timer);
    if (this.#withheld !== undefined) {
      this.#withheld.error = error;
      return;
    }
    this.exchange.onFailure = undefined;
    this.#reject(error);
  }

  protected get isWithholding(): boolean {
    return this.#withheld !== undefined;
  }

  get #withholds(): boolean {
    return this.#mayWithhold && this.body.repeatable && !provesItself(this.#request);
  }

  #withhold(head: ResponseHead): void {
    this.#withheld = new WithheldAnswer(head);
    this.body.detach();
    this.exchange.onFailure = undefined;
    this.#resolve(this);
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
      this.exchange.onFailure = (failure) => this.fail(failure);
      this.body.resume(this.connection.socket);
      this.exchange.respond(this.outgoing(withheld.head));
      const room = withheld.writeTo(this.exchange);
      if (withheld.reusable !== undefined) {
        this.exchange.end();
        this.done(withheld.reusable);
      } else if (room) this.connection.resume();
    });
  }

  discard(): boolean {
    return this.#withheld?.reusable === true;
  }

  /**
   * Whether this is the answer to the exchange before: an unasked answer that nobody could tell in time moves each later
   * one to the next request. kube-apiserver echoes the Audit-ID, so the first one moved is seen.
   */
  #isStale({ headers }: ResponseHead): boolean {
    const { lastAuditID } = this.connection;
    if (lastAuditID === '' || lastAuditID === this.record.auditID) return false;
    return headers.get('audit-id') === lastAuditID;
  }

  protected answered(head: ResponseHead): void {
    clearTimeout(this.#timer);
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
    this.connection.destroy();
    this.onError(error);
  }
}

class PlainRelay extends AnswerRelay {
  override start(head: string): void {
    const { socket } = this.connection;
    const corks = !this.exchange.requestComplete || this.exchange.bytesIn > 0;
    if (corks) socket.cork();
    super.start(head);
    this.body.sendTo(socket);
    if (corks) socket.uncork();
  }

  override onHead(head: ResponseHead): void {
    if (head.status !== 101) super.onHead(head);
    else {
      this.fail(
        new PortholeError('ERR_UPSTREAM_MALFORMED', 'the API server switched protocols unasked'),
      );
    }
  }

  override onDrain(): void {
    if (!this.isWithholding) this.exchange.resumeBody();
  }
}

function late(limit: number): PortholeError {
  return new PortholeError(
    'ERR_UPSTREAM_TIMEOUT',
    `the API server did not answer within ${limit / 1000} s (--request-timeout)`,
  );
}

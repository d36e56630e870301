import { PortholeError } from '../errors.ts';
import type { ResponseHead } from '../http1/message.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { BodySink, Exchange } from '../server/exchange.ts';
import type { ResponseHandler, UpstreamConnection } from '../upstream/connection.ts';
import { rewriteResponse } from './rewrite.ts';

/** The two ends of a relay, and who is told how it went. */
export interface RelayEnds {
  readonly exchange: Exchange;
  readonly connection: UpstreamConnection;
  readonly record: ExchangeRecord;
  /** Milliseconds until the answer's head has to be here; 0 is no limit. */
  readonly headTimeoutMs: number;
}

/**
 * Relays one exchange: `head` and the request's body one way, the answer the other, each at the speed of its reader.
 * Resolves when the answer is complete and its connection was given up by the relay; `true` when the request was
 * complete too, so that the connection may carry another exchange.
 * @throws {PortholeError} as rejection: the client's failure or the upstream's. The connection is destroyed then.
 */
export function relay(ends: RelayEnds, head: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    new PlainRelay(ends, resolve, reject).start(head);
  });
}

/** What plain exchanges and refused upgrades have in common: passing an answer on. */
export class AnswerRelay implements ResponseHandler {
  protected readonly exchange: Exchange;
  protected readonly connection: UpstreamConnection;
  protected readonly record: ExchangeRecord;
  readonly #resolve: (reusable: boolean) => void;
  readonly #reject: (error: PortholeError) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;

  constructor(
    ends: RelayEnds,
    resolve: (reusable: boolean) => void,
    reject: (error: PortholeError) => void,
  ) {
    this.exchange = ends.exchange;
    this.connection = ends.connection;
    this.record = ends.record;
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
    this.answered(head.status);
    this.exchange.respond(this.outgoing(head));
  }

  onData(bytes: Buffer): void {
    if (!this.exchange.write(bytes)) this.connection.pause();
  }

  onFlush(): void {
    this.exchange.flush();
  }

  onDrain(): void {}

  onEnd(): void {
    // An answer may overtake its request: the rest of the body has nowhere to go, nor has the connection.
    const reusable = this.exchange.requestComplete;
    this.connection.lastAuditID = this.record.auditID;
    this.exchange.end();
    this.done(reusable);
  }

  onError(error: PortholeError): void {
    clearTimeout(this.#timer);
    this.exchange.onFailure = undefined;
    this.#reject(error);
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

  protected answered(status: number): void {
    clearTimeout(this.#timer);
    this.record.status = status;
    this.record.ttfbMs = performance.now() - this.#sentAt;
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

class PlainRelay extends AnswerRelay implements BodySink {
  override start(head: string): void {
    const { socket } = this.connection;
    socket.cork();
    super.start(head);
    this.exchange.readBody(this);
    socket.uncork();
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
    this.exchange.resumeBody();
  }

  write(bytes: Buffer): boolean {
    return this.connection.socket.write(bytes);
  }

  end(): void {}
}

function late(limit: number): PortholeError {
  return new PortholeError(
    'ERR_UPSTREAM_TIMEOUT',
    `the API server did not answer within ${limit / 1000} s (--request-timeout)`,
  );
}

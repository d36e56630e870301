import { PortholeError } from '../errors.ts';
import type { ResponseHead } from '../http1/message.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import { type AnswerEnds, AnswerRelay, type Relayed } from './answer-relay.ts';
import { bulk, type Flow } from './bulk.ts';
import type { OutgoingBody } from './outgoing-body.ts';

/** The two ends of a relay, and who is told how it went. */
export interface RelayEnds extends AnswerEnds {
  readonly connection: UpstreamConnection;
  /** Milliseconds until the answer's head has to be here; 0 is no limit. */
  readonly headTimeoutMs: number;
  readonly body: OutgoingBody;
}

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

/** What plain exchanges and refused upgrades have in common: an answer over a connection of their own. */
export class ConnectionRelay extends AnswerRelay implements Flow {
  protected readonly connection: UpstreamConnection;
  protected readonly body: OutgoingBody;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(
    ends: RelayEnds,
    resolve: (relayed: Relayed) => void,
    reject: (error: PortholeError) => void,
  ) {
    super(ends, ends.connection, resolve, reject);
    this.connection = ends.connection;
    this.body = ends.body;
    if (ends.headTimeoutMs > 0) {
      this.#timer = setTimeout(() => this.fail(late(ends.headTimeoutMs)), ends.headTimeoutMs);
    }
  }

  start(head: string): void {
    this.connection.begin(this.exchange.request.method, this);
    this.begin(head);
    this.connection.socket.write(head, 'latin1');
  }

  override onHead(head: ResponseHead): void {
    if (!this.#isStale(head)) super.onHead(head);
    else {
      this.fail(
        new PortholeError('ERR_UPSTREAM_MALFORMED', 'the API server answered an earlier request'),
      );
    }
  }

  override onEnd(): void {
    this.connection.lastAuditID = this.record.auditID;
    super.onEnd();
  }

  override onError(error: PortholeError): void {
    clearTimeout(this.#timer);
    this.#leave();
    super.onError(error);
  }

  goOn(): void {
    super.resume();
  }

  protected override hasTurn(bytes: Buffer): boolean {
    return bulk.take(this, bytes.length);
  }

  protected override resume(): void {
    if (!bulk.holds(this)) super.resume();
  }

  protected override done(reusable: boolean): void {
    this.#leave();
    super.done(reusable);
  }

  #leave(): void {
    bulk.leave(this);
    bulk.leave(this.body);
  }

  protected get repeatable(): boolean {
    return this.body.repeatable;
  }

  /** An answer may overtake its request: the rest of the body has nowhere to go, nor has the connection. */
  protected get reusable(): boolean {
    return this.exchange.requestComplete && !this.body.isBehind;
  }

  protected override answered(head: ResponseHead): void {
    clearTimeout(this.#timer);
    super.answered(head);
  }

  protected override withhold(head: ResponseHead): void {
    this.body.detach();
    super.withhold(head);
  }

  protected override giveUpRetry(): void {
    this.body.resume(this.connection.socket);
  }

  protected override respond(head: ResponseHead): void {
    // It will not be sent again.
    this.body.forget();
    super.respond(head);
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
}

class PlainRelay extends ConnectionRelay {
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
    if (!this.isWithholding) this.body.drained();
  }
}

function late(limit: number): PortholeError {
  return new PortholeError(
    'ERR_UPSTREAM_TIMEOUT',
    `the API server did not answer within ${limit / 1000} s (--request-timeout)`,
  );
}

import type { PortholeError } from '../errors.ts';
import type { RequestHead, ResponseHead } from '../http1/message.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { Exchange } from '../server/exchange.ts';
import type { ResponseHandler } from '../upstream/connection.ts';
import type { UpstreamStream } from '../upstream/http2/stream.ts';
import { provesItself, rewriteResponse } from './rewrite.ts';
import { WithheldAnswer } from './withheld.ts';

/** The two ends of an exchange without a request body, and who is told how it went. */
export interface StreamEnds {
  readonly exchange: Exchange;
  readonly stream: UpstreamStream;
  readonly record: ExchangeRecord;
  /** The exchange's request as it goes out, without what was meant for porthole. */
  readonly request: RequestHead;
  /** Another credential may be had: a 401 to ours is withheld. */
  readonly withhold: boolean;
}

/** An answer that was not passed on, as yet. */
export interface WithheldStream {
  passOn(): Promise<void>;
  discard(): void;
}

/**
 * Relays one exchange over a stream, as `relay` does over a connection: `head` one way, the answer the other, at the speed
 * of its reader. Resolves when the answer is complete, or withheld.
 * @throws {PortholeError} as rejection: the client's failure or the upstream's. The stream is destroyed then.
 */
export function relayStreamed(ends: StreamEnds, head: string): Promise<WithheldStream | undefined> {
  return new Promise((resolve, reject) => {
    new StreamRelay(ends, resolve, reject).start(head);
  });
}

class StreamRelay implements ResponseHandler, WithheldStream {
  readonly #ends: StreamEnds;
  #resolve: (withheld?: WithheldStream) => void;
  #reject: (error: PortholeError) => void;
  #sentAt = 0;
  #withheld: WithheldAnswer | undefined;
  #complete = false;

  constructor(
    ends: StreamEnds,
    resolve: (withheld?: WithheldStream) => void,
    reject: (error: PortholeError) => void,
  ) {
    this.#ends = ends;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(head: string): void {
    const { exchange, stream, record } = this.#ends;
    this.#follow();
    this.#sentAt = performance.now();
    record.trail?.sent?.(head);
    stream.send(exchange.request.method, this);
  }

  #follow(): void {
    const { exchange, stream } = this.#ends;
    exchange.onFailure = (failure) => {
      stream.destroy();
      this.onError(failure);
    };
    exchange.onDrain = () => stream.resume();
  }

  onInterim(head: ResponseHead): void {
    this.#ends.exchange.inform(this.#outgoing(head));
  }

  onHead(head: ResponseHead): void {
    const { exchange, record, withhold, request } = this.#ends;
    record.status = head.status;
    record.ttfbMs = performance.now() - this.#sentAt;
    record.trail?.answered?.(head);
    if (head.status === 401 && withhold && !provesItself(request)) {
      this.#withheld = new WithheldAnswer(head);
      exchange.onFailure = undefined;
      this.#resolve(this);
    } else exchange.respond(this.#outgoing(head));
  }

  onData(bytes: Buffer): void {
    const { exchange, stream } = this.#ends;
    const room = this.#withheld?.keep(bytes) ?? exchange.write(bytes);
    if (!room) stream.pause();
  }

  onFlush(): void {
    if (this.#withheld === undefined) this.#ends.exchange.flush();
  }

  onDrain(): void {}

  onEnd(): void {
    if (this.#withheld !== undefined) this.#complete = true;
    else this.#end();
  }

  onError(error: PortholeError): void {
    if (this.#withheld !== undefined) this.#withheld.error = error;
    else {
      this.#ends.exchange.onFailure = undefined;
      this.#reject(error);
    }
  }

  passOn(): Promise<void> {
    const { exchange, stream } = this.#ends;
    const withheld = this.#withheld as WithheldAnswer;
    this.#withheld = undefined;
    return new Promise((resolve, reject) => {
      this.#resolve = () => resolve();
      this.#reject = reject;
      if (withheld.error !== undefined) {
        reject(withheld.error);
        return;
      }
      this.#follow();
      exchange.respond(this.#outgoing(withheld.head));
      const room = withheld.writeTo(exchange);
      if (this.#complete) this.#end();
      else if (room) stream.resume();
    });
  }

  discard(): void {
    this.#ends.stream.destroy();
  }

  #end(): void {
    this.#ends.exchange.end();
    this.#resolve();
  }

  #outgoing(head: ResponseHead) {
    const { status, reason, framing } = head;
    const fields = rewriteResponse(head, this.#ends.exchange.request.version === '1.0');
    return { status, reason, fields, framing };
  }
}

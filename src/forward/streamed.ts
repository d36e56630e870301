import type { PortholeError } from '../errors.ts';
import type { UpstreamStream } from '../upstream/http2/stream.ts';
import { type AnswerEnds, AnswerRelay, type Relayed, type Withheld } from './answer-relay.ts';

/** The two ends of an exchange without a request body, and who is told how it went. */
export interface StreamEnds extends AnswerEnds {
  readonly stream: UpstreamStream;
}

/**
 * Relays one exchange over a stream, as `relay` does over a connection: `head` one way, the answer the other, at the speed
 * of its reader. Resolves when the answer is complete, or withheld.
 * @throws {PortholeError} as rejection: the client's failure or the upstream's. The stream is destroyed then.
 */
export function relayStreamed(ends: StreamEnds, head: string): Promise<Withheld | undefined> {
  return new Promise((resolve, reject) => {
    const done = (relayed: Relayed) => resolve(typeof relayed === 'boolean' ? undefined : relayed);
    new StreamRelay(ends, done, reject).start(head);
  });
}

class StreamRelay extends AnswerRelay {
  readonly #stream: UpstreamStream;
  /** Without a body. */
  protected readonly repeatable = true;
  /** A stream is for one exchange. */
  protected readonly reusable = false;

  constructor(
    ends: StreamEnds,
    resolve: (relayed: Relayed) => void,
    reject: (error: PortholeError) => void,
  ) {
    super(ends, ends.stream, resolve, reject);
    this.#stream = ends.stream;
  }

  start(head: string): void {
    this.begin(head);
    this.#stream.send(this.exchange.request.method, this);
  }

  override discard(): boolean {
    this.#stream.destroy();
    return false;
  }
}

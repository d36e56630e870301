import { randomUUID } from 'node:crypto';
import { PortholeError } from '../errors.ts';
import { ChunkedBody } from '../http1/chunked.ts';
import { RESPONSE_BODY } from '../http1/framing.ts';
import type { RequestHead } from '../http1/message.ts';
import type { BodySink, Exchange, OutgoingHead } from './exchange.ts';

/** A longer answer is none to a question of porthole's own. Bytes. */
const MAX_ANSWER = 1024 * 1024;

/** A whole answer. */
export interface OwnAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** An {@link Exchange} in which porthole itself is the client. */
export class OwnExchange implements Exchange {
  readonly id = randomUUID();
  readonly time = Date.now();
  readonly startedAt = performance.now();
  readonly clientAddress = '';
  readonly requestComplete = true;
  bytesIn = 0;
  bytesOut = 0;
  responded = false;
  status: number | undefined = undefined;
  failure: PortholeError | undefined = undefined;
  answerFields = '';
  longRunning = false;
  trail = undefined;
  onFailure: ((failure: PortholeError) => void) | undefined = undefined;
  onDrain: (() => void) | undefined = undefined;

  readonly request: RequestHead;
  readonly #body: Buffer;
  readonly #pieces: Buffer[] = [];
  #chunks: ChunkedBody | undefined;

  constructor(request: RequestHead, body: Buffer) {
    this.request = request;
    this.#body = body;
  }

  /** The answer, once whoever forwarded the exchange is done. */
  get answer(): OwnAnswer {
    return { status: this.status ?? 0, body: Buffer.concat(this.#pieces) };
  }

  readBody(sink: BodySink): void {
    sink.write(this.#body);
    sink.end();
  }

  resumeBody(): void {}

  inform(): void {}

  respond(head: OutgoingHead): void {
    this.responded = true;
    this.status = head.status;
    if (head.framing.kind !== 'chunked') return;
    this.#chunks = new ChunkedBody(RESPONSE_BODY, (bytes, from, to) =>
      this.#keep(bytes.subarray(from, to)),
    );
  }

  write(bytes: Buffer): boolean {
    this.bytesOut += bytes.length;
    if (this.bytesOut > MAX_ANSWER)
      this.fail(new PortholeError('ERR_UPSTREAM_MALFORMED', 'the answer is too long'));
    else if (this.#chunks === undefined) this.#keep(bytes);
    else this.#chunks.follow(bytes, 0);
    return true;
  }

  #keep(bytes: Buffer): void {
    this.#pieces.push(Buffer.from(bytes));
  }

  flush(): void {}

  end(): void {}

  abort(): void {}

  switchProtocols(): never {
    throw new PortholeError('ERR_UPGRADE_FAILED', 'the answer is an upgrade');
  }

  /** Gives it up. */
  fail(failure: PortholeError): void {
    this.failure ??= failure;
    this.onFailure?.(failure);
  }
}

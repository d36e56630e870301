import { PortholeError } from '../errors.ts';
import type { ResponseHead } from '../http1/message.ts';
import { parseResponseHead, responseHeadEnd } from '../http1/response-head.ts';

/** Interim answers to one request; more is an attack or a fault. */
const MAX_INTERIM = 32;
const NOTHING = Buffer.alloc(0);

/** Is told each 1xx but 101. */
interface InterimHandler {
  onInterim(head: ResponseHead): void;
}

/** Reads the heads of answers on one connection, and keeps what is not read yet. */
export class ResponseHeads {
  /** Bytes that came and belong to nothing read so far. */
  held: Buffer = NOTHING;
  #scanned = 0;
  #interim = 0;

  /** A request went out. */
  begin(): void {
    this.#interim = 0;
  }

  /**
   * The final head, or a 101, once it is complete; `handler` is told those before it. `bytes` are lent.
   * @throws {PortholeError} `ERR_UPSTREAM_MALFORMED`
   */
  read(bytes: Buffer, method: string, handler: InterimHandler): ResponseHead | undefined {
    const isLent = this.held.length === 0;
    this.held = isLent ? bytes : Buffer.concat([this.held, bytes]);
    for (;;) {
      const end = responseHeadEnd(this.held, this.#scanned);
      if (end < 0) {
        this.#scanned = this.held.length;
        if (isLent) this.held = Buffer.from(this.held);
        return undefined;
      }
      const head = parseResponseHead(this.held, 0, end, method);
      this.held = this.held.subarray(end);
      this.#scanned = 0;
      if (head.status >= 200 || head.status === 101) return head;
      if (++this.#interim > MAX_INTERIM) {
        throw new PortholeError('ERR_UPSTREAM_MALFORMED', 'too many interim answers');
      }
      handler.onInterim(head);
    }
  }

  /** What is held, which is held no more. */
  take(): Buffer {
    const { held } = this;
    this.held = NOTHING;
    return held;
  }
}

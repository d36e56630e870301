import type { RequestHead, ResponseHead } from '../http1/message.ts';
import type { OutgoingHead } from '../server/exchange.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** Something that exchanges are recorded in: an access log, an audit log, a HAR file. It never slows an exchange. */
export interface Recorder {
  /**
   * A request has been understood: what it means to Kubernetes is in its record, and who asks, where somebody wants to know.
   * Called once for each exchange, in the order of their requests, also for those that are refused; not for heads that could
   * not be read. Returns what is to follow its messages; undefined where its end is enough.
   * @throws {PortholeError} why it must not go on
   */
  begin?(record: ExchangeRecord, request: RequestHead): Trail | undefined;
  /** Takes every record once it has ended, after its trail. Must not throw. */
  ended?(record: ExchangeRecord): void;
}

/**
 * Follows the messages of one exchange. Bytes are lent: whoever keeps them copies them. Heads hold credentials. None of it
 * may throw, but for `admitted`.
 */
export interface Trail {
  /**
   * The request was admitted, and goes to the API server next. A promise makes it wait.
   * @throws {PortholeError} why it must not go on, as rejection
   */
  admitted?(): Promise<void> | undefined;
  /** The head of the request as it is sent to the API server, with its credentials and the empty line; for each try. */
  sent?(head: string): void;
  /** The head of what the API server answered, for each try; 1xx are left out, but for 101. */
  answered?(head: ResponseHead): void;
  /** Body bytes of the request as they are passed on, in the framing of its head. */
  requestBody?(bytes: Buffer): void;
  /** The head of the answer is on its way to the client: the API server's or one of porthole's own. */
  responded?(head: OutgoingHead): void;
  /** Body bytes of that answer, in the framing of its head. */
  responseBody?(bytes: Buffer): void;
  /** The record has ended: nothing more comes. */
  ended?(record: ExchangeRecord): void;
}

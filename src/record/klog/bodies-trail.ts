import type { HeaderList } from '../../http1/header-list.ts';
import type { RequestHead, ResponseHead } from '../../http1/message.ts';
import type { OutgoingHead } from '../../server/exchange.ts';
import { BodyCopy, type CopyBudget } from '../body/body-copy.ts';
import { type Content, type ReadYaml, readContent } from '../body/content.ts';
import { keepsNoBodies, shownText } from '../body/shown-text.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { HeadsTrail, type KlogUpstream } from './heads-trail.ts';
import type { Pair } from './line.ts';
import type { Klog } from './log.ts';

/** Longer bodies are described, at level 10 too: what is shown has to be read whole first, for the secrets in it. Bytes. */
const MAX_COPY = 1024 * 1024;

/** What reading bodies takes. */
interface Means {
  readonly budget: CopyBudget;
  readonly readYaml: ReadYaml | undefined;
}

/** Tells of the bodies of one exchange too, but for those of watches, logs and tunnels. */
export class BodiesTrail extends HeadsTrail {
  readonly #means: Means;
  /** What the API server said last. */
  #answer: ResponseHead | undefined;
  #requestCopy: BodyCopy | undefined;
  #responseCopy: BodyCopy | undefined;

  constructor(
    log: Klog,
    upstream: () => KlogUpstream,
    record: ExchangeRecord,
    request: RequestHead,
    means: Means,
  ) {
    super(log, upstream, record, request);
    this.#means = means;
  }

  requestBody(bytes: Buffer): void {
    if (keepsNoBodies(this.record, this.request)) return;
    this.#requestCopy ??= new BodyCopy(this.request.framing, MAX_COPY, this.#means.budget);
    this.#requestCopy.add(bytes);
  }

  override sent(head: string): void {
    this.#answer = undefined;
    super.sent(head);
  }

  override answered(head: ResponseHead): void {
    const { framing } = this.request;
    // An answer can overtake its request: then its body is told of in the end.
    if (framing.kind === 'length' && this.#requestCopy?.bytes === framing.length)
      this.#tellOfRequest();
    super.answered(head);
    this.#answer = head;
  }

  responded(head: OutgoingHead): void {
    // Another status than the API server's: porthole answers in its place.
    if (
      keepsNoBodies(this.record, this.request) ||
      head.status === 101 ||
      head.status !== this.#answer?.status
    )
      return;
    this.#responseCopy = new BodyCopy(head.framing, MAX_COPY, this.#means.budget);
  }

  responseBody(bytes: Buffer): void {
    this.#responseCopy?.add(bytes);
  }

  override ended(record: ExchangeRecord): void {
    this.#tellOfRequest();
    super.ended(record);
    const copy = this.#responseCopy;
    this.#responseCopy = undefined;
    if (copy !== undefined && this.#answer !== undefined)
      this.#tellOf('Response Body', copy, this.#answer.headers);
  }

  #tellOfRequest(): void {
    const copy = this.#requestCopy;
    this.#requestCopy = undefined;
    if (copy !== undefined) this.#tellOf('Request Body', copy, this.request.headers);
  }

  #tellOf(message: string, copy: BodyCopy, headers: HeaderList): void {
    const show = (content: Content): void => {
      this.tell(message, ...this.#pairs(content));
      copy.release();
    };
    const [type, coding] = [headers.get('content-type'), headers.get('content-encoding')];
    const content = readContent(copy, type, coding, this.#means.readYaml);
    if (content instanceof Promise) void content.then(show);
    else show(content);
  }

  /** kubectl shows protobuf as a hex dump, and all else as text. What can not be read may hold a Secret. */
  #pairs(content: Content): Pair[] {
    if (content.bytes === 0) return [['body', '']];
    const text = shownText(content, this.record);
    if (text !== undefined) return [['body', cut(text, this.log.level)]];
    const { contentType, bytes, sha256 = '' } = content;
    return [
      ['contentType', contentType],
      ['bytes', bytes],
      ['sha256', sha256],
    ];
  }
}

/** client-go `rest/request.go: truncateBody`. */
function cut(text: string, level: number): string {
  const max = level >= 10 ? text.length : level === 9 ? 10_240 : 1024;
  if (text.length <= max) return text;
  return `${text.slice(0, max)} [truncated ${text.length - max} chars]`;
}

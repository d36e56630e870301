import type { RequestHead, ResponseHead } from '../../http1/message.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { maskUrl } from '../mask/url.ts';
import type { Trail } from '../recorder.ts';
import type { Pair } from './line.ts';
import type { Klog } from './log.ts';
import { curlCommand, type ShownHead, shownField, shownHead, sortedLines } from './sent-head.ts';

/** Where requests go to at this moment, for what their heads do not say. */
export interface KlogUpstream {
  /** The API server's: `https://10.0.0.1:6443`. */
  readonly url: string;
  /** The name or address that is dialled: the API server's, or a proxy's. */
  readonly dialHost: string;
}

/** The API server's, to one try. */
interface Answer {
  readonly status: string;
  readonly headers: string;
  readonly ttfbMs: number;
}

/** Tells of the heads of one exchange. */
export class HeadsTrail implements Trail {
  protected readonly log: Klog;
  readonly #upstream: () => KlogUpstream;
  protected readonly record: ExchangeRecord;
  protected readonly request: RequestHead;
  /** Of the try that waits for its answer. */
  #waiting: ShownHead | undefined;
  #sentAt = 0;
  #sent = false;

  constructor(
    log: Klog,
    upstream: () => KlogUpstream,
    record: ExchangeRecord,
    request: RequestHead,
  ) {
    this.log = log;
    this.#upstream = upstream;
    this.record = record;
    this.request = request;
  }

  sent(head: string): void {
    const { log } = this;
    const { url } = this.#upstream();
    const shown = shownHead(head, url.slice(0, url.indexOf(':')));
    this.#waiting = shown;
    this.#sent = true;
    this.#sentAt = performance.now();
    if (log.level >= 9) {
      this.tell('Request', ['curlCommand', curlCommand(shown)]);
      if (this.record.reused === false) this.#traceDial();
    } else if (log.level >= 7) {
      const headers = sortedLines(shown.fields);
      this.tell('Request', ['verb', shown.method], ['url', shown.url], ['headers', headers]);
    }
  }

  answered(head: ResponseHead): void {
    if (this.#waiting === undefined) return;
    const { names, values } = head.headers;
    const fields = names.map((name, i) => shownField(name, values[i] as string));
    const status = `${head.status} ${head.reason}`.trimEnd();
    const ttfbMs = this.record.ttfbMs ?? performance.now() - this.#sentAt;
    this.#response(this.#waiting, { status, headers: sortedLines(fields), ttfbMs });
    this.#waiting = undefined;
  }

  ended(record: ExchangeRecord): void {
    if (this.#waiting !== undefined) {
      this.#noResponse(this.#waiting, performance.now() - this.#sentAt);
      this.#waiting = undefined;
    } else if (!this.#sent && record.outcome === 'upstream-failed') this.#failedDial(record);
  }

  /** Lines of many exchanges stand among each other, so each says which it is of; a level 6 line says all by itself. */
  protected tell(message: string, ...pairs: readonly Pair[]): void {
    if (this.log.level === 6) this.log.info(message, pairs);
    else this.log.info(message, [...pairs, ['auditID', this.record.auditID]]);
  }

  #response(shown: ShownHead, { status, headers, ttfbMs }: Answer): void {
    const { level } = this.log;
    const pairs = this.#outline(shown, status, headers, ttfbMs);
    if (level >= 9) pairs.push(['serverProcessingMilliseconds', whole(ttfbMs)]);
    this.tell('Response', ...pairs);
  }

  /** As client-go has it: no status, no headers. */
  #noResponse(shown: ShownHead, waitedMs: number): void {
    this.tell('Response', ...this.#outline(shown, '', '', waitedMs));
  }

  /** Level 7 says less than level 6, as client-go does. */
  #outline(shown: ShownHead, status: string, headers: string, ms: number): Pair[] {
    const { level } = this.log;
    const pairs: Pair[] = [];
    if (level === 6 || level >= 9) pairs.push(['verb', shown.method], ['url', shown.url]);
    pairs.push(['status', status]);
    if (level >= 8) pairs.push(['headers', headers]);
    pairs.push(['milliseconds', whole((this.record.connectMs ?? 0) + ms)]);
    if (level >= 9) pairs.push(...this.#timings());
    return pairs;
  }

  #timings(): Pair[] {
    const { reused, connectMs, dnsMs = 0, dialMs = 0, tlsMs } = this.record;
    if (reused === true) return [['getConnectionMilliseconds', whole(connectMs)]];
    return [
      ['dnsLookupMilliseconds', whole(dnsMs)],
      ['dialMilliseconds', whole(dialMs - dnsMs)],
      ['tlsHandshakeMilliseconds', whole(tlsMs)],
    ];
  }

  #traceDial(): void {
    const { dnsMs, upstreamAddress } = this.record;
    if (upstreamAddress === undefined) return;
    if (dnsMs !== undefined) {
      const ip = upstreamAddress.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
      this.tell(
        'HTTP Trace: DNS Lookup resolved',
        ['host', this.#upstream().dialHost],
        ['address', { raw: JSON.stringify([{ IP: ip, Zone: '' }]) }],
      );
    }
    this.tell('HTTP Trace: Dial succeed', ['network', 'tcp'], ['address', upstreamAddress]);
  }

  /** There was no connection to send anything on: of the request, only what the client sent is known. */
  #failedDial(record: ExchangeRecord): void {
    const { log, request } = this;
    const url = maskUrl(this.#upstream().url + request.target);
    const shown = { method: request.method, url, fields: [] };
    if (log.level >= 9 && record.error !== undefined)
      this.tell(
        'HTTP Trace: Dial failed',
        ['network', 'tcp'],
        ['address', record.upstreamAddress ?? this.#upstream().dialHost],
        ['err', record.error],
      );
    else if (log.level >= 7) this.tell('Request', ['verb', shown.method], ['url', url]);
    this.#noResponse(shown, record.durationMs - (record.authMs ?? 0));
  }
}

function whole(ms = 0): number {
  return Math.max(0, Math.floor(ms));
}

import type { RequestHead } from '../../http1/message.ts';
import type { OutgoingHead } from '../../server/exchange.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { maskUrl } from '../mask/url.ts';
import { type Cookie, cookies, setCookies } from './cookies.ts';
import { fieldsOf, firstOf, type NameValue, shownField } from './fields.ts';
import type { HarContent, HarPostData } from './texts.ts';
import { timings } from './timings.ts';

/** What becomes an entry. */
export interface Followed {
  readonly record: ExchangeRecord;
  readonly request: RequestHead;
  /** What the client got; undefined when it left before. */
  readonly response: OutgoingHead | undefined;
  /** When that began: `performance.now()`. */
  readonly respondedAt: number | undefined;
  readonly postData: HarPostData | undefined;
  readonly content: HarContent | undefined;
}

/** How entries are written. */
export interface EntryOptions {
  /** What clients speak to porthole. */
  readonly scheme: 'http' | 'https';
  /** Header fields, cookies and queries stay as they are. */
  readonly recordSecrets: boolean;
}

/**
 * An entry of an HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/): the request as the client sent it, and
 * the answer that it got. `startedDateTime` comes first: by that the archive's lines are known.
 */
export function harEntry(followed: Followed, options: EntryOptions) {
  const { record } = followed;
  const { time, ...parts } = timings(record, followed.respondedAt);
  return {
    startedDateTime: new Date(record.time).toISOString(),
    time,
    request: requestOf(followed, options),
    response: responseOf(followed, options),
    cache: {},
    timings: parts,
    serverIPAddress: ipOf(record.upstreamAddress),
    connection: portOf(record.upstreamAddress),
    // What DevTools calls and filters it by: else they go by the media type, and take JSON and protobuf for scripts.
    _resourceType: isWebSocket(record) ? 'websocket' : 'fetch',
    _kubernetes: kubernetes(record),
    _porthole: porthole(record),
  };
}

function requestOf({ record, request, postData }: Followed, options: EntryOptions) {
  const { recordSecrets, scheme } = options;
  const { names, values } = request.headers;
  const fields = names.map((name, i) => ({ name, value: values[i] as string }));
  const text = `${scheme}://${request.host}${request.target}`;
  const url = recordSecrets ? text : maskUrl(text);
  return {
    method: request.method,
    url,
    httpVersion: `HTTP/${request.version}`,
    cookies: recordSecrets ? cookiesOf(fields, 'cookie', cookies) : [],
    headers: fields.map((field) => shownField(field, recordSecrets)),
    queryString: queryString(url),
    postData,
    headersSize: -1,
    // Bytes of a tunnel are no body.
    bodySize: record.status === 101 ? 0 : record.bytesIn,
  };
}

function responseOf({ record, response, content }: Followed, { recordSecrets }: EntryOptions) {
  const fields = fieldsOf(response?.fields ?? '');
  const redirect = firstOf(fields, 'location') ?? '';
  const size = response === undefined || response.status === 101 ? 0 : record.bytesOut;
  return {
    status: response?.status ?? 0,
    statusText: response?.reason ?? '',
    httpVersion: response === undefined ? '' : 'HTTP/1.1',
    cookies: recordSecrets ? cookiesOf(fields, 'set-cookie', setCookies) : [],
    headers: fields.map((field) => shownField(field, recordSecrets)),
    content: content ?? { size, mimeType: firstOf(fields, 'content-type') ?? '' },
    redirectURL: recordSecrets ? redirect : maskUrl(redirect),
    headersSize: -1,
    bodySize: size,
    // DevTools would count it by the sum of the two above, -1 and all.
    _transferSize: size,
    _error: response === undefined ? record.errorCode : undefined,
  };
}

function cookiesOf(
  fields: readonly NameValue[],
  key: string,
  read: (value: string) => Cookie[],
): Cookie[] {
  return fields.flatMap(({ name, value }) => (name.toLowerCase() === key ? read(value) : []));
}

function queryString(url: string): NameValue[] {
  const mark = url.indexOf('?');
  if (mark < 0) return [];
  return [...new URLSearchParams(url.slice(mark + 1))].map(([name, value]) => ({ name, value }));
}

/** Of `127.0.0.1:6443` and `[::1]:6443`. */
function ipOf(address: string | undefined): string | undefined {
  return address?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** HAR 1.2: `connection` may be the server's port. DevTools take it for that, and show port 80 where there is none. */
function portOf(address: string | undefined): string | undefined {
  return address?.slice(address.lastIndexOf(':') + 1);
}

function isWebSocket({ status, upgrade }: ExchangeRecord): boolean {
  return status === 101 && upgrade?.toLowerCase() === 'websocket';
}

/** RequestInfo. */
function kubernetes(record: ExchangeRecord) {
  return {
    verb: record.verb,
    apiGroup: record.apiGroup || undefined,
    apiVersion: record.apiVersion || undefined,
    resource: record.resource || undefined,
    subresource: record.subresource || undefined,
    namespace: record.namespace || undefined,
    name: record.name || undefined,
  };
}

function porthole(record: ExchangeRecord) {
  return {
    auditID: record.auditID,
    outcome: record.outcome,
    errorCode: record.errorCode,
    error: record.error,
    clientAddress: record.clientAddress || undefined,
    user: record.identity?.user.username,
    impersonatedUser: record.impersonatedUser,
    kubectlCommand: record.kubectlCommand,
    kubectlSession: record.kubectlSession,
    reused: record.reused,
    replayed: record.replayed,
    upgrade: record.upgrade,
    events: record.events,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
  };
}

// One request of the policy comparison, as exact bytes, and what each of the two proxies does with it.
import { request } from '../raw-client.ts';

/** The status of the proxy's own answer, the upstream not having been asked or having failed; 0 for a close without one. */
export type Outcome = number | 'forwarded';

export interface PolicyRow {
  /** Of the table that the row comes from, and what the request is about. */
  readonly id: string;
  readonly request: string;
  readonly kubectl: Outcome;
  readonly porthole: Outcome;
  /** The heading of docs/kubectl.md, as its anchor, that explains the difference. */
  readonly why?: string;
  /** The request line that both send on, where it is not the client's own. */
  readonly sentAs?: string;
  /**
   * Lines that one side alone sends, names in lower case: `> ` to the upstream, `< ` to the client; but for what `judge`
   * knows of every request.
   */
  readonly only?: { readonly kubectl?: readonly string[]; readonly porthole?: readonly string[] };
  /** Our refusal is a file server's, without a body. */
  readonly bare?: true;
}

type Details = Pick<PolicyRow, 'why' | 'sentAs' | 'only' | 'bare'>;

/** A row on which the two agree. */
export function same(id: string, bytes: string, outcome: Outcome, details?: Details): PolicyRow {
  return { id, request: bytes, kubectl: outcome, porthole: outcome, ...details };
}

/** A row on which they do not, for a reason that docs/kubectl.md gives. */
export function differs(
  id: string,
  bytes: string,
  outcomes: Pick<PolicyRow, 'kubectl' | 'porthole'>,
  why: string,
  details?: Details,
): PolicyRow {
  return { id, request: bytes, ...outcomes, why, ...details };
}

/** A GET as curl would send it, with more header lines. */
export function get(target: string, headers = ''): string {
  return request(`GET ${target}`, { headers });
}

/** A GET of the pods with this Host. */
export function withHost(host: string, headers = ''): string {
  return request('GET /api/v1/pods', { host, headers });
}

/** A WebSocket handshake. */
export function upgrade(target: string, headers = '', host = 'localhost'): string {
  const fields = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  return request(`GET ${target}`, { host, headers: fields + key + headers });
}

/** A request with a body of a given length. */
export function withBody(line: string, body: string, headers = ''): string {
  return request(line, { headers: `${headers}Content-Length: ${body.length}\r\n`, body });
}

import type { Credential } from '../credentials/credentials.ts';
import type { HeaderList } from '../http1/header-list.ts';
import type { RequestHead, ResponseHead } from '../http1/message.ts';
import type { Impersonation, ServerAddress } from '../kubeconfig/kubeconfig.ts';

/** What rewriting adds that does not change from request to request. */
export interface RewriteOptions {
  readonly server: ServerAddress;
  readonly impersonate: Impersonation | undefined;
  /** Sent where the client names none. */
  readonly userAgent: string;
  /** Whether the server URL's path is put before the request's. */
  readonly appendServerPath: boolean;
}

/** The head of an outbound request, ready for the wire but for what each exchange brings. */
export type Rewrite = (request: RequestHead, credential: Credential, origin: Origin) => string;

/** Where the request came from. */
export interface Origin {
  readonly auditID: string;
  /** '' on a unix socket. */
  readonly clientAddress: string;
  /** The request leaves as an upgrade, not as a plain request. */
  readonly upgrade: boolean;
}

/** RFC 9110 section 7.6.1, and Proxy-Connection, which libcurl still sends. Transfer-Encoding is framing: it stays. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
]);

/** Fields by which a client could speak for a proxy or rewrite the request for a reader behind us. */
const FORBIDDEN = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
]);

/** `Connection` can not name what delimits, routes or explains the message (RFC 9110 section 7.6.1), nor what stands for ours. */
const NOT_NOMINABLE = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'audit-id',
  'user-agent',
]);

const WEBSOCKET_BEARER = 'base64url.bearer.authorization.k8s.io.';

/**
 * Makes the rewriter: strips hop-by-hop and forbidden fields first and adds ours last, so that no `Connection` of the
 * client's can take ours away. Everything else leaves as it came, in its order, case and number.
 */
export function createRewrite(options: RewriteOptions): Rewrite {
  const { server } = options;
  const prefix = options.appendServerPath ? server.pathPrefix : '';
  const impersonation = impersonationFields(options.impersonate);
  const first = `Host: ${server.authority}\r\n`;
  return (request, credential, origin) => {
    const { headers } = request;
    const nominated = nominatedFields(headers);
    let fields = first + headers.linesOf(isPassedOn, nominated);
    if (credential.authorization !== undefined && !bringsCredential(request, nominated)) {
      fields += `Authorization: ${credential.authorization}\r\n`;
    }
    fields += impersonation;
    if (origin.clientAddress !== '') fields += `X-Forwarded-For: ${origin.clientAddress}\r\n`;
    if (!headers.get('audit-id')) fields += `Audit-ID: ${origin.auditID}\r\n`;
    if (!headers.has('user-agent')) fields += `User-Agent: ${options.userAgent}\r\n`;
    if (origin.upgrade) fields += `Connection: Upgrade\r\nUpgrade: ${request.upgrade}\r\n`;
    return `${request.method} ${prefix}${request.target} HTTP/1.1\r\n${fields}\r\n`;
  };
}

/** Whether a field of the client's is passed on. */
function isPassedOn(key: string, value: string, nominated: readonly string[]): boolean {
  if (key === 'te') return value.toLowerCase() === 'trailers';
  if (key === 'audit-id' && value === '') return false;
  return !isStripped(key) && (nominated.length === 0 || !nominated.includes(key));
}

function isStripped(key: string): boolean {
  return (
    key === 'host' ||
    HOP_BY_HOP.has(key) ||
    FORBIDDEN.has(key) ||
    key.startsWith('x-forwarded-') ||
    key.startsWith('x-remote-') ||
    // CGI-style readers take `X_Remote_User` for `X-Remote-User`.
    key.includes('_')
  );
}

const NONE: readonly string[] = [];

function nominatedFields(headers: HeaderList): readonly string[] {
  if (!headers.has('connection')) return NONE;
  return headers.listOf('connection').filter((name) => !NOT_NOMINABLE.has(name));
}

/** Whether the client proves itself: then its credential goes alone, as with kubectl (client-go round_trippers.go). */
export function provesItself(request: RequestHead): boolean {
  return bringsCredential(request, nominatedFields(request.headers));
}

function bringsCredential(
  { headers, upgrade }: RequestHead,
  nominated: readonly string[],
): boolean {
  const stays = (key: string): boolean => headers.has(key) && !nominated.includes(key);
  if (stays('authorization')) return true;
  // A browser can not set Authorization on a WebSocket; the API server takes a bearer token as a subprotocol instead.
  return (
    upgrade !== undefined &&
    stays('sec-websocket-protocol') &&
    headers.getAll('sec-websocket-protocol').some((value) => value.includes(WEBSOCKET_BEARER))
  );
}

/** client-go `transport/round_trippers.go: impersonatingRoundTripper`: one line for each group and each extra value. */
function impersonationFields(impersonate: Impersonation | undefined): string {
  if (impersonate === undefined) return '';
  let fields = `Impersonate-User: ${utf8(impersonate.user)}\r\n`;
  if (impersonate.uid !== undefined) fields += `Impersonate-Uid: ${utf8(impersonate.uid)}\r\n`;
  for (const group of impersonate.groups) fields += `Impersonate-Group: ${utf8(group)}\r\n`;
  for (const [key, values] of impersonate.extra) {
    for (const value of values)
      fields += `Impersonate-Extra-${escapeHeaderKey(key)}: ${utf8(value)}\r\n`;
  }
  return fields;
}

/** Heads are written byte for code point; Go sends names outside ASCII as UTF-8. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** client-go `headerKeyEscape`: every byte that no header name may hold, and `%` itself, becomes `%XX`. */
function escapeHeaderKey(key: string): string {
  let escaped = '';
  for (const byte of Buffer.from(key)) {
    const char = String.fromCharCode(byte);
    if (/[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(char)) escaped += char;
    else escaped += `%${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

/**
 * The answer's fields for the client, as lines: hop-by-hop fields go, and with them the CORS fields by which a server or
 * a workload behind it would open this port to other origins' pages. `dechunked` leaves Transfer-Encoding out.
 */
export function rewriteResponse(head: ResponseHead, dechunked: boolean): string {
  const { headers } = head;
  const nominated = nominatedFields(headers);
  return headers.linesOf(dechunked ? isAnsweredWhole : isAnswered, nominated);
}

function isAnswered(key: string, _value: string, nominated: readonly string[]): boolean {
  if (key !== 'trailer' && HOP_BY_HOP.has(key)) return false;
  return !key.startsWith('access-control-') && !nominated.includes(key);
}

function isAnsweredWhole(key: string, value: string, nominated: readonly string[]): boolean {
  return key !== 'transfer-encoding' && isAnswered(key, value, nominated);
}

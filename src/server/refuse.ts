import type { PortholeError } from '../errors.ts';
import type { RequestHead } from '../http1/message.ts';
import type { Exchange, OutgoingHead } from './exchange.ts';

/** Seconds after which a client may try again what failed for now. */
const RETRY_AFTER = 1;

/** Aggregated discovery, which nothing but client-go asks for. */
const DISCOVERY = 'g=apidiscovery.k8s.io';

interface Body {
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * The answer to an error of ours: a Kubernetes `Status`, whose message kubectl and client libraries show as it is
 * (apimachinery `metav1.Status`).
 */
function statusBody(error: PortholeError): Body {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `porthole: ${error.message}`,
    reason: error.reason,
    code: error.status,
  };
  return { type: 'application/json', bytes: Buffer.from(`${JSON.stringify(status)}\n`) };
}

/**
 * To discovery, the sentence alone: kubectl's first request is one, and there it shows a text as it is but of a `Status`
 * only `"unknown"` (client-go `rest.Request.newUnstructuredResponseError`).
 */
function bodyFor(request: RequestHead, error: PortholeError): Body {
  if (!request.headers.get('accept')?.includes(DISCOVERY)) return statusBody(error);
  return { type: 'text/plain; charset=utf-8', bytes: Buffer.from(`porthole: ${error.message}\n`) };
}

function refusalHead(error: PortholeError, body: Body): OutgoingHead {
  const { length } = body.bytes;
  const more = fieldsOwed(error);
  return {
    status: error.status,
    reason: PHRASES[error.status] ?? '',
    fields: `Content-Type: ${body.type}\r\nX-Content-Type-Options: nosniff\r\n${NO_LOADS}Cache-Control: no-store\r\n${more}Content-Length: ${length}\r\n`,
    framing: { kind: 'length', length },
  };
}

/**
 * A refusal that a page of another site has put into a frame is a document of our own origin, and a browser would ask us
 * for its icon: with that origin, so that it would be let through.
 */
const NO_LOADS = "Content-Security-Policy: default-src 'none'\r\n";

/** What an answer of this status owes its client (RFC 9110 sections 10.2.3, 11.6.1, 15.5.6). */
const FIELDS: Readonly<Record<number, string>> = {
  401: 'WWW-Authenticate: Bearer\r\n',
  405: 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n',
};

function fieldsOwed({ status, retryAfter }: PortholeError): string {
  const seconds = retryAfter ?? (status === 503 ? RETRY_AFTER : undefined);
  if (seconds !== undefined) return `Retry-After: ${seconds}\r\n`;
  return FIELDS[status] ?? '';
}

/** Answers an exchange that has no answer yet. */
export function refuse(exchange: Exchange, error: PortholeError): void {
  const body = bodyFor(exchange.request, error);
  exchange.respond(refusalHead(error, body));
  if (exchange.request.method !== 'HEAD') exchange.write(body.bytes);
  exchange.end();
}

/** The whole answer to a head that could not be read, after which the connection closes. */
export function refusalBytes(error: PortholeError): string {
  const body = statusBody(error);
  const head = refusalHead(error, body);
  return `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.fields}Connection: close\r\n\r\n${body.bytes.toString('latin1')}`;
}

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

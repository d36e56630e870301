import type { PortholeError } from '../errors.ts';
import type { Exchange, OutgoingHead } from './exchange.ts';

/** Seconds after which a client may try again what failed for now. */
const RETRY_AFTER = 1;

/**
 * The answer to an error of ours: a Kubernetes `Status`, whose message kubectl and client libraries show as it is
 * (apimachinery `metav1.Status`).
 */
function statusBody(error: PortholeError): Buffer {
  return Buffer.from(
    `${JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `porthole: ${error.message}`,
      reason: error.reason,
      code: error.status,
    })}\n`,
  );
}

function refusalHead(error: PortholeError, length: number): OutgoingHead {
  const more =
    error.status === 503
      ? `Retry-After: ${RETRY_AFTER}\r\n`
      : error.status === 405
        ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n'
        : '';
  return {
    status: error.status,
    reason: PHRASES[error.status] ?? '',
    fields: `Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n${more}Content-Length: ${length}\r\n`,
    framing: { kind: 'length', length },
  };
}

/** Answers an exchange that has no answer yet. */
export function refuse(exchange: Exchange, error: PortholeError): void {
  const body = statusBody(error);
  exchange.respond(refusalHead(error, body.length));
  if (exchange.request.method !== 'HEAD') exchange.write(body);
  exchange.end();
}

/** The whole answer to a head that could not be read, after which the connection closes. */
export function refusalBytes(error: PortholeError): string {
  const body = statusBody(error);
  const head = refusalHead(error, body.length);
  return `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.fields}Connection: close\r\n\r\n${body.toString('latin1')}`;
}

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

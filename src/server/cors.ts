import { isToken } from '../http1/field-names.ts';
import type { HeaderList } from '../http1/header-list.ts';
import type { RequestHead } from '../http1/message.ts';
import { originMatcher } from './origin.ts';

/** What lets the pages of allowed origins read answers (Fetch standard, "CORS protocol"). Fields are lines with their CRLF. */
export interface Cors {
  /** For every answer to this request, refusals too, so that the page can read why. */
  answerFields(request: RequestHead): string;
  /** The request is a browser asking for an allowed origin, which is answered here: 204 with `preflightFields`. */
  isPreflight(request: RequestHead): boolean;
  preflightFields(request: RequestHead): string;
}

const OFF: Cors = {
  answerFields: () => '',
  isPreflight: () => false,
  preflightFields: () => '',
};

/** Fields of the API server, and Retry-After of ours, that browsers hide from a page unless they are named. */
const EXPOSED = 'Audit-Id, Date, ETag, Retry-After, Warning';

/** Seconds. The checks come again with each request, so that an old permission opens nothing. */
const MAX_AGE = 600;

/**
 * Makes the CORS answers for `--allow-origin`. Other origins get no Access-Control field at all. Credentials are never
 * allowed: a page sends a token of its own, not the browser's cookie. Throws ERR_USAGE as `originMatcher` does.
 */
export function createCors(allowOrigins: readonly string[]): Cors {
  if (allowOrigins.length === 0) return OFF;
  const isAllowed = originMatcher(allowOrigins);
  const allowedOrigin = (headers: HeaderList): string | undefined => {
    const origin = headers.get('origin');
    return origin !== undefined && headers.count('origin') === 1 && isAllowed(origin)
      ? origin
      : undefined;
  };
  return {
    answerFields({ headers }) {
      const origin = allowedOrigin(headers);
      // Without Vary, a cache could give a page what it kept of an answer to another origin, or to none.
      if (origin === undefined) return 'Vary: Origin\r\n';
      return `Access-Control-Allow-Origin: ${origin}\r\nAccess-Control-Expose-Headers: ${EXPOSED}\r\nVary: Origin\r\n`;
    },
    isPreflight({ method, headers }) {
      return (
        method === 'OPTIONS' &&
        headers.has('access-control-request-method') &&
        allowedOrigin(headers) !== undefined
      );
    },
    preflightFields({ headers }) {
      // `*` is a token too, but would stand for every name.
      const names = headers
        .listOf('access-control-request-headers')
        .filter((name) => isToken(name) && name !== '*');
      const allowHeaders =
        names.length === 0 ? '' : `Access-Control-Allow-Headers: ${names.join(', ')}\r\n`;
      return `Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n${allowHeaders}Access-Control-Max-Age: ${MAX_AGE}\r\n`;
    },
  };
}

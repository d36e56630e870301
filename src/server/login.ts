import { PortholeError } from '../errors.ts';
import type { RequestHead } from '../http1/message.ts';
import type { Exchange } from './exchange.ts';
import { answerBodiless } from './own-answer.ts';
import type { RequestTarget } from './request-target.ts';

/**
 * The one-time code that a login request brings; undefined when it brings none, or is not a GET: what looks at an address
 * with HEAD before it opens it must not use the code up.
 * @throws {PortholeError} `ERR_ORIGIN_REFUSED` when a page of another site opened the address
 */
export function loginCode(request: RequestHead, target: RequestTarget): string | undefined {
  const sites = request.headers.getAll('sec-fetch-site');
  if (sites.some((site) => site !== 'none' && site !== 'same-origin'))
    throw new PortholeError(
      'ERR_ORIGIN_REFUSED',
      "A page of another site opened the login address; paste the address into the browser's address bar instead.",
    );
  const codes = new URLSearchParams(target.query).getAll('token');
  return request.method === 'GET' && codes.length === 1 ? codes[0] : undefined;
}

/** Gives the browser its cookie and sends it on, so that the address with the code is not where it stays. Returns the status. */
export function welcome(exchange: Exchange, home: string, cookie: string): number {
  return answerBodiless(
    exchange,
    303,
    `Location: ${home}\r\nSet-Cookie: ${cookie}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n`,
  );
}

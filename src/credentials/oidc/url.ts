import { PortholeError } from '../../errors.ts';
import { quote } from '../../printable.ts';
import type { TextResponse } from './fetch-text.ts';

/**
 * A URL that tokens may be sent to: https, or http on this machine.
 * @throws {PortholeError} `ERR_CREDENTIALS`; `what` it is
 */
export function secureUrl(text: string, what: string): URL {
  if (!URL.canParse(text)) throw refuse(`${what} is not a URL`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw refuse(`${what} holds user information ("user:password@"); remove it`);
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal))
    throw refuse(`${what} ${quote(url.href)} must begin with https://`);
  return url;
}

/** Where a 3xx points; undefined where it does not say. */
export function followable(from: URL, { status, location }: TextResponse): URL | undefined {
  const redirects = [301, 302, 303, 307, 308].includes(status);
  if (!redirects || location === undefined || !URL.canParse(location, from.href)) return undefined;
  return new URL(location, from);
}

export function refuse(problem: string): PortholeError {
  return new PortholeError('ERR_CREDENTIALS', problem);
}

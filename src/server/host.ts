import { PortholeError } from '../errors.ts';
import type { Matcher } from './patterns.ts';
import { quote } from './quote.ts';
import { remember } from './verdict-cache.ts';

/** `host[:port]`, lower-cased; the brackets of an IPv6 address are kept. */
interface Authority {
  readonly host: string;
  readonly port: number | undefined;
}

const AUTHORITY = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?$/;

/**
 * Reads `host[:port]` more strictly than RFC 3986 section 3.2: no user, list, path or escape, and a port of 1 to 65535 if
 * any. Undefined for all else.
 */
export function parseAuthority(text: string): Authority | undefined {
  const [, host, digits] = AUTHORITY.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || (port !== undefined && port > 65_535)) return undefined;
  return { host: host.toLowerCase(), port };
}

/**
 * Makes the check of a Host field's value. It is what keeps a page out whose name was rebound to this machine's address.
 * Throws ERR_MALFORMED_REQUEST or ERR_HOST_REFUSED.
 */
export function createHostCheck(accepts: Matcher): (host: string) => void {
  const verdict = remember((text) => {
    const authority = parseAuthority(text);
    if (authority === undefined) return 'malformed';
    return accepts(authority.host) ? 'accepted' : 'refused';
  });
  return (host) => {
    switch (verdict(host)) {
      case 'accepted':
        return;
      case 'malformed':
        throw new PortholeError(
          'ERR_MALFORMED_REQUEST',
          `The Host field ${quoteHost(host)} is not one host with an optional port between 1 and 65535.`,
        );
      case 'refused':
        throw new PortholeError(
          'ERR_HOST_REFUSED',
          `The host ${quoteHost(host)} is not one that --accept-hosts allows; use localhost or 127.0.0.1, or change that flag.`,
        );
    }
  };
}

/** Who writes a URL's user into it writes the password too. */
function quoteHost(host: string): string {
  return quote(host.replace(/^.*@/, '***@'));
}

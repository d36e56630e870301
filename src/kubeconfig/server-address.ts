import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { PortholeError } from '../errors.ts';
import { quote } from '../printable.ts';
import type { ServerAddress } from './kubeconfig.ts';

/**
 * Reads a cluster's `server` as client-go does (rest `DefaultServerURL`): a URL, or `host[:port]`, which means http. A path is
 * kept, query and fragment are dropped. User information is refused, and never shown.
 * @throws {PortholeError} `ERR_KUBECONFIG`
 */
export function parseServerAddress(server: string): ServerAddress {
  if (server.includes('@'))
    throw refuse('server holds user information ("user:password@"); put it into the user entry');
  const shown = quote(server.split(/[?#]/, 1)[0] ?? '');
  // A URL parser would drop tabs and line breaks, and read a backslash as a slash.
  if (!/^[!-[\]-~]+$/.test(server))
    throw refuse(`server ${shown} holds a space, backslash or other character that no URL may`);
  const split = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?#]*)([^?#]*)/.exec(server);
  const [scheme, authority = '', path = ''] = [split?.[1]?.toLowerCase(), split?.[2], split?.[3]];
  if (scheme !== undefined && scheme !== 'https' && scheme !== 'http')
    throw refuse(`server ${shown} has scheme ${quote(scheme)}; it must be https or http`);
  if (scheme === undefined && path !== '' && path !== '/')
    throw refuse(`host must be a URL or a host:port pair: ${shown}; put https:// before it`);
  return { ...parseAuthority(authority, scheme ?? 'http', shown), pathPrefix: withoutSlash(path) };
}

function parseAuthority(
  authority: string,
  scheme: 'https' | 'http',
  shown: string,
): Omit<ServerAddress, 'pathPrefix'> {
  const split = /^(\[[^\]]*\]|[^:]*)(?::([0-9]{0,5}))?$/.exec(authority);
  const digits = split?.[2] ?? '';
  const port = digits === '' ? (scheme === 'https' ? 443 : 80) : Number(digits);
  const host = hostOf(split?.[1] ?? '');
  if (host === undefined || port < 1 || port > 65535)
    throw refuse(
      `server ${shown} has no valid host and port; write https://HOST:PORT, an IPv6 address in brackets`,
    );
  return {
    scheme,
    hostname: host.replace(/^\[|\]$/g, ''),
    port,
    authority: digits === '' ? host : `${host}:${port}`,
  };
}

/** In lower case, names in their ASCII form, IPv4 addresses in their usual one; undefined if it is no host at all. */
function hostOf(text: string): string | undefined {
  if (text.startsWith('['))
    return isIPv6(text.slice(1, -1)) && !text.includes('%') ? text.toLowerCase() : undefined;
  if (!/^[A-Za-z0-9._-]+$/.test(text)) return undefined;
  return domainToASCII(text) || undefined;
}

function withoutSlash(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}

function refuse(problem: string): PortholeError {
  return new PortholeError('ERR_KUBECONFIG', problem);
}

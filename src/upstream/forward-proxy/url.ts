import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { PortholeError } from '../../errors.ts';
import type { ProxyServer } from '../route.ts';

const PORTS = { http: 80, https: 443, socks5: 1080 };

/**
 * Reads what names a proxy: a URL, of which only scheme, host, port and user information count, or `host[:port]`, which
 * means http (Go's `httpproxy`). `from` says where it stands; nothing of the value is ever shown.
 * @throws {PortholeError} `ERR_KUBECONFIG`
 */
export function parseProxyUrl(value: string, from: string): ProxyServer {
  const split = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?#]*)(?:[/?#]|$)/.exec(value.trim());
  const scheme = schemeOf(split?.[1]);
  if (scheme === undefined)
    throw refuse(from, 'has a scheme other than http, https and socks5; correct it');
  const authority = split?.[2] ?? '';
  const at = authority.lastIndexOf('@');
  const credentials = credentialsOf(authority.slice(0, Math.max(0, at)), from);
  const [, host = '', digits = ''] =
    /^(\[[^\]]*\]|[^:]*)(?::([0-9]{0,5}))?$/.exec(authority.slice(at + 1)) ?? [];
  const hostname = hostnameOf(host);
  const port = digits === '' ? PORTS[scheme] : Number(digits);
  if (hostname === undefined || port < 1 || port > 65535)
    throw refuse(
      from,
      'names no host and port; write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT, an IPv6 address in brackets',
    );
  const shown = host.startsWith('[') ? `[${hostname}]` : hostname;
  return { scheme, hostname, port, authority: `${shown}:${port}`, credentials };
}

/** Go resolves names at a `socks5` proxy, so that `socks5h`, which Go knows too, is no other thing. */
function schemeOf(text: string | undefined): ProxyServer['scheme'] | undefined {
  const scheme = text?.toLowerCase() ?? 'http';
  if (scheme === 'socks5h') return 'socks5';
  return scheme === 'http' || scheme === 'https' || scheme === 'socks5' ? scheme : undefined;
}

function hostnameOf(host: string): string | undefined {
  if (host.startsWith('[')) {
    const address = host.slice(1, -1);
    return isIPv6(address) && !address.includes('%') ? address.toLowerCase() : undefined;
  }
  // It would drop line breaks, and decode escapes.
  const name = /^[^\0-\x20%\x7f]+$/.test(host) ? domainToASCII(host) : '';
  return /^[a-z0-9._-]+$/.test(name) ? name : undefined;
}

/** Percent-decoded, as by Go's `url.Parse`: a plus sign is a plus sign, a colon ends the name. */
function credentialsOf(userinfo: string, from: string): ProxyServer['credentials'] {
  if (userinfo === '') return undefined;
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/s.exec(userinfo) ?? [];
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    throw refuse(
      from,
      'has a user name or password with a % that begins no valid escape; write it as %25',
    );
  }
}

function refuse(from: string, problem: string): PortholeError {
  return new PortholeError('ERR_KUBECONFIG', `${from} ${problem}`);
}

import type { Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { lost, proxyHop, serverHop } from '../explain-dial.ts';
import { ready } from '../ready.ts';
import type { ProxyServer, Route } from '../route.ts';
import { secureContextFor, type TlsSettings, tlsOptions } from '../tls.ts';
import { ProxyAnswers } from './answers.ts';
import { connectThrough } from './connect.ts';
import { socks5Through } from './socks5.ts';

/**
 * Has the proxy at the other end of `tcp` open the way to the API server: CONNECT for http servers too, so that there is one
 * way for all. The socket returned carries the server's bytes; a failure destroys it.
 * @param deadline for all of it, on the clock of `performance.now()`
 * @throws {PortholeError} `ERR_UPSTREAM_UNREACHABLE`, `ERR_UPSTREAM_TLS`, `ERR_UPSTREAM_TIMEOUT`, as rejection
 */
export async function passProxy(
  tcp: Socket,
  route: Route,
  proxy: ProxyServer,
  deadline: number,
): Promise<Socket> {
  const socket = proxy.scheme === 'https' ? await secured(tcp, route, proxy, deadline) : tcp;
  const hop = serverHop(route);
  const answers = new ProxyAnswers(socket, hop);
  const timer = setTimeout(() => {
    socket.destroy(lost('ERR_UPSTREAM_TIMEOUT', hop, 'the proxy did not open the way in time'));
  }, deadline - performance.now());
  const open = proxy.scheme === 'socks5' ? socks5Through : connectThrough;
  try {
    await open(socket, answers, route.server, proxy.credentials);
    return socket;
  } catch (error) {
    // An error that comes after this one has nobody left to tell.
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    answers.release();
  }
}

/** TLS to the proxy itself, which is always verified: the kubeconfig's TLS settings are about the API server. */
async function secured(
  tcp: Socket,
  route: Route,
  proxy: ProxyServer,
  deadline: number,
): Promise<Socket> {
  // From here on the TLS socket tells of the connection's end.
  tcp.on('error', () => {});
  const { settings, context } = trustOf(proxy, route.proxyRoots);
  const options = tlsOptions(settings, proxy.hostname, context);
  const socket = connectTls({ socket: tcp, ...options });
  await ready(socket, 'secureConnect', deadline - performance.now(), proxyHop(proxy, route));
  return socket;
}

interface Trust {
  readonly settings: TlsSettings;
  readonly context: SecureContext;
}

/** One for all connections: building it parses every root. */
const trusts = new WeakMap<ProxyServer, Trust>();

function trustOf(proxy: ProxyServer, roots: string[] | undefined): Trust {
  const known = trusts.get(proxy);
  if (known !== undefined) return known;
  const settings = {
    certificateAuthority: undefined,
    systemRoots: roots,
    insecureSkipTlsVerify: false,
    serverName: undefined,
  };
  const trust = { settings, context: secureContextFor(settings, undefined) };
  trusts.set(proxy, trust);
  return trust;
}

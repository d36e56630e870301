import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { PortholeError } from '../errors.ts';
import type { ServerAddress } from '../kubeconfig/kubeconfig.ts';
import { explain, proxyHop, serverHop, whereabouts } from './explain-dial.ts';
import { passProxy } from './pass-proxy.ts';
import type { ProxyServer } from './proxy-choice.ts';
import { ready } from './ready.ts';
import { type TlsSettings, tlsOptions } from './tls.ts';

/** Milliseconds, as client-go's (`transport/cache.go`). */
const TIMEOUTS = { dial: 30_000, tls: 10_000 };

/** The way to the API server. */
export interface Route {
  readonly server: ServerAddress;
  /** The proxy to go through; undefined for the direct way. */
  readonly proxy?: ProxyServer | undefined;
  /** PEM bundles to trust for an https proxy; undefined trusts the roots that Node carries. */
  readonly proxyRoots?: string[] | undefined;
  /** Undefined for a plain http server. */
  readonly tls: TlsSettings | undefined;
  /** Of silence, after which TCP asks whether the other end is still there. Milliseconds. */
  readonly keepAliveMs: number;
  /** Milliseconds: `dial` until the way is open, a proxy's part included, then `tls` for the handshake with the API server. */
  readonly timeouts?: { readonly dial: number; readonly tls: number };
}

/** A socket that is ready for HTTP. */
export interface Dialled {
  readonly socket: Socket;
  /** Milliseconds for name resolution, TCP and the proxy, then for TLS. */
  readonly dialMs: number;
  readonly tlsMs: number | undefined;
}

/**
 * Opens a connection to the API server.
 * @throws {PortholeError} `ERR_UPSTREAM_UNREACHABLE`, `ERR_UPSTREAM_TLS`, `ERR_UPSTREAM_TIMEOUT`, as rejection
 */
export async function dial(route: Route, context: SecureContext | undefined): Promise<Dialled> {
  const began = performance.now();
  const timeouts = route.timeouts ?? TIMEOUTS;
  const way = await openWay(route, began + timeouts.dial);
  const opened = performance.now();
  const dialMs = opened - began;
  if (route.tls === undefined || context === undefined) {
    return { socket: way, dialMs, tlsMs: undefined };
  }
  // From here on the TLS socket tells of the connection's end.
  way.on('error', () => {});
  const socket = connectTls({
    socket: way,
    ...tlsOptions(route.tls, route.server.hostname, context),
  });
  await ready(socket, 'secureConnect', timeouts.tls, serverHop(route));
  return { socket, dialMs, tlsMs: performance.now() - opened };
}

/** What goes in here comes out at the API server. */
async function openWay(route: Route, deadline: number): Promise<Socket> {
  const { proxy, server } = route;
  const first = proxy ?? server;
  const tcp = connectTcp({
    host: first.hostname,
    port: first.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: route.keepAliveMs,
    allowHalfOpen: true,
    // Node gives each address of a name this long but the last; 250 ms, its default, is less than some VPNs need.
    autoSelectFamilyAttemptTimeout: 2_000,
  });
  const hop = proxy === undefined ? serverHop(route) : proxyHop(proxy, route);
  await ready(tcp, 'connect', deadline - performance.now(), hop);
  return proxy === undefined ? tcp : passProxy(tcp, route, proxy, deadline);
}

/** Why there is no connection any more, in words; a refused client certificate shows only now, with TLS 1.3. */
export function brokenError(error: Error, route: Route): PortholeError {
  const what = `the connection to the API server ${whereabouts(route)} broke`;
  return explain(error, what, serverHop(route));
}

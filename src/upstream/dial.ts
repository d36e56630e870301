import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { PortholeError } from '../errors.ts';
import { explain, proxyHop, serverHop, whereabouts } from './explain-dial.ts';
import { passProxy } from './forward-proxy/pass.ts';
import { ready } from './ready.ts';
import type { Route } from './route.ts';
import { tlsOptions } from './tls.ts';

/** Milliseconds, as client-go's (`transport/cache.go`). */
const TIMEOUTS = { dial: 30_000, tls: 10_000 };

/** A socket that is ready for HTTP. */
export interface Dialled {
  readonly socket: Socket;
  /** Of the first hop, as in `127.0.0.1:6443` and `[::1]:6443`. */
  readonly address: string;
  /** Milliseconds for name resolution, TCP and the proxy, then for TLS. */
  readonly dialMs: number;
  /** Of it, for the name; undefined for an IP address. */
  readonly dnsMs: number | undefined;
  readonly tlsMs: number | undefined;
}

/**
 * Opens a connection to the API server.
 * @throws {PortholeError} `ERR_UPSTREAM_UNREACHABLE`, `ERR_UPSTREAM_TLS`, `ERR_UPSTREAM_TIMEOUT`, as rejection
 */
export async function dial(route: Route, context: SecureContext | undefined): Promise<Dialled> {
  const began = performance.now();
  const timeouts = route.timeouts ?? TIMEOUTS;
  let dnsMs: number | undefined;
  const onLookup = (): void => {
    dnsMs = performance.now() - began;
  };
  const way = await openWay(route, began + timeouts.dial, onLookup);
  const opened = performance.now();
  const dialMs = opened - began;
  const address = addressOf(way);
  if (route.tls === undefined || context === undefined) {
    return { socket: way, address, dialMs, dnsMs, tlsMs: undefined };
  }
  // From here on the TLS socket tells of the connection's end.
  way.on('error', () => {});
  const socket = connectTls({
    socket: way,
    ...tlsOptions(route.tls, route.server.hostname, context),
  });
  await ready(socket, 'secureConnect', timeouts.tls, serverHop(route));
  return { socket, address, dialMs, dnsMs, tlsMs: performance.now() - opened };
}

function addressOf({ remoteAddress = '', remotePort }: Socket): string {
  return `${isIP(remoteAddress) === 6 ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}

/** What goes in here comes out at the API server. */
async function openWay(route: Route, deadline: number, onLookup: () => void): Promise<Socket> {
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
  if (isIP(first.hostname) === 0) tcp.once('lookup', onLookup);
  const hop = proxy === undefined ? serverHop(route) : proxyHop(proxy, route);
  await ready(tcp, 'connect', deadline - performance.now(), hop);
  return proxy === undefined ? tcp : passProxy(tcp, route, proxy, deadline);
}

/** Why there is no connection any more, in words; a refused client certificate shows only now, with TLS 1.3. */
export function brokenError(error: Error, route: Route): PortholeError {
  const what = `the connection to the API server ${whereabouts(route)} broke`;
  return explain(error, what, serverHop(route));
}

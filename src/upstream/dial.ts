import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import {
  type ConnectionOptions,
  connect as connectTls,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { PortholeError } from '../errors.ts';
import { explain, proxyHop, serverHop, whereabouts } from './explain-dial.ts';
import { passProxy } from './forward-proxy/pass.ts';
import type { Inlet } from './inlet.ts';
import { ready } from './ready.ts';
import type { Route } from './route.ts';
import { type TlsSettings, tlsOptions } from './tls.ts';

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
  /** What the server has chosen by ALPN (RFC 7301), which it need not know. */
  readonly protocol: string | undefined;
  /** Where its bytes come in, in place of 'data' events. */
  readonly inlet?: Inlet | undefined;
}

/**
 * The last TLS session of one identity with one server. Only a session whose server was verified gets here (Node sees to
 * that), and one that is resumed spares both sides the certificates and their signatures.
 */
export interface TlsSession {
  latest: Buffer | undefined;
}

/** What is offered in the handshake. */
export interface Handshake {
  readonly context: SecureContext;
  /** To be resumed, where there is one; what the server gives for the next time is kept in it. */
  readonly session?: TlsSession;
  /** By ALPN; HTTP/1.1 alone unless given. */
  readonly protocols?: readonly string[] | undefined;
}

/**
 * Opens a connection to the API server; `handshake` is undefined for a plain http one. Its bytes go to `inlet`, unless a
 * proxy is on the way: Node reads into a buffer of ours only what it has connected itself.
 * @throws {PortholeError} `ERR_UPSTREAM_UNREACHABLE`, `ERR_UPSTREAM_TLS`, `ERR_UPSTREAM_TIMEOUT`, as rejection
 */
export async function dial(
  route: Route,
  handshake: Handshake | undefined,
  inlet?: Inlet,
): Promise<Dialled> {
  const began = performance.now();
  const timeouts = route.timeouts ?? TIMEOUTS;
  const { proxy, server, tls } = route;
  let dnsMs: number | undefined;
  const onLookup = (): void => {
    dnsMs = performance.now() - began;
  };
  const own = proxy === undefined ? inlet : undefined;
  const secure = tls && handshake && secureOptions(tls, server.hostname, handshake);
  const direct = secure !== undefined && own !== undefined;
  const first = direct
    ? connectTls({ ...tcpOptions(route, own), ...secure })
    : connectTcp(tcpOptions(route, secure === undefined ? own : undefined));
  const way = await openWay(first, route, began + timeouts.dial, onLookup);
  const opened = performance.now();
  const dialMs = opened - began;
  const address = addressOf(way);
  if (secure === undefined) {
    return {
      socket: way,
      address,
      dialMs,
      dnsMs,
      tlsMs: undefined,
      protocol: undefined,
      inlet: own,
    };
  }
  // From here on the TLS socket tells of the connection's end.
  if (!direct) way.on('error', () => {});
  const socket = direct ? way : connectTls({ socket: way, ...secure });
  if (handshake?.session !== undefined) keepSession(socket, handshake.session);
  await ready(socket, 'secureConnect', timeouts.tls, serverHop(route));
  const tlsMs = performance.now() - opened;
  const protocol = (socket as TLSSocket).alpnProtocol || undefined;
  return { socket, address, dialMs, dnsMs, tlsMs, protocol, inlet: own };
}

function secureOptions(
  tls: TlsSettings,
  hostname: string,
  { context, protocols, session }: Handshake,
): ConnectionOptions {
  const options = tlsOptions(tls, hostname, context, protocols);
  return session?.latest === undefined ? options : { ...options, session: session.latest };
}

function keepSession(socket: Socket, session: TlsSession): void {
  socket.on('session', (latest: Buffer) => {
    session.latest = latest;
  });
}

function addressOf({ remoteAddress = '', remotePort }: Socket): string {
  return `${isIP(remoteAddress) === 6 ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}

function tcpOptions(route: Route, inlet: Inlet | undefined): TcpNetConnectOpts {
  const { hostname, port } = route.proxy ?? route.server;
  return {
    host: hostname,
    port,
    allowHalfOpen: true,
    // Node gives each address of a name this long but the last; 250 ms, its default, is less than some VPNs need.
    autoSelectFamilyAttemptTimeout: 2_000,
    ...(inlet === undefined ? {} : { onread: inlet.onread }),
  };
}

/** What goes in here comes out at the API server. */
async function openWay(
  socket: Socket,
  route: Route,
  deadline: number,
  onLookup: () => void,
): Promise<Socket> {
  const { proxy, server } = route;
  if (isIP((proxy ?? server).hostname) === 0) socket.once('lookup', onLookup);
  const hop = proxy === undefined ? serverHop(route) : proxyHop(proxy, route);
  await ready(socket, 'connect', deadline - performance.now(), hop);
  // As options, `tls.connect` would not know them.
  socket.setNoDelay(true).setKeepAlive(true, route.keepAliveMs);
  return proxy === undefined ? socket : passProxy(socket, route, proxy, deadline);
}

/** Why there is no connection any more, in words; a refused client certificate shows only now, with TLS 1.3. */
export function brokenError(error: Error, route: Route): PortholeError {
  const what = `the connection to the API server ${whereabouts(route)} broke`;
  return explain(error, what, serverHop(route));
}

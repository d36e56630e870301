// Dialling through a forward proxy of a test's own.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { PortholeError } from '../../src/errors.ts';
import { parseServerAddress } from '../../src/kubeconfig/server-address.ts';
import { dial } from '../../src/upstream/dial.ts';
import { chooseProxy } from '../../src/upstream/forward-proxy/choose.ts';
import type { Route } from '../../src/upstream/route.ts';
import { secureContextFor } from '../../src/upstream/tls.ts';
import type { ForwardProxy, ProxiedConnection } from './forward-proxy.ts';
import { eventually } from './pair.ts';
import { OK, type RecordingUpstream, startUpstream } from './recording-upstream.ts';

/** Whom routes trust to name https proxies. */
export const proxyAuthority = mintAuthority({ commonName: 'proxies' });
/** The certificate of a proxy on this machine. */
export const ofProxy = proxyAuthority.issueServer();
export const USER = 'joe-canary';
export const PASSWORD = 'p@ss-canary';
/** User information of a URL. */
export const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}@`;
/** The same in a header. */
export const BASIC = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');

/** The way to `server` as kubectl's user would write it down. */
export function routeTo(server: string, proxyUrl: string, more: Partial<Route> = {}): Route {
  const address = parseServerAddress(server);
  return {
    server: address,
    proxy: chooseProxy(address, proxyUrl, {}),
    proxyRoots: [proxyAuthority.pem],
    keepAliveMs: 30_000,
    tls: undefined,
    ...more,
  };
}

/** A connection to the API server, closed with the test. */
export async function open(route: Route): Promise<Socket> {
  const context = route.tls && secureContextFor(route.tls, undefined);
  const { socket } = await dial(route, context && { context });
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** TLS settings of a kubeconfig with such a certificate-authority. */
export const trusting = (certificateAuthority: string): Route['tls'] => ({
  certificateAuthority,
  systemRoots: undefined,
  insecureSkipTlsVerify: false,
  serverName: undefined,
});

/** One request on a connection that is as good as new; resolves to what came, once `until` is in it. */
export async function ask(socket: Socket, until: string): Promise<string> {
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
  });
  socket.write('GET /version HTTP/1.1\r\nHost: c\r\n\r\n');
  while (!received.includes(until)) await once(socket, 'data');
  return received;
}

/** What a dial fails with. Whatever fails, what proves us to the proxy is not in it. */
export async function failure(route: Route): Promise<PortholeError> {
  const error = await open(route).catch((reason: unknown) => reason);
  if (!(error instanceof PortholeError)) throw new Error('it did not fail', { cause: error });
  const told = `${error.message} ${String(error.cause)}`;
  for (const secret of [USER, PASSWORD, encodeURIComponent(PASSWORD), BASIC])
    expect(told).not.toContain(secret);
  return error;
}

/** An API server with TLS, which asks for no client certificate. */
export async function tlsUpstream(): Promise<RecordingUpstream> {
  const upstream = await startUpstream(() => OK, { requestCert: false });
  onTestFinished(() => upstream.close());
  return upstream;
}

/** The first connection, once it is there. */
export async function firstOf({ connections }: ForwardProxy): Promise<ProxiedConnection> {
  await eventually('the proxy accepts a connection', () => connections.length > 0);
  return connections[0] as ProxiedConnection;
}

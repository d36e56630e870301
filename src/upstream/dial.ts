import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { type ErrorCode, PortholeError } from '../errors.ts';
import type { ServerAddress } from '../kubeconfig/kubeconfig.ts';
import { type TlsSettings, tlsOptions } from './tls.ts';

/** Milliseconds, as client-go's (`transport/cache.go`). */
const TIMEOUTS = { dial: 30_000, tls: 10_000 };

/** The way to the API server. */
export interface Route {
  readonly server: ServerAddress;
  /** Undefined for a plain http server. */
  readonly tls: TlsSettings | undefined;
  /** Of silence, after which TCP asks whether the server is still there. Milliseconds. */
  readonly keepAliveMs: number;
  readonly timeouts?: { readonly dial: number; readonly tls: number };
}

/** A socket that is ready for HTTP. */
export interface Dialled {
  readonly socket: Socket;
  /** Milliseconds for name resolution and TCP, then for TLS. */
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
  const tcp = connectTcp({
    host: route.server.hostname,
    port: route.server.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: route.keepAliveMs,
    allowHalfOpen: true,
    // Node gives each address of a name this long but the last; 250 ms, its default, is less than some VPNs need.
    autoSelectFamilyAttemptTimeout: 2_000,
  });
  await ready(tcp, 'connect', timeouts.dial, route);
  const connected = performance.now();
  const dialMs = connected - began;
  if (route.tls === undefined || context === undefined) {
    return { socket: tcp, dialMs, tlsMs: undefined };
  }
  // From here on the TLS socket tells of the connection's end.
  tcp.on('error', () => {});
  const socket = connectTls({
    socket: tcp,
    ...tlsOptions(route.tls, route.server.hostname, context),
  });
  await ready(socket, 'secureConnect', timeouts.tls, route);
  return { socket, dialMs, tlsMs: performance.now() - connected };
}

function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  limit: number,
  route: Route,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: PortholeError): void => {
      clearTimeout(timer);
      socket.off(event, onReady).off('error', onError).off('close', onClose);
      if (error === undefined) {
        resolve();
        return;
      }
      // An error that comes after this one has nobody left to tell.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const lost = (code: ErrorCode, reason: string): PortholeError =>
      new PortholeError(
        code,
        `cannot reach the API server at ${route.server.authority}: ${reason}`,
      );
    const onReady = (): void => settle();
    const onError = (error: Error): void => settle(dialError(error, route));
    const onClose = (): void =>
      settle(
        lost('ERR_UPSTREAM_UNREACHABLE', 'the connection was closed during the TLS handshake'),
      );
    const timer = setTimeout(() => {
      const what = event === 'connect' ? 'dial' : 'TLS handshake';
      settle(lost('ERR_UPSTREAM_TIMEOUT', `${what} timed out`));
    }, limit);
    socket.on(event, onReady).on('error', onError).on('close', onClose);
  });
}

const REFUSALS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; is it running, and is this the right host and port?',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be resolved for now',
  EHOSTUNREACH: 'no route to the host; is the VPN up?',
  ENETUNREACH: 'the network is unreachable; is the VPN up?',
  ETIMEDOUT: 'the connection timed out',
  EMFILE: 'too many open files',
};

const CERTIFICATE_PROBLEMS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by an unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an unknown authority',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed by the authority that it names',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not yet valid; is the clock right?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; should the server URL begin with http:// ?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
};

/** Why there is no connection, in words. */
function dialError(error: Error, route: Route): PortholeError {
  return explain(error, `cannot reach the API server at ${route.server.authority}`);
}

/** Why there is none any more; a refused client certificate shows only now, with TLS 1.3. */
export function brokenError(error: Error, route: Route): PortholeError {
  return explain(error, `the connection to the API server at ${route.server.authority} broke`);
}

function explain(cause: Error, what: string): PortholeError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const reason =
    REFUSALS[code] ??
    CERTIFICATE_PROBLEMS[code] ??
    (code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? wrongName(cause) : tlsReason(cause, code));
  const kind = /^E(?!RR_|PROTO)/.test(code) ? 'ERR_UPSTREAM_UNREACHABLE' : 'ERR_UPSTREAM_TLS';
  return new PortholeError(kind, `${what}: ${reason}`, { cause });
}

function wrongName(error: Error): string {
  const names = (error as { cert?: { subjectaltname?: string } }).cert?.subjectaltname ?? 'none';
  return `its certificate is for other names (${names}); tls-server-name says which to expect`;
}

/** OpenSSL's own words where it has some: `tlsv13 alert certificate required`. */
function tlsReason(error: Error, code: string): string {
  const { reason } = error as { reason?: string };
  if (reason?.includes('alert')) return `it refused the TLS connection: ${reason}`;
  return reason ?? (error.message || code);
}

import { type ErrorCode, PortholeError } from '../errors.ts';
import type { ProxyServer, Route } from './route.ts';

type Ends = Pick<Route, 'server' | 'proxy'>;

/** One of the ends that a dial has to reach. */
export interface Hop {
  /** What to say when it can not be reached: the first half of a sentence. */
  readonly failure: string;
  /** What may be wrong with its URL when it does not speak TLS, or under another name. */
  readonly advice: { readonly scheme: string; readonly name: string };
}

export function serverHop(ends: Ends): Hop {
  return {
    failure: `cannot reach the API server ${whereabouts(ends)}`,
    advice: {
      scheme: 'should the server URL begin with http:// ?',
      name: 'tls-server-name says which to expect',
    },
  };
}

export function proxyHop(proxy: ProxyServer, { server }: Ends): Hop {
  return {
    failure: `cannot reach the proxy ${proxy.authority} on the way to the API server at ${server.authority}`,
    advice: {
      scheme: "should the proxy's URL begin with http:// ?",
      name: "write one of them into the proxy's URL",
    },
  };
}

/** `at HOST:PORT through the proxy HOST:PORT` */
export function whereabouts({ server, proxy }: Ends): string {
  const through = proxy === undefined ? '' : ` through the proxy ${proxy.authority}`;
  return `at ${server.authority}${through}`;
}

const REFUSALS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; is it running, and is this the right host and port?',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be resolved for now',
  EHOSTUNREACH: 'no route to the host; is the VPN up?',
  ENETUNREACH: 'the network is unreachable; is the VPN up?',
  ETIMEDOUT: 'the connection timed out',
  EMFILE: 'porthole may open no more files; raise the limit (ulimit -n)',
  ENFILE: 'this machine may open no more files',
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
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
};

/** Why there is no connection, in words. */
export function dialError(error: Error, hop: Hop): PortholeError {
  return explain(error, hop.failure, hop);
}

/** Why there is none, in words that are there already. */
export function lost(code: ErrorCode, hop: Hop, reason: string): PortholeError {
  return new PortholeError(code, `${hop.failure}: ${reason}`);
}

/** The same of a connection that was there: `what` broke. */
export function explain(cause: Error, what: string, { advice }: Hop): PortholeError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const reason = REFUSALS[code] ?? CERTIFICATE_PROBLEMS[code] ?? tlsProblem(cause, code, advice);
  return new PortholeError(codeOf(code), `${what}: ${reason}`, { cause });
}

function codeOf(code: string): ErrorCode {
  // It is not the API server that lacks something.
  if (code === 'EMFILE' || code === 'ENFILE') return 'ERR_LIMIT_REACHED';
  return /^E(?!RR_|PROTO)/.test(code) ? 'ERR_UPSTREAM_UNREACHABLE' : 'ERR_UPSTREAM_TLS';
}

/** OpenSSL's own words where it has some: `tlsv13 alert certificate required`. */
function tlsProblem(error: Error, code: string, advice: Hop['advice']): string {
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return `it does not speak TLS; ${advice.scheme}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (error as { cert?: { subjectaltname?: string } }).cert?.subjectaltname ?? 'none';
    return `its certificate is for other names (${names}); ${advice.name}`;
  }
  const { reason } = error as { reason?: string };
  if (reason?.includes('alert')) return `it refused the TLS connection: ${reason}`;
  return reason ?? (error.message || code);
}

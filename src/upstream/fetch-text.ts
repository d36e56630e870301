import { type IncomingMessage, request as sendHttp } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { FetchText, TextRequest, TextResponse } from '../credentials/oidc/fetch-text.ts';
import { PortholeError } from '../errors.ts';
import type { ServerAddress } from '../kubeconfig/kubeconfig.ts';
import { type Dialled, dial } from './dial.ts';
import type { ProxyServer, Route } from './route.ts';
import { systemRoots } from './system-roots.ts';
import { secureContextFor, type TlsSettings } from './tls.ts';

/** The longest answer that is read (golang.org/x/oauth2 `doTokenRoundTrip`). */
const MAX_BODY_BYTES = 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;

export interface FetchTextOptions {
  /** The proxy on the way to a server, by the environment; undefined for the direct way. */
  readonly chooseProxy: (server: ServerAddress) => ProxyServer | undefined;
  readonly sslCertFile: string | undefined;
}

/** Requests over the same ways, and with the same strictness in TLS, as those to the API server. */
export function createFetchText(options: FetchTextOptions): FetchText {
  return async (request) => {
    const { url, signal } = request;
    signal.throwIfAborted();
    const server = serverAddress(url);
    const tls = url.protocol === 'https:' ? tlsSettings(request, options) : undefined;
    const proxy = options.chooseProxy(server);
    const route: Route = {
      server,
      proxy,
      proxyRoots: proxy?.scheme === 'https' ? systemRoots(options.sslCertFile) : undefined,
      tls,
      keepAliveMs: KEEP_ALIVE_MS,
    };
    const socket = await open(route, tls && contextFor(tls, url), signal);
    // One that comes after the answer has nobody else left to tell.
    socket.on('error', () => {});
    try {
      return await exchange(socket, request);
    } finally {
      socket.destroy();
    }
  };
}

function serverAddress(url: URL): ServerAddress {
  const secure = url.protocol === 'https:';
  return {
    scheme: secure ? 'https' : 'http',
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    authority: url.host,
    pathPrefix: '',
  };
}

function tlsSettings(request: TextRequest, options: FetchTextOptions): TlsSettings {
  const { certificateAuthority } = request;
  return {
    certificateAuthority,
    systemRoots: certificateAuthority === undefined ? systemRoots(options.sslCertFile) : undefined,
    insecureSkipTlsVerify: false,
    serverName: undefined,
  };
}

function contextFor(tls: TlsSettings, url: URL): SecureContext {
  try {
    return secureContextFor(tls, undefined);
  } catch (cause) {
    const message = `the certificates to trust for ${url.host} do not work in TLS; give PEM certificates`;
    throw new PortholeError('ERR_CREDENTIALS', message, { cause });
  }
}

/** `dial` cannot be stopped, so one that comes too late is closed when it comes. */
async function open(
  route: Route,
  context: SecureContext | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const dialling = dial(route, context && { context });
  const dialled = await new Promise<Dialled>((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason);
      dialling.then(
        ({ socket }) => socket.destroy(),
        () => {},
      );
    };
    signal.addEventListener('abort', onAbort);
    dialling
      .then(resolve, (error: unknown) => reject(inOtherWords(error)))
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
  return dialled.socket;
}

/** `dial` takes every server for the API server. */
function inOtherWords(error: unknown): unknown {
  if (!(error instanceof PortholeError)) return error;
  const message = error.message
    .replace('the API server at ', '')
    .replace('; tls-server-name says which to expect', '');
  return new PortholeError(error.code, message, { cause: error });
}

function exchange(socket: Socket, request: TextRequest): Promise<TextResponse> {
  const { url, method, headers, body = '', signal } = request;
  return new Promise((resolve, reject) => {
    const fail = (problem: string, cause?: unknown): void => {
      const message = `${url.host} ${problem}`;
      if (signal.aborted) reject(signal.reason);
      else reject(new PortholeError('ERR_UPSTREAM_MALFORMED', message, { cause }));
    };
    const sent = sendHttp({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'accept-encoding': 'identity',
        ...headers,
        ...(method === 'POST' ? { 'content-length': Buffer.byteLength(body) } : {}),
      },
      signal,
      insecureHTTPParser: false,
    });
    sent.on('error', (cause) => fail('closed the connection, or does not speak HTTP', cause));
    sent.on('response', (response) => {
      readBody(response).then(
        (text) => resolve(textResponse(response, text)),
        (cause: Error) => fail(cause.message, cause),
      );
    });
    sent.end(body);
  });
}

/** @throws {Error} as rejection; its message says what the server did */
function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    response.on('data', (chunk: Buffer) => {
      total += chunk.length;
      if (total <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(new Error('answered with more than 1 MiB'));
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', (error) => {
      const cut = 'code' in error && error.code === 'ECONNRESET';
      reject(cut ? new Error('cut its answer short', { cause: error }) : error);
    });
  });
}

function textResponse(response: IncomingMessage, body: string): TextResponse {
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    contentType: response.headers['content-type'] ?? '',
    location: response.headers.location,
    body,
  };
}

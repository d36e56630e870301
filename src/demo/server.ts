import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { PortholeError } from '../errors.ts';
import { perform } from './api.ts';
import { documentAt } from './documents.ts';
import { resourcePathOf } from './resources.ts';
import { seed } from './seed.ts';
import { badRequest, methodNotAllowed, StatusError, unknownPath } from './status.ts';
import { Store } from './store.ts';

export interface DemoServerOptions {
  /** PEM. Clients' certificates must be of `ca`, which is all that is asked of them. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly host?: string;
  readonly port?: number;
  /** A bearer token that is taken in place of a client certificate. Without it, a handshake without certificate fails. */
  readonly token?: string;
}

export interface DemoServer {
  readonly port: number;
  readonly url: string;
  /** Stops listening and cuts every connection, watches too. */
  close(): Promise<void>;
}

/**
 * Starts a small API server with some objects in it, on 127.0.0.1 and a free port unless told otherwise. It does not
 * pretend to be Kubernetes: nothing runs, and whoever may connect may do everything.
 * @throws {PortholeError} `ERR_LISTEN`
 */
export async function startDemoServer(options: DemoServerOptions): Promise<DemoServer> {
  const { tls, token, host = '127.0.0.1', port = 0 } = options;
  const store = new Store();
  seed(store);
  const server = createServer({
    ...tls,
    minVersion: 'TLSv1.2',
    requestCert: true,
    rejectUnauthorized: token === undefined,
    // As long as the API server keeps them.
    keepAliveTimeout: 90_000,
  });
  server.on('request', (request, response) => void serve(store, token, request, response));
  const sockets = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `the demo API server cannot listen on ${host}:${port} (${cause.code}): choose another port`;
      reject(new PortholeError('ERR_LISTEN', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const listening = typeof address === 'object' && address !== null ? address.port : port;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${listening}`;
  return { port: listening, url, close };
}

async function serve(
  store: Store,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    response.setHeader('Audit-Id', request.headers['audit-id'] ?? randomUUID());
    response.setHeader('Cache-Control', 'no-cache, private');
    authenticate(token, request);
    await answer(store, request, response);
  } catch (error) {
    const failure = error instanceof StatusError ? error : internalError();
    if (response.headersSent) response.destroy();
    else send(response, failure.code, failure.status);
  }
}

function authenticate(token: string | undefined, request: IncomingMessage): void {
  const { socket, headers } = request;
  if ('authorized' in socket && socket.authorized === true) return;
  if (token !== undefined && headers.authorization === `Bearer ${token}`) return;
  throw new StatusError(401, 'Unauthorized', 'Unauthorized');
}

async function answer(
  store: Store,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = urlOf(request);
  const query = url.searchParams;
  const document = documentAt(url.pathname, query);
  if (document !== undefined) {
    if (request.method !== 'GET') throw methodNotAllowed();
    send(response, 200, document);
    return;
  }
  const path = resourcePathOf(segmentsOf(url));
  if (path === undefined) throw unknownPath();
  const reply = await perform(store, { path, query, request, response });
  if (reply !== undefined) send(response, reply.code, reply.body);
}

/** @throws {StatusError} 400 */
function urlOf(request: IncomingMessage): URL {
  try {
    return new URL(`https://demo${request.url}`);
  } catch {
    throw badRequest('the request target is not a path');
  }
}

/** @throws {StatusError} 400 */
function segmentsOf({ pathname }: URL): string[] {
  try {
    return pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw badRequest('the path holds a broken escape');
  }
}

function send(response: ServerResponse, code: number, body: object | string): void {
  const isText = typeof body === 'string';
  const text = isText ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(code, {
    'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** The cause is a defect of ours, and not for clients. */
function internalError(): StatusError {
  return new StatusError(500, 'InternalError', 'an error on the server has prevented the request');
}

import { type IncomingMessage, request } from 'node:http';
import { PortholeError } from '../errors.ts';
import { createProxy, type ProxyOptions, type RunningProxy } from '../proxy.ts';
import { newToken } from '../server/door.ts';
import type { Connect } from './doctor.ts';
import type { Answer } from './doctor-checks.ts';

/** What of a proxy is for the caller to say; all else suits a proxy with one client. */
export type ConnectOptions = Pick<ProxyOptions, 'plugins' | 'userAgent'>;

/** Asks through a porthole of its own, on a free port that only its token opens. */
export function connectThroughProxy(options: ConnectOptions): Connect {
  return async (config) => {
    const token = newToken();
    const proxy = await startProxy({ ...options, config, token });
    return {
      get: (path) => ask(proxy, token, 'GET', path, ''),
      post: (path, body) => ask(proxy, token, 'POST', path, body),
      credentials: () => proxy.credentials,
      close: () => proxy.close(0),
      destroy: () => proxy.destroy(),
    };
  };
}

function startProxy(
  options: ConnectOptions & Pick<ProxyOptions, 'config' | 'token'>,
): Promise<RunningProxy> {
  return createProxy({
    ...options,
    address: '127.0.0.1',
    port: 0,
    acceptHosts: [String.raw`^127\.0\.0\.1$`],
    acceptPaths: ['^/'],
    rejectPaths: [],
    rejectMethods: [],
    disableFilter: false,
    allowOrigins: [],
    disableOriginCheck: false,
    readOnly: true,
    deny: [],
    apiPrefix: '/',
    appendServerPath: true,
    keepaliveMs: 0,
    requestTimeoutMs: 0,
    rotationGraceMs: 0,
    reload: undefined,
    inform: () => {},
    recorders: [],
    // What is worth a warning here, an answer fails of.
    warn: () => {},
  });
}

/** An answer that is longer is none of an API server's to such questions. Bytes. */
const MAX_BODY = 1024 * 1024;

function ask(
  { port }: RunningProxy,
  token: string,
  method: string,
  path: string,
  body: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(body !== '' && { 'content-type': 'application/json' }),
    };
    // An agent would keep the connection, and close() would wait for it.
    const asking = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
    asking.on('response', (response) => read(response).then(resolve, reject));
    asking.on('error', (error) => reject(broken(error)));
    asking.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      length += chunk.length;
      if (length > MAX_BODY) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw broken(error);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
}

function broken(cause: unknown): PortholeError {
  return new PortholeError('ERR_UPSTREAM_ABORTED', 'the answer broke off before its end', {
    cause,
  });
}

// An OpenID Connect provider over https on loopback: discovery and a token endpoint, with faults to switch on.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';

const authority = mintAuthority({ commonName: 'oidc provider' });
const serving = authority.issueServer();
const stranger = mintAuthority({ commonName: 'somebody else' });

/** A certificate that has nothing to do with the provider's. */
export const strangerCa: string = stranger.pem;

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** User and password of Basic, as they were sent. */
  readonly basic: string | undefined;
  readonly form: URLSearchParams;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

export interface OidcProvider {
  readonly issuer: string;
  readonly ca: string;
  readonly requests: SeenRequest[];
  /** How each is answered; may be exchanged at any time. */
  discovery: Answer;
  token: Answer;
  /** For all other paths. */
  other: Answer;
  /** Connections that are open now. */
  readonly open: number;
  /** Requests to the token endpoint. */
  readonly grants: SeenRequest[];
}

export const json =
  (status: number, body: unknown): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };

export const redirect =
  (status: number, location: string): Answer =>
  (_, response) => {
    response.writeHead(status, { location }).end();
  };

/** An ID token with these claims and a signature that nobody checks. Times are seconds since the epoch. */
export function idToken(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** Starts one on a free port, until the test ends. It knows no token; `token` has to be given an answer. */
export async function startOidcProvider(): Promise<OidcProvider> {
  const sockets = new Set<Duplex>();
  const server = createServer({ key: serving.key, cert: serving.cert });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  const issuer = `https://127.0.0.1:${bound.port}`;
  const provider = {
    issuer,
    ca: authority.pem,
    requests: [] as SeenRequest[],
    discovery: json(200, { issuer, token_endpoint: `${issuer}/token` }),
    token: json(400, { error: 'invalid_grant' }),
    other: json(404, {}),
    get open() {
      return sockets.size;
    },
    get grants() {
      return this.requests.filter(({ path }) => path === '/token');
    },
  };
  server.on('request', (message, response) => void answer(provider, message, response));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return provider;
}

async function answer(
  provider: OidcProvider,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '', headers } = message;
  const [, base64] = /^Basic (.*)$/.exec(headers.authorization ?? '') ?? [];
  const request: SeenRequest = {
    method,
    path: url,
    basic: base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString(),
    form: new URLSearchParams(await text(message)),
  };
  provider.requests.push(request);
  if (url === '/.well-known/openid-configuration') provider.discovery(request, response);
  else if (url === '/token') provider.token(request, response);
  else provider.other(request, response);
}

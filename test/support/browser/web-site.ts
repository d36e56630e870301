// Somebody else's web site on this machine: pages of origins that are not porthole's.
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';

/** The path of a page that has no origin: "null" (HTML, "sandboxed origin browsing context flag"). */
export const SANDBOXED = '/sandboxed';

const PAGE = '<!doctype html><title>theirs</title>';
const SANDBOX = 'sandbox allow-scripts allow-forms allow-popups';

/** Serves an empty page at every path until the test has ended; resolves to the port of 127.0.0.1 that it is on. */
export async function startWebSite(scheme: 'http' | 'https' = 'http'): Promise<number> {
  const authority = scheme === 'https' ? mintAuthority({ commonName: 'theirs' }) : undefined;
  const server =
    authority === undefined ? createHttpServer() : createHttpsServer(authority.issueServer());
  server.on('request', (request, response) => {
    response.setHeader('Content-Type', 'text/html');
    if (request.url === SANDBOXED) response.setHeader('Content-Security-Policy', SANDBOX);
    response.end(PAGE);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  return bound.port;
}

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Pool } from '../../src/upstream/pool.ts';
import { POOL_LIMITS } from '../../src/upstream/pool-limits.ts';

const HEAD = 'GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n';
/** With how many dials at most. */
const ASK: [string, number, (pool: Pool) => Promise<unknown>][] = [
  ['a connection', POOL_LIMITS.maxDials, (pool) => pool.acquire(CREDENTIAL, false)],
  ['a stream', 1, (pool) => pool.http2.acquire(CREDENTIAL, HEAD, false, () => {})],
];
const CREDENTIAL = { authorization: undefined, clientCertificate: undefined };

it.each(ASK)(
  'lets nobody wait for a second dial to an API server that accepts and says nothing: %s',
  async (_, dials, ask) => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
    const { port } = bound;
    const pool = new Pool({
      server: {
        scheme: 'https',
        hostname: '127.0.0.1',
        port,
        authority: `127.0.0.1:${port}`,
        pathPrefix: '',
      },
      tls: {
        certificateAuthority: undefined,
        systemRoots: undefined,
        insecureSkipTlsVerify: true,
        serverName: undefined,
      },
      keepAliveMs: 30_000,
      timeouts: { dial: 300, tls: 300 },
    });
    onTestFinished(() => {
      pool.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const waiting = Array.from({ length: 3 * POOL_LIMITS.maxDials }, () => ask(pool));
    const ends = await Promise.allSettled(waiting);
    for (const end of ends) {
      expect(end).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'ERR_UPSTREAM_TIMEOUT',
          message: `cannot reach the API server at 127.0.0.1:${port}: TLS handshake timed out`,
        },
      });
    }
    expect(sockets.length).toBe(dials);
  },
);

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { POOL_LIMITS, Pool } from '../../src/upstream/pool.ts';

const CREDENTIAL = { authorization: undefined, clientCertificate: undefined };

it('lets nobody wait for a second dial to an API server that accepts and says nothing', async () => {
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
  const waiting = Array.from({ length: 3 * POOL_LIMITS.maxDials }, () =>
    pool.acquire(CREDENTIAL, false),
  );
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
  expect(sockets.length).toBe(POOL_LIMITS.maxDials);
});

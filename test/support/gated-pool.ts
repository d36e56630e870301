import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Credential } from '../../src/credentials/credentials.ts';
import type { UpstreamConnection } from '../../src/upstream/connection.ts';
import { Pool } from '../../src/upstream/pool.ts';
import { portOf, root } from './in-front.ts';
import { eventually } from './pair.ts';

const serving = root.issueServer();
const as = (commonName: string): Credential => ({
  authorization: undefined,
  clientCertificate: root.issueClient({ commonName }),
});
export const alice = as('alice');
export const bob = as('bob');

/** What the server has seen. */
interface Seen {
  /** Connections of TCP. */
  readonly transports: Socket[];
  /** Those whose handshake is over, and whose they are. In TLS 1.3 the client is done before the server. */
  readonly sockets: Socket[];
  readonly names: string[];
  /** Whether they have resumed an earlier TLS session. */
  readonly resumed: boolean[];
  /** Who waits at the gate, and how many did at most. */
  readonly waiting: Socket[];
  mostWaiting: number;
}

/** A pool of connections to a TLS server that is behind a gate: while that is shut, no dial ends. */
export async function startGated(
  limits: ConstructorParameters<typeof Pool>[1] = {},
  options: ConstructorParameters<typeof Pool>[2] = {},
) {
  const seen: Seen = {
    transports: [],
    sockets: [],
    names: [],
    resumed: [],
    waiting: [],
    mostWaiting: 0,
  };
  let shut = false;
  const tls = createTlsServer({ ...serving, ca: root.pem, requestCert: true }, (socket) => {
    seen.names.push(String(socket.getPeerCertificate().subject.CN));
    seen.resumed.push(socket.isSessionReused());
    seen.sockets.push(socket.on('error', () => {}));
  });
  tls.on('tlsClientError', () => {});
  const gate = createServer({ noDelay: true }, (socket) => {
    seen.transports.push(socket.on('error', () => {}));
    if (!shut) tls.emit('connection', socket);
    else seen.mostWaiting = Math.max(seen.mostWaiting, seen.waiting.push(socket));
  });
  const pool = new Pool(routeTo(await portOf(gate)), limits, options);
  onTestFinished(() => {
    pool.close();
    for (const socket of seen.transports) socket.destroy();
  });
  return {
    pool,
    seen,
    shut(): void {
      shut = true;
    },
    /** Lets the first `count` of those pass that wait. */
    admit(count: number): void {
      for (const socket of seen.waiting.splice(0, count)) tls.emit('connection', socket);
    },
    /** Connections of alice's. */
    take: (count: number) =>
      Promise.all(Array.from({ length: count }, () => pool.acquire(alice, false))),
    /** A connection that is idle, on which the server may act. */
    async idleOne(): Promise<UpstreamConnection> {
      const connection = await pool.acquire(alice, false);
      await eventually('the server has it, too', () => seen.sockets.length === 1);
      pool.release(connection);
      return connection;
    },
  };
}

function routeTo(port: number): ConstructorParameters<typeof Pool>[0] {
  const hostname = '127.0.0.1';
  const authority = `${hostname}:${port}`;
  return {
    server: { scheme: 'https', hostname, port, authority, pathPrefix: '' },
    tls: {
      certificateAuthority: root.pem,
      systemRoots: undefined,
      insecureSkipTlsVerify: false,
      serverName: undefined,
    },
    keepAliveMs: 30_000,
  };
}

import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { mintAuthority } from '#certs/mint.ts';
import { scriptStreams } from './scripted-streams.ts';

/** One connection as the API server sees it, or one stream of HTTP/2. */
export interface SeenConnection {
  readonly socket: Duplex;
  /** What carries it. */
  readonly tls: TLSSocket;
  /** Every byte that came, as latin1. */
  bytes: string;
  /** Requests whose head came, and those whose body came to its end. */
  begun: number;
  completed: number;
  /** The other side has ended its half. */
  ended: boolean;
  closed: boolean;
  /** Set by a script: our half stays open when the other ends. */
  halfOpen: boolean;
  /** Ends the connection with a TCP reset. */
  reset(): void;
}

/** A TLS server that records exact bytes and answers by script; by HTTP/2, too, if it offers that. */
export interface RecordingUpstream {
  readonly port: number;
  readonly ca: string;
  readonly client: { readonly cert: string; readonly key: string };
  readonly connections: SeenConnection[];
  /** All bytes of all connections. */
  readonly bytes: string;
  /** How many requests began, over all connections. */
  readonly requests: number;
  /** How many of them came to their end. */
  readonly completed: number;
  /** How many connections are open. */
  readonly open: number;
  close(): Promise<void>;
}

/** Called for each request head that has come; what it returns is sent. */
export type Script = (head: string, connection: SeenConnection) => string | undefined;

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const authority = mintAuthority({ commonName: 'recording upstream' });
const serving = authority.issueServer({
  commonName: 'upstream',
  names: ['localhost'],
  ips: ['127.0.0.1', '::1'],
});
const client = authority.issueClient({ commonName: 'alice', organizations: ['system:masters'] });

/** Starts one on a free port; it demands a client certificate unless told otherwise. */
export async function startUpstream(
  script: Script = () => OK,
  options: TlsOptions = {},
): Promise<RecordingUpstream> {
  const connections: SeenConnection[] = [];
  const transports = new Map<number | undefined, Socket>();
  const server = createServer(
    {
      ...serving,
      ca: authority.pem,
      requestCert: true,
      allowHalfOpen: true,
      noDelay: true,
      ...options,
    },
    (socket) => {
      const transport = transports.get(socket.remotePort);
      if (socket.alpnProtocol !== 'h2') connections.push(record(socket, transport, script));
      else scriptStreams(socket, transport, script, (seen) => connections.push(seen));
    },
  );
  server.on('connection', (socket) => transports.set(socket.remotePort, socket));
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  const sum = (count: (connection: SeenConnection) => number): number =>
    connections.reduce((total, connection) => total + count(connection), 0);
  return {
    port: bound.port,
    ca: authority.pem,
    client,
    connections,
    get bytes() {
      return connections.map((connection) => connection.bytes).join('');
    },
    get requests() {
      return sum((connection) => connection.begun);
    },
    get completed() {
      return sum((connection) => connection.completed);
    },
    get open() {
      return sum((connection) => (connection.closed ? 0 : 1));
    },
    async close() {
      for (const transport of transports.values()) transport.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function record(socket: TLSSocket, transport: Socket | undefined, script: Script): SeenConnection {
  const reset = () => transport?.resetAndDestroy();
  const seen: SeenConnection = {
    socket,
    tls: socket,
    bytes: '',
    begun: 0,
    completed: 0,
    ended: false,
    closed: false,
    halfOpen: false,
    reset,
  };
  let head = '';
  let at = 0;
  socket.on('data', (bytes) => {
    seen.bytes += bytes.toString('latin1');
    for (;;) {
      if (seen.begun > seen.completed) {
        const end = bodyEnd(head, seen.bytes, at);
        if (end < 0) return;
        at = end;
        seen.completed++;
      }
      const end = seen.bytes.indexOf('\r\n\r\n', at) + 4;
      if (end < 4) return;
      head = seen.bytes.slice(at, end);
      at = end;
      seen.begun++;
      const answer = script(head, seen);
      if (answer !== undefined) socket.write(answer, 'latin1');
    }
  });
  socket.on('end', () => {
    seen.ended = true;
    if (!seen.halfOpen) socket.end();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    seen.closed = true;
  });
  return seen;
}

/** Where the body from `start` on ends, -1 while it is not there yet. Reads chunks as a trusting server would. */
function bodyEnd(head: string, bytes: string, start: number): number {
  const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
  if (!/\r\ntransfer-encoding: chunked\r\n/i.test(head)) {
    return bytes.length < start + length ? -1 : start + length;
  }
  for (let at = start; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return -1;
    const size = Number.parseInt(bytes.slice(at, line), 16);
    at = line + 2 + size + 2;
    if (Number.isNaN(at) || bytes.length < at) return -1;
    if (size === 0) return at;
  }
}

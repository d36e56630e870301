import { createServer, type Server, type Socket } from 'node:net';
import { PortholeError } from '../errors.ts';
import { ClientConnection } from './connection.ts';
import { DEADLINES, type Deadlines } from './deadlines.ts';
import type { ConnectionEvents } from './exchange.ts';

/** How often connections are asked whether their deadline has passed, in milliseconds. */
const CHECK_INTERVAL = 250;

export interface ListenOptions extends ConnectionEvents {
  /** IP address or host name, IPv6 without brackets. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Of silence, after which TCP asks whether the client is still there. */
  readonly keepAliveMs: number;
  /** In place of the usual ones. */
  readonly deadlines?: Partial<Deadlines> | undefined;
}

/** A listener that accepts clients. */
export interface Listener {
  /** `127.0.0.1:8001`, as Go's `net.Addr` prints it. */
  readonly address: string;
  readonly port: number;
  /** Client connections, tunnels among them. */
  readonly connections: number;
  /** Accepts nobody more and lets requests under way end; cuts what is left after `graceMs`. Resolves when all is closed. */
  close(graceMs: number): Promise<void>;
  /** Cuts everything now. */
  destroy(): void;
}

/**
 * Starts to listen.
 * @throws {PortholeError} `ERR_LISTEN`, as rejection
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const connections = new Set<ClientConnection>();
  const server = createServer(
    {
      // A client that ends its side still gets its answers.
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: options.keepAliveMs,
    },
    (socket) => accept(socket, connections, options),
  );
  await bind(server, options);
  const clock = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) connection.check(now);
  }, CHECK_INTERVAL);
  const closed = new Promise<void>((resolve) => {
    server.once('close', () => {
      clearInterval(clock);
      resolve();
    });
  });
  const destroy = (): void => {
    server.close();
    for (const connection of connections) connection.destroy();
  };
  return {
    ...boundTo(server),
    get connections() {
      return connections.size;
    },
    close(graceMs) {
      server.close();
      for (const connection of connections) connection.stop();
      const deadline = setTimeout(destroy, graceMs);
      return closed.finally(() => clearTimeout(deadline));
    },
    destroy,
  };
}

function accept(socket: Socket, connections: Set<ClientConnection>, options: ListenOptions): void {
  // Reset before it was accepted: nobody is there to be answered, or to be named in a record.
  if (socket.remoteAddress === undefined) {
    socket.destroy();
    return;
  }
  const connection = new ClientConnection(socket, options, { ...DEADLINES, ...options.deadlines });
  connections.add(connection);
  socket.on('close', () => connections.delete(connection));
}

function bind(server: Server, { address, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      const reason = REASONS[error.code ?? ''] ?? error.message;
      reject(new PortholeError('ERR_LISTEN', `listen tcp ${place}: ${reason}`, { cause: error }));
    });
    server.listen({ host: address, port }, resolve);
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'address already in use; end the program that has it, or take another port with --port (0: any free one)',
  EACCES: 'permission denied; ports below 1024 need privileges, take another with --port',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no such host; --address takes an IP address of this machine or localhost',
};

function boundTo(server: Server): Pick<Listener, 'address' | 'port'> {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return { address: bound ?? '', port: 0 };
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return { address: `${host}:${bound.port}`, port: bound.port };
}

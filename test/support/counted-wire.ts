// Between a proxy and its upstream: passes bytes on, and knows which connections are open.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A connection that a proxy has opened. */
export interface CountedConnection {
  readonly isOpen: boolean;
}

export interface CountedWire {
  readonly port: number;
  /** Those that are open at this moment. */
  open(): CountedConnection[];
  close(): Promise<void>;
}

/** Passes bytes on to a port of this machine. */
export async function startCountedWire(port: number): Promise<CountedWire> {
  const connections = new Set<{ isOpen: boolean; end(): void }>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    const connection = { isOpen: true, end: () => near.destroy() };
    connections.add(connection);
    near.once('close', () => {
      connection.isOpen = false;
      connections.delete(connection);
    });
    join(near, far);
    join(far, near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open: () => [...connections],
    async close() {
      server.close();
      for (const connection of connections) connection.end();
      await once(server, 'close');
    },
  };
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => {});
  from.once('close', () => to.destroy());
}

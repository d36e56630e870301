// Ways from porthole to an API server that a test can watch and cut: TCP, so TLS goes through them.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { RemoteHost } from './network-namespace.ts';

export interface Relay {
  /** Where it listens; 0 on a unix socket. */
  readonly port: number;
  /** Connections so far, and those open now. */
  readonly accepted: number;
  readonly open: number;
  /** Bytes so far that clients have sent. */
  readonly asked: number;
  /** From now on it takes what clients send, and gives no answer. */
  mute(on: boolean): void;
  close(): void;
}

/** Relays connections to a port of this machine from another one, or from a unix socket. */
export async function startRelay(port: number, path?: string): Promise<Relay> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  let asked = 0;
  let muted = false;
  const server = createServer((near) => {
    accepted++;
    sockets.add(near);
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    near.on('data', (bytes) => {
      asked += bytes.length;
      if (!muted) far.write(bytes);
    });
    far.on('data', (bytes) => muted || near.write(bytes));
    for (const socket of [near, far]) socket.on('error', () => {});
    far.on('close', () => near.destroy());
    near.on('close', () => {
      sockets.delete(near);
      far.destroy();
    });
  });
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path });
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: bound === null || typeof bound === 'string' ? 0 : bound.port,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    get asked() {
      return asked;
    },
    mute(on) {
      muted = on;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Network namespaces share no network, but files: a unix socket is the way out. */
const TO_UNIX_SOCKET = `
const net = require('node:net');
const [address, path] = process.argv.slice(1);
net.createServer((near) => {
  const far = net.connect(path);
  near.pipe(far).pipe(near);
  for (const [one, other] of [[near, far], [far, near]]) {
    one.on('error', () => {}).on('close', () => other.destroy());
  }
}).listen(0, address, function () { console.log('port ' + this.address().port); });
`;

/** Listens on the host and passes connections on to a unix socket; resolves to the port there. */
export async function startRelayOn(host: RemoteHost, path: string) {
  const args = ['-e', TO_UNIX_SOCKET, host.address, path];
  const command = host.start(process.execPath, args);
  const [, port] = await command.waitFor('stdout', /^port (\d+)$/m);
  return { port: Number(port), stop: () => command.stop() };
}

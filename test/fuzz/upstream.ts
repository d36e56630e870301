import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { mintAuthority } from '#certs/mint.ts';
import type { Way } from './case.ts';
import { serveStreams } from './stream-wire.ts';
import { type Carrier, Wire, type WireEvents } from './wire.ts';

const authority = mintAuthority({ commonName: 'fuzz upstream' });
const serving = authority.issueServer({
  commonName: 'upstream',
  names: ['localhost'],
  ips: ['127.0.0.1'],
});

/** The API server of a lane. */
export class FuzzUpstream {
  readonly ca = authority.pem;
  readonly wires = new Set<Carrier>();
  readonly #server: Server;
  readonly #transports = new Set<Socket>();

  constructor(way: Way, events: WireEvents) {
    const options = { allowHalfOpen: true, noDelay: true };
    const latest = new Map<number | undefined, Socket>();
    const adopt = (socket: Socket): void => {
      if ((socket as TLSSocket).alpnProtocol === 'h2') {
        serveStreams(socket as TLSSocket, events, (stream) => this.wires.add(stream));
        return;
      }
      this.wires.add(new Wire(socket, latest.get(socket.remotePort), events));
      latest.delete(socket.remotePort);
    };
    const ALPNProtocols = way === 'HTTP/2' ? ['h2', 'http/1.1'] : ['http/1.1'];
    this.#server =
      way === 'plain'
        ? createServer(options, adopt)
        : createTlsServer({ ...serving, ...options, ALPNProtocols }, adopt);
    this.#server.prependListener('connection', (socket: Socket) => {
      latest.set(socket.remotePort, socket);
      this.#transports.add(socket);
      socket.on('close', () => this.#transports.delete(socket));
    });
    this.#server.on('tlsClientError', () => {});
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many requests of this case have come. */
  get arrived(): number {
    return [...this.wires].reduce((sum, { log }) => sum + log.requests.length, 0);
  }

  /** A case begins: those that are closed are forgotten. */
  begin(): void {
    for (const wire of this.wires) {
      if (wire.closed) this.wires.delete(wire);
      else wire.begin();
    }
  }

  async close(): Promise<void> {
    for (const transport of this.#transports) transport.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

// Forward proxies of a test's own: each connection is told by a script what to say, on real sockets.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';

/** One connection, as the proxy sees it. */
export class ProxiedConnection {
  readonly socket: Socket;
  /** Every byte that came before the tunnel. */
  said: Buffer = Buffer.alloc(0);
  /** Resolves once the client's side is closed. */
  readonly closed: Promise<unknown>;
  #taken = 0;
  #wake = (): void => {};

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = once(socket, 'close');
    socket.on('error', () => {});
    socket.on('data', this.#onData);
  }

  /** The next bytes. Never resolves when they do not come. */
  take(length: number): Promise<Buffer> {
    return this.#until(() => this.#taken + length);
  }

  /** An HTTP head. */
  async head(): Promise<string> {
    const bytes = await this.#until(() => {
      const end = this.said.indexOf('\r\n\r\n', this.#taken);
      return end < 0 ? Number.POSITIVE_INFINITY : end + 4;
    });
    return bytes.toString('latin1');
  }

  send(...bytes: readonly (string | readonly number[])[]): void {
    this.socket.write(
      Buffer.concat(
        bytes.map((some) =>
          typeof some === 'string' ? Buffer.from(some, 'latin1') : Buffer.from(some),
        ),
      ),
    );
  }

  /** From now on bytes go between the client and a port of this machine. */
  tunnel(port: number): void {
    const onward = connect({ port, host: '127.0.0.1', noDelay: true });
    onward.on('error', () => this.socket.destroy());
    onward.on('close', () => this.socket.destroy());
    this.socket.on('close', () => onward.destroy());
    this.socket.off('data', this.#onData);
    onward.write(this.said.subarray(this.#taken));
    this.socket.pipe(onward).pipe(this.socket);
  }

  readonly #onData = (bytes: Buffer): void => {
    this.said = Buffer.concat([this.said, bytes]);
    this.#wake();
  };

  async #until(end: () => number): Promise<Buffer> {
    while (this.said.length < end()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const bytes = this.said.subarray(this.#taken, end());
    this.#taken += bytes.length;
    return bytes;
  }
}

export type ProxyScript = (connection: ProxiedConnection) => Promise<void> | void;

export interface ForwardProxy {
  readonly port: number;
  readonly connections: ProxiedConnection[];
}

/** Starts one on a free port of 127.0.0.1, with TLS when it is given a certificate; it ends with the test. */
export async function startForwardProxy(
  script: ProxyScript,
  certificate?: { readonly cert: string; readonly key: string },
): Promise<ForwardProxy> {
  const connections: ProxiedConnection[] = [];
  const transports: Socket[] = [];
  const onClient = (socket: Socket): void => {
    const connection = new ProxiedConnection(socket);
    connections.push(connection);
    void script(connection);
  };
  const server: Server =
    certificate === undefined ? createServer(onClient) : createTlsServer(certificate, onClient);
  server.on('connection', (socket: Socket) => transports.push(socket));
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of transports) socket.destroy();
    server.close();
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  return { port: bound.port, connections };
}

/** Opens every tunnel that it is asked for by CONNECT, to `port` whatever the name. */
export function connectProxy(port: number): ProxyScript {
  return async (client) => {
    await client.head();
    client.send('HTTP/1.1 200 Connection established\r\n\r\n');
    client.tunnel(port);
  };
}

/** RFC 1928 without a login; answers with an IPv4 address. */
export function socks5Proxy(port: number): ProxyScript {
  return async (client) => {
    const [, methods = 0] = await client.take(2);
    await client.take(methods);
    client.send([5, 0]);
    await takeSocksRequest(client);
    client.send([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]);
    client.tunnel(port);
  };
}

/** Reads one request to connect, by the type of its address. */
export async function takeSocksRequest(client: ProxiedConnection): Promise<Buffer> {
  const head = await client.take(4);
  const [length = 0] = head[3] === 3 ? await client.take(1) : [head[3] === 1 ? 4 : 16];
  return Buffer.concat([head, await client.take(length + 2)]);
}

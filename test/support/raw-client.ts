import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** How to connect: to `host` (127.0.0.1 unless given), and with TLS if it has settings. */
export interface RawClientOptions {
  readonly host?: string;
  readonly tls?: ConnectionOptions;
}

/** A client that writes exact bytes and keeps what comes back. */
export class RawClient {
  readonly socket: Socket;
  readonly #transport: Socket;
  received = '';
  /** The server ended its side, or the connection is gone. */
  ended = false;
  error: Error | undefined;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket, transport: Socket) {
    this.socket = socket;
    this.#transport = transport;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1');
      this.#wake();
    });
    const end = (error?: Error): void => {
      this.error ??= error;
      this.ended = true;
      this.#wake();
    };
    socket.on('end', () => end());
    socket.on('error', end);
    socket.on('close', () => end());
  }

  /** To a port, or to the path of a unix socket. */
  static connect(where: number | string, options: RawClientOptions = {}): Promise<RawClient> {
    const { host = '127.0.0.1', tls } = options;
    return new Promise((resolve, reject) => {
      const transport = connect({
        ...(typeof where === 'string' ? { path: where } : { port: where, host }),
        allowHalfOpen: true,
      });
      const socket = tls === undefined ? transport : connectTls({ ...tls, socket: transport });
      transport.once('error', reject);
      socket.once('error', reject);
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        transport.off('error', reject).on('error', () => {});
        socket.off('error', reject);
        resolve(new RawClient(socket, transport));
      });
    });
  }

  #wake(): void {
    for (const check of this.#waiting) check();
  }

  send(text: string | Buffer): this {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    return this;
  }

  /** Waits for a state of this client; fails with what came so far when it ends without reaching it. */
  until(reached: () => boolean, limitMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (failure?: string): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (failure === undefined) resolve();
        else
          reject(
            new Error(`${failure}; received ${JSON.stringify(this.received.slice(0, 2_000))}`),
          );
      };
      const check = (): void => {
        if (reached()) finish();
        else if (this.ended) finish('the connection ended first');
      };
      const timer = setTimeout(() => finish('nothing more came'), limitMs);
      this.#waiting.add(check);
      check();
    });
  }

  untilText(text: string): Promise<void> {
    return this.until(() => this.received.includes(text));
  }

  untilEnd(): Promise<void> {
    return this.until(() => this.ended);
  }

  /** Of all answers that have begun. */
  get statuses(): number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  }

  close(): void {
    this.socket.destroy();
  }

  /** Ends a TCP connection with a reset, below TLS if there is any. */
  reset(): void {
    this.#transport.resetAndDestroy();
  }
}

/** A request as curl would send it, with more header lines or a body. */
export function request(
  line: string,
  options: { readonly host?: string; readonly headers?: string; readonly body?: string } = {},
): string {
  const { host = 'localhost', headers = '', body = '' } = options;
  return `${line} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n${body}`;
}

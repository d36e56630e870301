import { connect, type Socket } from 'node:net';

/** A client that writes exact bytes and keeps what comes back. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  /** The server ended its side, or the connection is gone. */
  ended = false;
  error: Error | undefined;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
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

  static connect(port: number, options: { readonly host?: string } = {}): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: options.host ?? '127.0.0.1', allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
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
}

/** A request as curl would send it, with more header lines or a body. */
export function request(
  line: string,
  options: { readonly host?: string; readonly headers?: string; readonly body?: string } = {},
): string {
  const { host = 'localhost', headers = '', body = '' } = options;
  return `${line} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n${body}`;
}

import type { Socket } from 'node:net';

/**
 * Of what a client sends after its last answer, so much is read and dropped; a flood of more waits in the kernel's buffers, at
 * no cost, until the connection is closed. Bytes.
 */
const MAX_DROPPED = 256 * 1024;

/** A client's socket, and what differs between TCP, TLS and unix sockets. */
export class ClientSocket {
  /** Carries HTTP. */
  readonly socket: Socket;
  /** The client's IP address; empty on a unix socket, whose clients have none. */
  readonly address: string;
  readonly #transport: Socket;
  #taken = 0;
  #takenAt = 0;
  #dropped = 0;

  /** `transport` is what carries `socket`, where that is TLS. */
  constructor(socket: Socket, transport: Socket = socket) {
    this.socket = socket;
    this.address = transport.remoteAddress ?? '';
    this.#transport = transport;
  }

  /**
   * Destroys it so that the client sees a cut: TCP is reset, TLS ends without its closing alert. A unix socket knows
   * neither: what was sent has to show by its framing that it is cut, which an answer of HTTP/1.0 or a tunnel may not.
   */
  reset(): void {
    if (this.address === '') this.#transport.destroy();
    else this.#transport.resetAndDestroy();
  }

  /** Takes what nobody wants, if it is not much. */
  drop(bytes: Buffer): void {
    this.#dropped += bytes.length;
    if (this.#dropped > MAX_DROPPED) this.socket.pause();
  }

  /** Whether something waits for the client, and it has taken some of it in the last `within` milliseconds. */
  isReadOn(now: number, within: number): boolean {
    const { bytesWritten, writableLength } = this.socket;
    if (bytesWritten - writableLength > this.#taken) this.#takenAt = now;
    this.#taken = bytesWritten - writableLength;
    return writableLength > 0 && now - this.#takenAt < within;
  }
}

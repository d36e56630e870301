import { createServer, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { PortholeError } from '../errors.ts';
import { bind, type Place } from './bind.ts';
import { ClientSocket } from './client-socket.ts';
import { ClientConnection } from './connection.ts';
import { DEADLINES, type Deadlines } from './deadlines.ts';
import type { ConnectionEvents } from './exchange.ts';
import { LIMITS, type Limits, type Terms } from './limits.ts';
import { openFilesLimit, Room } from './room.ts';
import { Greeting, type ServingCertificate, secure, servingContext } from './tls.ts';
import { Turn } from './turn.ts';

/** How often connections are asked whether their deadline has passed, in milliseconds. */
const CHECK_INTERVAL = 250;
/** Of those that there is no place for, so many are told so, and given the time to read it. */
const MAX_TURNED_AWAY = 64;

export interface ListenOptions extends Place, ConnectionEvents {
  /** Of silence, after which TCP asks whether the client is still there. */
  readonly keepAliveMs: number;
  /** Speaks TLS, and nothing else. */
  readonly tls?: ServingCertificate | undefined;
  /** Called before any client is accepted; what it throws ends the listener again. */
  readonly check?: ((bound: Bound) => void) | undefined;
  /** In place of the usual ones. */
  readonly deadlines?: Partial<Deadlines> | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Takes a sentence for the operator. */
  readonly warn?: ((sentence: string) => void) | undefined;
}

/** Where a listener listens. */
export interface Bound {
  /** As Go's `net.Addr` prints it: `127.0.0.1:8001`, `[::1]:8001`, or the path of a unix socket. */
  readonly address: string;
  /** 0 on a unix socket. */
  readonly port: number;
  /** Only programs on this machine reach it. */
  readonly loopback: boolean;
}

/** A listener that accepts clients. */
export interface Listener extends Bound {
  /** Client connections, tunnels among them. */
  readonly connections: number;
  /** TLS handshakes that clients began and that came to nothing, so far. */
  readonly failedHandshakes: number;
  /** Accepts nobody more and lets requests under way end; cuts what is left after `graceMs`. Resolves when all is closed. */
  close(graceMs: number): Promise<void>;
  /** Cuts everything now. The file of a unix socket is gone when this returns, unless it was inherited. */
  destroy(): void;
}

/**
 * Starts to listen.
 * @throws {PortholeError} `ERR_LISTEN`, as rejection, and what `check` throws
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const guests = new Guests(options);
  const server = createServer(
    {
      // A client that ends its side still gets its answers.
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: options.keepAliveMs,
    },
    (socket) => guests.accept(socket, bound.port === 0),
  );
  const { bound, release } = await bind(server, options).catch((error: unknown) => {
    server.close();
    throw error;
  });
  server.on('error', (error) => guests.exhausted(error));
  const stopAccepting = (): void => {
    release();
    server.close();
  };
  try {
    options.check?.(bound);
  } catch (error) {
    stopAccepting();
    throw error;
  }
  const clock = setInterval(() => guests.check(performance.now()), CHECK_INTERVAL);
  const closed = new Promise<void>((resolve) => {
    server.once('close', () => {
      clearInterval(clock);
      resolve();
    });
  });
  return Object.assign(openListener(guests, stopAccepting, closed), bound);
}

/** What a listener can be asked and told. */
function openListener(
  guests: Guests,
  stopAccepting: () => void,
  closed: Promise<void>,
): Omit<Listener, keyof Bound> {
  const destroy = (): void => {
    stopAccepting();
    guests.destroy();
  };
  return {
    get connections() {
      return guests.size;
    },
    get failedHandshakes() {
      return guests.failedHandshakes;
    },
    close(graceMs) {
      stopAccepting();
      guests.stop();
      const deadline = setTimeout(destroy, graceMs);
      return closed.finally(() => clearTimeout(deadline));
    },
    destroy,
  };
}

/** All that are connected. */
class Guests {
  failedHandshakes = 0;
  readonly #events: ConnectionEvents;
  readonly #room: Room;
  readonly #terms: Terms;
  readonly #context: SecureContext | undefined;
  readonly #all = new Set<ClientConnection | Greeting>();
  /** Told that there was no place for them. */
  readonly #turnedAway = new Set<ClientConnection | Greeting>();

  constructor(options: ListenOptions) {
    this.#events = options;
    const limits = { ...LIMITS, ...options.limits };
    const deadlines = { ...DEADLINES, ...options.deadlines };
    this.#terms = { deadlines, limits, turn: new Turn() };
    const { connections } = limits;
    const warn = options.warn ?? (() => {});
    this.#room = new Room(connections, openFilesLimit(), deadlines.spare, warn);
    this.#context = options.tls && servingContext(options.tls);
  }

  get size(): number {
    return this.#all.size + this.#turnedAway.size;
  }

  accept(socket: Socket, onUnixSocket: boolean): void {
    // Reset before it was accepted: nobody is there to be answered, or to be named in a record.
    if (socket.remoteAddress === undefined && !onUnixSocket) {
      socket.destroy();
      return;
    }
    const refusal = this.#room.refuse(this.#all);
    if (refusal !== undefined) this.#turnAway(socket, refusal);
    else if (this.#context === undefined) this.#serve(new ClientSocket(socket), this.#all);
    else this.#greet(socket, this.#context);
  }

  /** Before a handshake nothing can be said, and not everybody can be waited for to read it. */
  #turnAway(socket: Socket, refusal: PortholeError): void {
    if (this.#context !== undefined || this.#turnedAway.size >= MAX_TURNED_AWAY) socket.destroy();
    else this.#serve(new ClientSocket(socket), this.#turnedAway).refuse(refusal);
  }

  /** No connection could be accepted. */
  exhausted(error: Error): void {
    this.#room.exhausted(this.#all, error);
  }

  #greet(transport: Socket, context: SecureContext): void {
    const { remoteAddress = '' } = transport;
    const greeting = new Greeting(transport, this.#terms.deadlines, {
      onTls: () => {
        this.#all.delete(greeting);
        const socket = secure(transport, context);
        let failed = 1;
        socket.once('secure', () => {
          failed = 0;
        });
        socket.once('close', () => {
          this.failedHandshakes += failed;
        });
        this.#serve(new ClientSocket(socket, transport), this.#all);
      },
      onPlain: (error) => this.#events.onMalformed(error, remoteAddress),
    });
    this.#all.add(greeting);
    transport.on('close', () => this.#all.delete(greeting));
  }

  #serve(client: ClientSocket, among: Set<ClientConnection | Greeting>): ClientConnection {
    const connection = new ClientConnection(client, this.#events, this.#terms);
    among.add(connection);
    client.socket.on('close', () => among.delete(connection));
    return connection;
  }

  check(now: number): void {
    for (const guest of this.#all) guest.check(now);
    for (const guest of this.#turnedAway) guest.check(now);
  }

  stop(): void {
    for (const guest of this.#all) guest.stop();
  }

  destroy(): void {
    for (const guest of this.#all) guest.destroy();
    for (const guest of this.#turnedAway) guest.destroy();
  }
}

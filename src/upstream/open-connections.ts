import type { Socket } from 'node:net';
import type { ClientCertificate } from '../credentials/credentials.ts';
import { PortholeError } from '../errors.ts';

/** A connection of HTTP/1.1 or of HTTP/2. */
interface OpenConnection {
  readonly socket: Socket;
  readonly certificate: ClientCertificate | undefined;
  spent: boolean;
  readonly longRunning: boolean;
  cut(error: PortholeError): void;
}

/** Why connections are given up, and when those that are long-running are cut. */
interface Retirement {
  /** Ends a sentence. */
  readonly reason: string;
  /** Monotonic milliseconds; Infinity is never. */
  readonly deadline: number;
}

/** Longer than Node can wait: taken for never. */
const NEVER = 2 ** 31;
/** Stands for having no certificate. */
const NONE: ClientCertificate = { cert: '', key: '' };

/** The open connections of a pool, idle or not, and which of them, and of those to come, are retired. */
export class OpenConnections<Connection extends OpenConnection> {
  readonly #authority: string;
  readonly #open = new Set<Connection>();
  /** Those with which a connection was asked for and that are not retired. */
  #certificates = new Set<ClientCertificate | undefined>();
  readonly #retired = new WeakMap<ClientCertificate, Retirement>();
  #allRetired: Retirement | undefined;

  constructor(authority: string) {
    this.#authority = authority;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Those that do not carry a watch or a tunnel. */
  get short(): number {
    let count = 0;
    for (const { longRunning } of this.#open) if (!longRunning) count++;
    return count;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#open.values();
  }

  /** A connection with `certificate` is asked for. */
  ask(certificate: ClientCertificate | undefined): void {
    if (!this.isRetired(certificate)) this.#certificates.add(certificate);
  }

  isRetired(certificate: ClientCertificate | undefined): boolean {
    return this.#retired.has(certificate ?? NONE);
  }

  /** Takes in one that has just been opened; it is retired if its certificate was, meanwhile. */
  add(connection: Connection, onClose: () => void): void {
    this.#open.add(connection);
    connection.socket.once('close', () => {
      this.#open.delete(connection);
      onClose();
    });
    const retirement = this.#retired.get(connection.certificate ?? NONE);
    if (retirement !== undefined) this.#retire(connection, retirement);
    if (this.#allRetired !== undefined) this.#retire(connection, this.#allRetired);
  }

  /** Retires what was opened with another certificate than `current`, or will have been. */
  retireOthers(current: ClientCertificate | undefined, graceMs: number): void {
    const retirement = until('the client certificate was renewed', graceMs);
    const others = this.#certificates;
    this.#certificates = new Set([current]);
    this.#retired.delete(current ?? NONE);
    others.delete(current);
    for (const certificate of others) this.#retired.set(certificate ?? NONE, retirement);
    for (const connection of this.#open) {
      if (others.has(connection.certificate)) this.#retire(connection, retirement);
    }
  }

  /** Retires all, also those to come. */
  retireAll(graceMs: number): void {
    this.#allRetired = until('the kubeconfig now names another cluster or user', graceMs);
    for (const connection of this.#open) this.#retire(connection, this.#allRetired);
  }

  #retire(connection: Connection, { reason, deadline }: Retirement): void {
    connection.spent = true;
    const waitMs = deadline - performance.now();
    if (waitMs >= NEVER) return;
    // Asked when it is due: who has just got the connection has yet to say that it is long-running.
    const timer = setTimeout(
      () => {
        if (!connection.longRunning) return;
        const what = `the connection to the API server at ${this.#authority} was closed`;
        connection.cut(new PortholeError('ERR_RETIRED', `${what} because ${reason}`));
      },
      Math.max(0, waitMs),
    ).unref();
    connection.socket.once('close', () => clearTimeout(timer));
  }
}

function until(reason: string, graceMs: number): Retirement {
  return { reason, deadline: performance.now() + graceMs };
}

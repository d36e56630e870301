import type { ClientCertificate } from '../credentials/credentials.ts';
import type { UpstreamConnection } from './connection.ts';

/** Bounds of idle connections: milliseconds, and how many. */
interface IdleLimits {
  readonly idle: number;
  readonly maxIdle: number;
}

/** Connections that wait for an exchange, the most recently used last. One that is dropped here is closed. */
export class IdleConnections {
  readonly #limits: IdleLimits;
  #connections: UpstreamConnection[] = [];

  constructor(limits: IdleLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#connections.length;
  }

  get isFull(): boolean {
    return this.#connections.length >= this.#limits.maxIdle;
  }

  put(connection: UpstreamConnection): void {
    connection.idleSince = performance.now();
    connection.reused = true;
    connection.resume();
    this.#connections.push(connection);
  }

  /** The most recently used one, opened with `certificate`. */
  take(certificate: ClientCertificate | undefined): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#connections.pop();
      if (connection === undefined) return undefined;
      // One with another certificate was opened as somebody else, before that was renewed.
      const old = performance.now() - connection.idleSince > this.#limits.idle;
      if (!old && connection.certificate === certificate) return connection;
      connection.destroy();
    }
  }

  /** Forgets one that has closed itself, should it be here. */
  forget(connection: object): void {
    const at = (this.#connections as object[]).indexOf(connection);
    if (at >= 0) this.#connections.splice(at, 1);
  }

  dropOld(): void {
    const oldest = performance.now() - this.#limits.idle;
    while ((this.#connections[0]?.idleSince ?? Number.POSITIVE_INFINITY) < oldest) {
      this.#connections.shift()?.destroy();
    }
  }

  /** Those that may carry no further exchange. */
  dropSpent(): void {
    const connections = this.#connections;
    this.#connections = connections.filter(({ spent }) => !spent);
    for (const connection of connections) if (connection.spent) connection.destroy();
  }

  dropAll(): void {
    for (const connection of this.#connections.splice(0)) connection.destroy();
  }
}

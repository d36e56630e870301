import type { SecureContext } from 'node:tls';
import type { ClientCertificate, Credential } from '../credentials/credentials.ts';
import { PortholeError } from '../errors.ts';
import { UpstreamConnection } from './connection.ts';
import { brokenError, dial, type Route } from './dial.ts';
import { secureContextFor } from './tls.ts';

/** Bounds of a pool. Times are milliseconds. */
export const POOL_LIMITS = {
  /** As in Go's http.DefaultTransport. */
  idle: 90_000,
  maxIdle: 256,
  /** Handshakes at once: a burst of clients shares them instead of each paying for its own. */
  maxDials: 16,
  maxConnections: 8_192,
} as const;

type Limits = Readonly<Record<keyof typeof POOL_LIMITS, number>>;

/** How often idle connections are looked over. */
const SWEEP = 10_000;

interface Waiter {
  readonly certificate: ClientCertificate | undefined;
  readonly fresh: boolean;
  /** Monotonic milliseconds. */
  readonly since: number;
  readonly resolve: (connection: UpstreamConnection) => void;
  readonly reject: (error: PortholeError) => void;
}

/** Connections to one API server, the most recently used first. */
export class Pool {
  readonly #route: Route;
  readonly #limits: Limits;
  readonly #idle: UpstreamConnection[] = [];
  #waiters: Waiter[] = [];
  #dials = 0;
  #open = 0;
  #scheduled = false;
  #closed = false;
  #context: { certificate: ClientCertificate | undefined; context: SecureContext } | undefined;
  readonly #sweep: NodeJS.Timeout;

  /** `limits` are in place of the usual ones. */
  constructor(route: Route, limits: Partial<Limits> = {}) {
    this.#route = route;
    this.#limits = { ...POOL_LIMITS, ...limits };
    this.#sweep = setInterval(() => this.#dropOld(), SWEEP).unref();
  }

  /** Open connections, idle ones and those at work. */
  get open(): number {
    return this.#open;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /**
   * A connection for one exchange; give it back with `release`. `fresh` asks for one that has carried nothing yet.
   * Requests are matched with connections once all that this turn of the event loop has read is dealt with: an idle
   * connection that the server has closed, or spoken on unasked, is out of the pool by then.
   * `onWait` is given the way to give up the wait, with the reason for that.
   * @throws {PortholeError} as rejection: what `dial` throws, `ERR_LIMIT_REACHED`, `ERR_SHUTTING_DOWN`
   */
  acquire(
    credential: Credential,
    fresh: boolean,
    onWait?: (cancel: (reason: PortholeError) => void) => void,
  ): Promise<UpstreamConnection> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(shuttingDown());
        return;
      }
      const certificate = credential.clientCertificate;
      const waiter = { certificate, fresh, since: performance.now(), resolve, reject };
      this.#waiters.push(waiter);
      onWait?.((reason) => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        reject(reason);
      });
      this.#schedule();
    });
  }

  /** Takes back a connection whose exchange has ended well; `reusable` decides its future. */
  release(connection: UpstreamConnection): void {
    if (this.#closed || !connection.reusable || this.#idle.length >= this.#limits.maxIdle) {
      connection.destroy();
      return;
    }
    connection.idleSince = performance.now();
    connection.reused = true;
    connection.resume();
    this.#idle.push(connection);
    if (this.#waiters.length > 0) this.#schedule();
  }

  /** Closes idle connections and lets nobody wait; those at work end with their exchanges. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const { reject } of this.#waiters.splice(0)) {
      reject(shuttingDown());
    }
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#match();
    });
  }

  #match(): void {
    const waiting: Waiter[] = [];
    for (const waiter of this.#waiters) {
      const connection = waiter.fresh ? undefined : this.#takeIdle(waiter.certificate);
      if (connection === undefined) waiting.push(waiter);
      else waiter.resolve(connection);
    }
    this.#waiters = waiting;
    const wanted = Math.min(waiting.length, this.#limits.maxDials);
    for (let i = this.#dials; i < wanted; i++) this.#dial((waiting[i] as Waiter).certificate);
  }

  #takeIdle(certificate: ClientCertificate | undefined): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      // One with another certificate was opened as somebody else, before that was renewed.
      const old = performance.now() - connection.idleSince > this.#limits.idle;
      if (!old && connection.certificate === certificate) return connection;
      connection.destroy();
    }
  }

  #dial(certificate: ClientCertificate | undefined): void {
    const began = performance.now();
    this.#dials++;
    this.#connect(certificate).then(
      (connection) => {
        this.#dials--;
        const waiter = this.#nextWaiter(certificate);
        if (waiter === undefined) this.release(connection);
        else waiter.resolve(connection);
        if (this.#waiters.length > 0) this.#schedule();
      },
      (error: PortholeError) => {
        this.#dials--;
        this.#nextWaiter(certificate)?.reject(error);
        if (error.code === 'ERR_UPSTREAM_TIMEOUT') this.#giveUp(began, error);
        if (this.#waiters.length > 0) this.#schedule();
      },
    );
  }

  async #connect(certificate: ClientCertificate | undefined): Promise<UpstreamConnection> {
    const route = this.#route;
    if (this.#open + this.#dials > this.#limits.maxConnections) {
      throw new PortholeError(
        'ERR_LIMIT_REACHED',
        'too many connections to the API server are open',
      );
    }
    const dialled = await dial(route, this.#contextFor(certificate));
    const connection = new UpstreamConnection(dialled, certificate, (error) =>
      brokenError(error, route),
    );
    this.#open++;
    connection.socket.once('close', () => this.#open--);
    connection.onUseless = () => this.#forget(connection);
    return connection;
  }

  #contextFor(certificate: ClientCertificate | undefined): SecureContext | undefined {
    if (this.#route.tls === undefined) return undefined;
    if (this.#context === undefined || this.#context.certificate !== certificate) {
      this.#context = { certificate, context: secureContextFor(this.#route.tls, certificate) };
    }
    return this.#context.context;
  }

  /** Who has waited longest: the one it was dialled for may have got an idle connection meanwhile. */
  #nextWaiter(certificate: ClientCertificate | undefined): Waiter | undefined {
    const at = this.#waiters.findIndex((waiter) => waiter.certificate === certificate);
    return at < 0 ? undefined : this.#waiters.splice(at, 1)[0];
  }

  /** Whoever has waited for as long as a dial that timed out would only wait for the next one to do so. */
  #giveUp(began: number, error: PortholeError): void {
    const late = this.#waiters.filter(({ since }) => since <= began);
    this.#waiters = this.#waiters.filter(({ since }) => since > began);
    for (const { reject } of late) reject(error);
  }

  #forget(connection: UpstreamConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #dropOld(): void {
    const oldest = performance.now() - this.#limits.idle;
    while ((this.#idle[0]?.idleSince ?? Number.POSITIVE_INFINITY) < oldest) {
      this.#idle.shift()?.destroy();
    }
  }
}

function shuttingDown(): PortholeError {
  return new PortholeError('ERR_SHUTTING_DOWN', 'porthole is shutting down');
}

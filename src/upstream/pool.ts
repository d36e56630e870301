import type { ClientCertificate, Credential } from '../credentials/credentials.ts';
import { PortholeError } from '../errors.ts';
import { UpstreamConnection } from './connection.ts';
import { brokenError, type Dialled } from './dial.ts';
import { Dialling } from './dialling.ts';
import { Growth, type Wait } from './growth.ts';
import { Http2Connections } from './http2/connections.ts';
import { IdleConnections } from './idle-connections.ts';
import { OpenConnections } from './open-connections.ts';
import { POOL_LIMITS, type PoolLimits } from './pool-limits.ts';
import type { Route } from './route.ts';
import { type Machine, thisMachine } from './upkeep/machine-events.ts';
import { Reachability, type ReachabilityEvent } from './upkeep/reachability.ts';
import { Upkeep } from './upkeep/upkeep.ts';
import { Watchdog } from './upkeep/watchdog.ts';

/** Who is told, and what is asked. */
interface PoolOptions {
  /** Told once when the API server can not be reached, and once when it is back. */
  readonly onReachability?: ((event: ReachabilityEvent) => void) | undefined;
  /** Clocks and addresses, in place of this machine's. */
  readonly machine?: Machine | undefined;
}

interface Waiter extends Wait {
  readonly resolve: (connection: UpstreamConnection) => void;
  readonly reject: (error: PortholeError) => void;
}

/** Connections to one API server, the most recently used first. */
export class Pool {
  readonly route: Route;
  readonly #limits: PoolLimits;
  readonly #idle: IdleConnections;
  readonly #open: OpenConnections<UpstreamConnection>;
  /** To be asked first for exchanges that may last. */
  readonly http2: Http2Connections;
  readonly #dialling: Dialling;
  readonly #growth: Growth;
  readonly #reachability: Reachability;
  readonly #upkeep: Upkeep;
  #waiters: Waiter[] = [];
  #scheduled = false;
  #closed = false;

  /** `limits` are in place of the usual ones. */
  constructor(route: Route, limits: Partial<PoolLimits> = {}, options: PoolOptions = {}) {
    const { onReachability, machine = thisMachine } = options;
    this.route = route;
    this.#limits = { ...POOL_LIMITS, ...limits };
    this.#idle = new IdleConnections(this.#limits);
    this.#open = new OpenConnections(route.server.authority);
    this.#dialling = new Dialling(route, (error) => this.#reachability.dialled(error));
    this.#growth = new Growth(this.#limits, this.#dialling.underWay, () => this.#match());
    const probe = () => this.#dialling.probe(this.#limits.probe);
    this.#reachability = new Reachability(this.#limits, probe, onReachability);
    const watchdog = new Watchdog(this.#open, this.#limits, probe, () => this.#idle.dropAll());
    const { sweep } = this.#limits;
    this.http2 = new Http2Connections(route, this.#limits, this.#dialling, {
      asked: (certificate) => {
        this.#open.ask(certificate);
        this.#upkeep.distrustAfterSleep();
        this.#reachability.asked();
      },
      checkLimit: () => this.#checkLimit(),
      opened: () => this.#upkeep.opened(),
      closed: () => this.#upkeep.closed(),
      adopt: (dialled, certificate) => this.#adopt(dialled, certificate),
      release: (connection) => this.release(connection),
    });
    this.#upkeep = new Upkeep(this.#open, this.http2, this.#idle, watchdog, machine, sweep);
  }

  /** Open connections, idle ones and those at work. */
  get open(): number {
    return this.#open.size + this.http2.size;
  }

  get idle(): number {
    return this.#idle.size;
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
    if (this.#closed || !connection.reusable || this.#idle.isFull) {
      connection.destroy();
      return;
    }
    connection.longRunning = false;
    this.#idle.put(connection);
    if (this.#waiters.length > 0) this.#schedule();
  }

  /**
   * The credential in use has `current` now. Connections that were opened with another certificate are closed: idle ones
   * at once, those at work when their exchange ends, long-running ones after `graceMs` (0 at once, Infinity when they end)
   * with `ERR_RETIRED`. A dial with another certificate that is under way may end, and its connection counts as those do.
   */
  retireOthers(current: ClientCertificate | undefined, graceMs: number): void {
    for (const { certificate } of this.#waiters) this.#open.ask(certificate);
    this.#open.retireOthers(current, graceMs);
    this.#idle.dropSpent();
    this.http2.retireOthers(current, graceMs);
  }

  /**
   * The kubeconfig names another cluster or user: retires all connections, as `retireOthers` does, and those to come,
   * because exchanges that are under way may still acquire one. Once there is none, nothing of the pool runs any more.
   */
  retire(graceMs: number): void {
    this.#open.retireAll(graceMs);
    this.http2.retireAll(graceMs);
    this.#idle.dropAll();
    this.#reachability.close();
  }

  /** Closes idle connections and lets nobody wait; those at work end with their exchanges. */
  close(): void {
    this.#closed = true;
    this.#reachability.close();
    for (const { reject } of this.#waiters.splice(0)) reject(shuttingDown());
    this.#growth.stop();
    this.#idle.dropAll();
    this.http2.close();
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
    this.#upkeep.distrustAfterSleep();
    this.#reachability.asked();
    const waiting: Waiter[] = [];
    for (const waiter of this.#waiters) {
      const { certificate, fresh } = waiter;
      // Who still comes with a retired certificate does not throw away what others have opened.
      const open = !fresh && !this.#open.isRetired(certificate);
      const connection = open ? this.#idle.take(certificate) : undefined;
      if (connection === undefined) waiting.push(waiter);
      else waiter.resolve(connection);
    }
    this.#waiters = waiting;
    if (waiting.length === 0) return;
    for (const certificate of this.#growth.due(waiting, this.#open.short)) this.#dial(certificate);
  }

  #dial(certificate: ClientCertificate | undefined): void {
    const began = performance.now();
    this.#open.ask(certificate);
    this.#connect(certificate).then(
      (connection) => {
        const waiter = this.#nextWaiter(certificate);
        if (waiter === undefined) this.release(connection);
        else waiter.resolve(connection);
        if (this.#waiters.length > 0) this.#schedule();
      },
      (error: PortholeError) => {
        this.#nextWaiter(certificate)?.reject(error);
        if (error.code === 'ERR_UPSTREAM_TIMEOUT') this.#giveUp(began, error);
        if (this.#waiters.length > 0) this.#schedule();
      },
    );
  }

  async #connect(certificate: ClientCertificate | undefined): Promise<UpstreamConnection> {
    this.#checkLimit();
    return this.#adopt(await this.#dialling.dial(certificate), certificate);
  }

  #checkLimit(): void {
    if (this.open + this.#dialling.underWay.all < this.#limits.maxConnections) return;
    throw new PortholeError('ERR_LIMIT_REACHED', 'too many connections to the API server are open');
  }

  #adopt(dialled: Dialled, certificate: ClientCertificate | undefined): UpstreamConnection {
    // Without ALPN there is no HTTP/2: no need to ask for it.
    if (dialled.protocol === undefined) this.http2.unspoken();
    const connection = new UpstreamConnection(dialled, certificate, (error) =>
      brokenError(error, this.route),
    );
    this.#open.add(connection, () => this.#upkeep.closed());
    this.#upkeep.opened();
    connection.onUseless = () => this.#idle.forget(connection);
    return connection;
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
}

function shuttingDown(): PortholeError {
  return new PortholeError('ERR_SHUTTING_DOWN', 'porthole is shutting down');
}

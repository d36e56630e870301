import type { Credential } from '../../credentials/credentials.ts';
import { asPortholeError, PortholeError } from '../../errors.ts';
import type { UpstreamConnection } from '../connection.ts';
import { brokenError, type Dialled } from '../dial.ts';
import type { Dialling } from '../dialling.ts';
import { OpenConnections } from '../open-connections.ts';
import type { Route } from '../route.ts';
import type { Http2Connection } from './connection.ts';
import { type Acquired, type Certificate, isFor, Waiters } from './waiters.ts';

/** For how long it is remembered that a server does not speak HTTP/2, in milliseconds. */
const MEMORY = 300_000;

/** Milliseconds, but for `maxDials`. */
interface Limits {
  readonly idle: number;
  readonly silence: number;
  readonly probe: number;
  readonly maxDials: number;
}

/** What the pool that these connections belong to does for them. */
interface Surroundings {
  /** Called for each exchange that wants a stream: its certificate may be that of a connection of the pool's. */
  readonly asked: (certificate: Certificate) => void;
  /** @throws {PortholeError} `ERR_LIMIT_REACHED` */
  readonly checkLimit: () => void;
  readonly opened: () => void;
  readonly closed: () => void;
  /** Takes over a connection on which the server wants HTTP/1.1. */
  readonly adopt: (dialled: Dialled, certificate: Certificate) => UpstreamConnection;
  readonly release: (connection: UpstreamConnection) => void;
}

/** Loaded with the first request that wants a stream: node:http2 costs memory, and time at the start. */
const load = async () => {
  const [{ Http2Connection }, { requestFields }] = await Promise.all([
    import('./connection.ts'),
    import('./fields.ts'),
  ]);
  return { Http2Connection, requestFields };
};

type Loaded = Awaited<ReturnType<typeof load>>;

/** Connections of HTTP/2 to one API server: as few as the streams need. */
export class Http2Connections {
  readonly #route: Route;
  readonly #limits: Limits;
  readonly #dialling: Dialling;
  readonly #surroundings: Surroundings;
  readonly #open: OpenConnections<Http2Connection>;
  readonly #waiters = new Waiters();
  #capacity: number | undefined;
  /** Monotonic milliseconds until which nobody asks whether the server speaks HTTP/2. */
  #unspokenUntil: number;
  #loaded: Loaded | undefined;
  #scheduled = false;
  #closed = false;

  constructor(route: Route, limits: Limits, dialling: Dialling, surroundings: Surroundings) {
    this.#route = route;
    this.#limits = limits;
    this.#dialling = dialling;
    this.#surroundings = surroundings;
    this.#open = new OpenConnections(route.server.authority);
    this.#unspokenUntil = route.tls === undefined ? Number.POSITIVE_INFINITY : 0;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator] = (): IterableIterator<Http2Connection> => this.#open[Symbol.iterator]();

  /** The server was seen not to speak HTTP/2. */
  unspoken(): void {
    this.#unspokenUntil = Math.max(this.#unspokenUntil, performance.now() + MEMORY);
    this.#waiters.settleAll(({ resolve }) => resolve(undefined));
  }

  /**
   * A stream for a request without a body, whose head is written for HTTP/1.1; where that can not be, a new connection that
   * the server wants HTTP/1.1 on, or undefined. For the rest see `Pool.acquire`.
   */
  async acquire(
    { clientCertificate: certificate }: Credential,
    head: string,
    fresh: boolean,
    onWait: (cancel: (reason: PortholeError) => void) => void,
  ): Promise<Acquired> {
    const since = performance.now();
    if (since < this.#unspokenUntil) return undefined;
    this.#open.ask(certificate);
    this.#surroundings.asked(certificate);
    this.#loaded ??= await load();
    const fields = this.#loaded.requestFields(head);
    if (fields === undefined) return undefined;
    if (this.#closed) throw shuttingDown();
    const acquired = this.#waiters.add({ certificate, fields, fresh, since }, onWait);
    this.#schedule();
    return acquired;
  }

  /** As `Pool.retireOthers`. */
  retireOthers(current: Certificate, graceMs: number): void {
    this.#open.retireOthers(current, graceMs);
    this.#closeSpent();
  }

  /** As `Pool.retire`. */
  retireAll(graceMs: number): void {
    this.#open.retireAll(graceMs);
    this.#closeSpent();
  }

  /** As `Pool.close`. */
  close(): void {
    this.#closed = true;
    this.#waiters.settleAll(({ reject }) => reject(shuttingDown()));
    for (const connection of this.#open) connection.close();
  }

  /** The machine slept. */
  distrust(): void {
    for (const connection of this.#open) connection.distrust();
  }

  /** To be called every now and then: closes what is idle for long, and cuts what is dead. */
  look(): void {
    let dead = false;
    for (const connection of this.#open) if (!connection.look(this.#limits)) dead = true;
    // Whether it can be reached at all is said to the operator by who dials.
    if (dead) void this.#dialling.probe(this.#limits.probe);
  }

  #closeSpent(): void {
    for (const connection of this.#open) {
      // Somebody waits for one that has not begun yet.
      if (connection.spent && connection.limit !== undefined) connection.close();
    }
  }

  readonly #schedule = (): void => {
    if (this.#scheduled || this.#waiters.isEmpty) return;
    this.#scheduled = true;
    // As in the pool: what this turn of the event loop still reads may end a connection.
    setImmediate(() => {
      this.#scheduled = false;
      this.#match();
    });
  };

  #match(): void {
    this.#waiters.settle((waiter) => {
      for (const connection of this.#open) {
        if (connection.room === 0 || !isFor(waiter, connection)) continue;
        waiter.resolve(connection.take(waiter.fields));
        return true;
      }
      return false;
    });
    this.#dialForWaiters();
  }

  /** As many dials as there have to be for those that wait, should each bring a connection like the last one. */
  #dialForWaiters(): void {
    for (const [certificate, count] of this.#waiters.count()) {
      const needed = Math.ceil(count / (this.#capacity ?? count));
      const most = Math.min(needed, this.#limits.maxDials);
      for (let coming = this.#coming(certificate); coming < most; coming++)
        void this.#dial(certificate);
    }
  }

  /** Connections that will say how many streams they take. */
  #coming(certificate: Certificate): number {
    let coming = this.#dialling.streamsUnderWay.with(certificate);
    for (const connection of this.#open) {
      const { spent, limit } = connection;
      if (connection.certificate === certificate && !spent && limit === undefined) coming++;
    }
    return coming;
  }

  async #dial(certificate: Certificate): Promise<void> {
    const began = performance.now();
    try {
      this.#surroundings.checkLimit();
      const dialled = await this.#dialling.dialForStreams(certificate);
      if (dialled.protocol === 'h2') await this.#take(dialled, certificate, began);
      else this.#fallBack(dialled, certificate);
    } catch (error) {
      this.#giveUp(certificate, began, asPortholeError(error));
    }
    this.#schedule();
  }

  async #take(dialled: Dialled, certificate: Certificate, began: number): Promise<void> {
    // Whoever waited has loaded it. Later than in this turn the socket might have ended unheard.
    const { Http2Connection } = this.#loaded as Loaded;
    const explain = (error: Error): PortholeError => brokenError(error, this.#route);
    const connection = new Http2Connection(dialled, certificate, began, explain);
    connection.onRoom = () => {
      this.#capacity = connection.limit ?? this.#capacity;
      if (connection.limit === 0) this.unspoken();
      this.#schedule();
    };
    this.#open.add(connection, this.#surroundings.closed);
    this.#surroundings.opened();
    await connection.ready();
    // Who has waited for it gets it even if it was retired meanwhile: as the pool's do.
    let { free } = connection;
    this.#waiters.settle((waiter) => {
      if (!isFor(waiter, connection) || free === 0) return false;
      free--;
      waiter.resolve(connection.take(waiter.fields));
      return true;
    });
    if (this.#closed || (connection.spent && connection.isIdle)) connection.close();
  }

  /** The server wants HTTP/1.1: one of those that wait gets this connection, all others take the ordinary way. */
  #fallBack(dialled: Dialled, certificate: Certificate): void {
    let given = false;
    let give = (connection: UpstreamConnection): void => this.#surroundings.release(connection);
    // First: without ALPN `adopt` sends all that wait the ordinary way.
    this.#waiters.settle((waiter) => {
      if (given || waiter.certificate !== certificate) return false;
      given = true;
      give = waiter.resolve;
      return true;
    });
    give(this.#surroundings.adopt(dialled, certificate));
    this.unspoken();
  }

  /** Whoever waited for this dial would only wait for the next one to fail. */
  #giveUp(certificate: Certificate, began: number, error: PortholeError): void {
    this.#waiters.settle((waiter) => {
      const late = waiter.certificate === certificate && waiter.since <= began;
      if (late) waiter.reject(error);
      return late;
    });
  }
}

function shuttingDown(): PortholeError {
  return new PortholeError('ERR_SHUTTING_DOWN', 'porthole is shutting down');
}

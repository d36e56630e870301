import { PortholeError } from '../../errors.ts';
import type { UpstreamConnection } from '../connection.ts';
import { isUnreachable } from './reachability.ts';

/** Milliseconds. */
interface Times {
  readonly silence: number;
  readonly again: number;
}

/** What was seen of a connection at the last look. Times are monotonic milliseconds. */
interface Sight {
  reads: number;
  /** Bytes written by the time that bytes came last. */
  writtenAtRead: number;
  /** More was written since. */
  wrote: boolean;
  /** Since when it owes us bytes and is silent. */
  since: number;
  /** The machine slept since bytes came last. */
  slept: boolean;
}

/**
 * Finds exchanges whose server is gone without a word. TCP keep-alive ends connections on which nothing is under way; but
 * what was written into a dead one is sent again for a quarter of an hour. So an exchange that has been owed bytes for
 * long makes the watchdog ask, with a new connection, whether the API server is there at all.
 */
export class Watchdog {
  readonly #open: Iterable<UpstreamConnection>;
  readonly #times: Times;
  readonly #probe: () => Promise<PortholeError | undefined>;
  readonly #onDead: () => void;
  readonly #sights = new WeakMap<UpstreamConnection, Sight>();
  #probing = false;
  #refused = false;
  #nextProbe = 0;

  /** `onDead` is called when a probe has failed. */
  constructor(
    open: Iterable<UpstreamConnection>,
    times: Times,
    probe: () => Promise<PortholeError | undefined>,
    onDead: () => void,
  ) {
    this.#open = open;
    this.#times = times;
    this.#probe = probe;
    this.#onDead = onDead;
  }

  /** The machine slept: whoever is owed bytes may wait for a connection that is forgotten on its way. */
  slept(): void {
    const now = performance.now();
    for (const connection of this.#open) {
      // What came before it slept does not count.
      this.#silence(connection, now);
      const sight = this.#sightOf(connection);
      sight.slept = true;
      sight.since = now;
    }
  }

  /** To be called every now and then. */
  look(): void {
    const now = performance.now();
    let silent = false;
    for (const connection of this.#open) {
      if (this.#silence(connection, now) >= this.#times.silence) silent = true;
    }
    if (!silent) this.#refused = false;
    if (!silent || this.#probing || now < this.#nextProbe) return;
    this.#probing = true;
    void this.#probe().then((error) => {
      this.#probing = false;
      this.#nextProbe = performance.now() + this.#times.again;
      this.#judge(error);
    });
  }

  #judge(error: PortholeError | undefined): void {
    const failed = error !== undefined && isUnreachable(error);
    // A refusal is an answer: a server that shuts down takes no connections, but may still finish what it has begun.
    const refused = failed && (error.cause as NodeJS.ErrnoException)?.code === 'ECONNREFUSED';
    const dead = failed && (!refused || this.#refused);
    this.#refused = refused;
    if (dead) this.#onDead();
    const now = performance.now();
    for (const connection of this.#open) {
      const silence = this.#silence(connection, now);
      if (silence < this.#times.silence) continue;
      const for_ = `the API server has been silent for ${Math.round(silence / 1000)} s`;
      if (dead) connection.cut(gone(`${for_} and cannot be reached`));
      else if (error === undefined && this.#sightOf(connection).slept) {
        connection.cut(gone(`${for_} on a connection from before this machine slept`));
      }
    }
  }

  /** For how long `connection` has owed us bytes. */
  #silence(connection: UpstreamConnection, now: number): number {
    const sight = this.#sightOf(connection);
    const { awaitsHead, busy, reads, socket } = connection;
    const read = reads !== sight.reads;
    if (read || !busy || socket.isPaused()) {
      sight.reads = reads;
      sight.writtenAtRead = connection.writtenAtRead ?? socket.bytesWritten;
      sight.slept &&= !read;
      sight.wrote = false;
      sight.since = now;
    }
    const wrote = socket.bytesWritten > sight.writtenAtRead;
    if (wrote && !sight.wrote && !awaitsHead) sight.since = now;
    sight.wrote = wrote;
    return busy && (wrote || awaitsHead) ? now - sight.since : 0;
  }

  #sightOf(connection: UpstreamConnection): Sight {
    let sight = this.#sights.get(connection);
    if (sight === undefined) {
      const { reads, writtenAtRead, socket } = connection;
      sight = {
        reads,
        writtenAtRead: writtenAtRead ?? socket.bytesWritten,
        wrote: false,
        since: performance.now(),
        slept: false,
      };
      this.#sights.set(connection, sight);
    }
    return sight;
  }
}

function gone(message: string): PortholeError {
  return new PortholeError('ERR_UPSTREAM_UNREACHABLE', message);
}

import type { OutgoingHttpHeaders } from 'node:http2';
import type { ClientCertificate } from '../../credentials/credentials.ts';
import type { PortholeError } from '../../errors.ts';
import type { UpstreamConnection } from '../connection.ts';
import type { Http2Connection } from './connection.ts';
import type { UpstreamStream } from './stream.ts';

export type Certificate = ClientCertificate | undefined;

/** What whoever waits may get; undefined sends it the ordinary way. */
export type Acquired = UpstreamStream | UpstreamConnection | undefined;

/** An exchange that waits for a stream. */
export interface Wanted {
  readonly certificate: Certificate;
  readonly fields: OutgoingHttpHeaders;
  /** The connection must not have been there when this one came. */
  readonly fresh: boolean;
  /** Monotonic milliseconds. */
  readonly since: number;
}

interface Waiter extends Wanted {
  readonly resolve: (acquired: Acquired) => void;
  readonly reject: (error: PortholeError) => void;
}

/** Whether a stream of `connection` is what is wanted. */
export function isFor({ certificate, fresh, since }: Wanted, connection: Http2Connection): boolean {
  return connection.certificate === certificate && (!fresh || connection.since >= since);
}

/** Who waits for a stream, in the order in which they came. */
export class Waiters {
  #waiting: Waiter[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** `onWait` is given the way to give up the wait, with the reason for that. */
  add(
    wanted: Wanted,
    onWait: (cancel: (reason: PortholeError) => void) => void,
  ): Promise<Acquired> {
    return new Promise((resolve, reject) => {
      const waiter = { ...wanted, resolve, reject };
      this.#waiting.push(waiter);
      onWait((reason) => {
        this.settle((other) => other === waiter);
        reject(reason);
      });
    });
  }

  /** Asks `settles` about each, and forgets those for which it is true. */
  settle(settles: (waiter: Waiter) => boolean): void {
    this.#waiting = this.#waiting.filter((waiter) => !settles(waiter));
  }

  settleAll(settle: (waiter: Waiter) => void): void {
    for (const waiter of this.#waiting.splice(0)) settle(waiter);
  }

  /** How many wait, by certificate. */
  count(): Map<Certificate, number> {
    const counts = new Map<Certificate, number>();
    for (const { certificate } of this.#waiting) {
      counts.set(certificate, (counts.get(certificate) ?? 0) + 1);
    }
    return counts;
  }
}

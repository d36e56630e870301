import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { ClientCertificate } from '../credentials/credentials.ts';
import type { PortholeError } from '../errors.ts';
import { type Dialled, dial } from './dial.ts';
import type { Route } from './route.ts';
import { secureContextFor } from './tls.ts';

/** How long a server may take to close a connection that is not needed, in milliseconds. */
const PARTING = 5_000;

/** Told how each dial ended; without an error, well. */
type OnDialled = (error: PortholeError | undefined) => void;

/** The dials of one pool: one TLS context for each client certificate, and how many are under way. */
export class Dialling {
  readonly #route: Route;
  readonly #onDialled: OnDialled;
  /** Gone with its certificate, which nobody holds once it was renewed. */
  readonly #contexts = new WeakMap<ClientCertificate, SecureContext>();
  #plainContext: SecureContext | undefined;
  readonly #underWay = new Map<ClientCertificate | undefined, number>();
  #last: ClientCertificate | undefined;
  #probe: Promise<PortholeError | undefined> | undefined;

  constructor(route: Route, onDialled: OnDialled) {
    this.#route = route;
    this.#onDialled = onDialled;
  }

  /** How many dials with `certificate` are under way. */
  underWay(certificate: ClientCertificate | undefined): number {
    return this.#underWay.get(certificate) ?? 0;
  }

  get allUnderWay(): number {
    let all = 0;
    for (const count of this.#underWay.values()) all += count;
    return all;
  }

  /** @throws {PortholeError} what `dial` throws and `ERR_CREDENTIALS`, as rejection */
  async dial(certificate: ClientCertificate | undefined): Promise<Dialled> {
    this.#last = certificate;
    this.#underWay.set(certificate, this.underWay(certificate) + 1);
    try {
      return await this.#told(dial(this.#route, this.#contextFor(certificate)));
    } finally {
      const left = this.underWay(certificate) - 1;
      if (left > 0) this.#underWay.set(certificate, left);
      else this.#underWay.delete(certificate);
    }
  }

  /**
   * Whether the API server can be reached now: opens a connection and closes it. Resolves to the error of a failure, after
   * `limitMs` at the latest. Whoever asks while one is under way shares it.
   */
  probe(limitMs: number): Promise<PortholeError | undefined> {
    this.#probe ??= this.#probeOnce(limitMs).finally(() => {
      this.#probe = undefined;
    });
    return this.#probe;
  }

  async #probeOnce(limitMs: number): Promise<PortholeError | undefined> {
    const route = { ...this.#route, timeouts: { dial: limitMs / 2, tls: limitMs / 2 } };
    try {
      const { socket } = await this.#told(dial(route, this.#contextFor(this.#last)));
      part(socket);
      return undefined;
    } catch (error) {
      return error as PortholeError;
    }
  }

  async #told(dialled: Promise<Dialled>): Promise<Dialled> {
    try {
      const value = await dialled;
      this.#onDialled(undefined);
      return value;
    } catch (error) {
      this.#onDialled(error as PortholeError);
      throw error;
    }
  }

  #contextFor(certificate: ClientCertificate | undefined): SecureContext | undefined {
    const { tls } = this.#route;
    if (tls === undefined) return undefined;
    if (certificate === undefined) {
      this.#plainContext ??= secureContextFor(tls, undefined);
      return this.#plainContext;
    }
    let context = this.#contexts.get(certificate);
    if (context === undefined) {
      context = secureContextFor(tls, certificate);
      this.#contexts.set(certificate, context);
    }
    return context;
  }
}

/** Takes leave in order, which a server does not log as a handshake that failed. */
function part(socket: Socket): void {
  const close = (): unknown => socket.destroy();
  socket.on('error', close).on('end', close).setTimeout(PARTING, close).resume().end();
}

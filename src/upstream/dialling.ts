import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { ClientCertificate } from '../credentials/credentials.ts';
import type { PortholeError } from '../errors.ts';
import { type Dialled, dial, type TlsSession } from './dial.ts';
import { Inlet } from './inlet.ts';
import type { Route } from './route.ts';
import { secureContextFor, type TlsSettings } from './tls.ts';
import { UnderWay } from './under-way.ts';

/** How long a server may take to close a connection that is not needed, in milliseconds. */
const PARTING = 5_000;

/** Told how each dial ended; without an error, well. */
type OnDialled = (error: PortholeError | undefined) => void;

/** What connections with one client certificate share. */
interface Identity {
  readonly context: SecureContext;
  readonly session: TlsSession;
}

/** The dials of one pool: one TLS context for each client certificate, and how many are under way. */
export class Dialling {
  readonly underWay = new UnderWay();
  readonly streamsUnderWay = new UnderWay();
  readonly #route: Route;
  readonly #onDialled: OnDialled;
  /** Gone with its certificate, which nobody holds once it was renewed. */
  readonly #identities = new WeakMap<ClientCertificate, Identity>();
  #nobody: Identity | undefined;
  #last: ClientCertificate | undefined;
  #probe: Promise<PortholeError | undefined> | undefined;

  constructor(route: Route, onDialled: OnDialled) {
    this.#route = route;
    this.#onDialled = onDialled;
  }

  get allUnderWay(): number {
    return this.underWay.all + this.streamsUnderWay.all;
  }

  /** @throws {PortholeError} what `dial` throws and `ERR_CREDENTIALS`, as rejection */
  dial(certificate: ClientCertificate | undefined): Promise<Dialled> {
    return this.underWay.count(certificate, this.#dial(certificate, ['http/1.1']));
  }

  /** Likewise, for HTTP/2 where the server speaks it: `protocol` tells. */
  dialForStreams(certificate: ClientCertificate | undefined): Promise<Dialled> {
    return this.streamsUnderWay.count(certificate, this.#dial(certificate, ['h2', 'http/1.1']));
  }

  async #dial(
    certificate: ClientCertificate | undefined,
    protocols: readonly string[],
  ): Promise<Dialled> {
    this.#last = certificate;
    const identity = this.#identityOf(certificate);
    // A session of HTTP/2 reads by itself.
    const inlet = protocols.includes('h2') ? undefined : new Inlet();
    return this.#told(dial(this.#route, identity && { ...identity, protocols }, inlet));
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
      const { socket } = await this.#told(dial(route, this.#identityOf(this.#last)));
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

  #identityOf(certificate: ClientCertificate | undefined): Identity | undefined {
    const { tls } = this.#route;
    if (tls === undefined) return undefined;
    if (certificate === undefined) {
      this.#nobody ??= newIdentity(tls, undefined);
      return this.#nobody;
    }
    let identity = this.#identities.get(certificate);
    if (identity === undefined) {
      identity = newIdentity(tls, certificate);
      this.#identities.set(certificate, identity);
    }
    return identity;
  }
}

function newIdentity(tls: TlsSettings, certificate: ClientCertificate | undefined): Identity {
  return { context: secureContextFor(tls, certificate), session: { latest: undefined } };
}

/** Takes leave in order, which a server does not log as a handshake that failed. */
function part(socket: Socket): void {
  const close = (): unknown => socket.destroy();
  socket.on('error', close).on('end', close).setTimeout(PARTING, close).resume().end();
}

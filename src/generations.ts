import type { Credential, Credentials } from './credentials/credentials.ts';
import type { PortholeError } from './errors.ts';
import {
  createGeneration,
  type Generation,
  type GenerationOptions,
  isSameWay,
  retire,
} from './generation.ts';
import { Follower, type Load } from './kubeconfig/follow/follow.ts';
import type { ResolvedConfig } from './kubeconfig/kubeconfig.ts';
import type { Pool } from './upstream/pool.ts';

/** Of request bodies that could be sent once more. Bytes, of all requests together. */
const MAX_HELD = 64 * 1024 * 1024;

export interface GenerationsOptions
  extends Omit<GenerationOptions, 'follows' | 'onCertificate' | 'held'> {
  readonly config: ResolvedConfig;
  /** Loads the configuration anew when its files have changed; undefined: it stays as it is. */
  readonly reload: Load | undefined;
}

/** Another credential, and the generation that it belongs to. */
export interface Renewed {
  readonly generation: Generation;
  readonly credential: Credential;
}

/** Another credential for one that the API server did not accept; undefined when there is none. Never rejects. */
export type Renew = (
  from: Generation,
  refused: Credential,
  handshake?: PortholeError,
) => Promise<Renewed | undefined>;

/**
 * The generation that requests go through, and the changes from one to the next: an exchange keeps the one that it began
 * with, so that no request sees half of a change.
 */
export class Generations {
  readonly #options: GenerationOptions;
  readonly #follower: Follower | undefined;
  #current: Generation;
  /** Earlier ones' pools and credentials, as long as somebody uses them. */
  readonly #pools = new Set<Pool>();
  readonly #credentials = new Set<Credentials>();

  /** @throws {PortholeError} as `createGeneration` */
  constructor(options: GenerationsOptions) {
    const { config, reload } = options;
    this.#options = {
      ...options,
      follows: reload !== undefined,
      held: { left: MAX_HELD },
      onCertificate: (of, current) => {
        // What comes of credentials that were replaced meanwhile says nothing about those in use.
        if (of !== this.#current.credentials) return;
        for (const pool of [this.#current.pool, ...this.#pools])
          pool.retireOthers(current, options.rotationGraceMs);
      },
    };
    this.#current = createGeneration(config, this.#options);
    if (reload === undefined) return;
    const { inform, warn } = options;
    const take = (next: ResolvedConfig): boolean => this.#take(next);
    this.#follower = new Follower({ config, load: reload, take, inform, warn });
  }

  get current(): Generation {
    return this.#current;
  }

  /** Connections to API servers, those of earlier generations too. */
  get open(): number {
    let open = this.#current.pool.open;
    for (const pool of this.#pools) open += pool.open;
    return open;
  }

  /**
   * The API server did not accept `refused`: another credential, from where this one came from or by files that have
   * changed; undefined when there is none. Never rejects.
   */
  async renew(
    from: Generation,
    refused: Credential,
    handshake?: PortholeError,
  ): Promise<Renewed | undefined> {
    let renewed: Credential | undefined;
    if (this.#current.credentials === from.credentials) {
      if (mayHelp(refused, handshake)) renewed = await from.credentials.renew(refused);
      if (renewed === undefined) await this.#follower?.check();
    }
    const generation = this.#current;
    // It was admitted for one cluster and one user, and goes nowhere else.
    if (!isSameWay(from.config, generation.config)) return undefined;
    if (generation.credentials !== from.credentials) return withCurrent(generation);
    if (renewed !== undefined) return { generation, credential: renewed };
    // It was the way there that has changed: another authority may vouch for the server.
    return generation === from ? undefined : { generation, credential: refused };
  }

  /** Reads everything again, at the operator's word. */
  async reload(): Promise<void> {
    this.#current.credentials.retry();
    await this.#follower?.reload();
  }

  close(): void {
    this.#follower?.close();
    this.#current.pool.close();
    this.#current.credentials.close();
    for (const pool of this.#pools) pool.close();
    for (const credentials of this.#credentials) credentials.close();
  }

  /** False where we have only read what we have written: tokens of a provider. */
  #take(config: ResolvedConfig): boolean {
    const before = this.#current;
    const now = createGeneration(config, this.#options, before);
    this.#current = now;
    retire(before, now, this.#options.rotationGraceMs);
    for (const pool of this.#pools) if (pool.open === 0) this.#pools.delete(pool);
    for (const credentials of this.#credentials)
      if (!credentials.busy) this.#credentials.delete(credentials);
    if (before.pool !== now.pool) this.#pools.add(before.pool);
    if (before.credentials !== now.credentials) this.#credentials.add(before.credentials);
    return (
      before.persisted.size === 0 ||
      before.credentials !== now.credentials ||
      before.pool !== now.pool
    );
  }
}

/** A server that can not be verified has seen nothing of ours; client-go runs no plugin for it. */
function mayHelp({ clientCertificate }: Credential, handshake: PortholeError | undefined): boolean {
  if (handshake === undefined) return true;
  const { reason } = (handshake.cause ?? {}) as { reason?: string };
  return clientCertificate !== undefined && reason?.includes('alert') === true;
}

async function withCurrent(generation: Generation): Promise<Renewed | undefined> {
  try {
    return { generation, credential: await generation.credentials.current() };
  } catch {
    return undefined;
  }
}

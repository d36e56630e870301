import { readFile, stat } from 'node:fs/promises';
import { PortholeError } from '../errors.ts';
import type { ClientCertificate, Credential, CredentialState, Credentials } from './credentials.ts';
import { NOTHING_KNOWN } from './static.ts';

/** client-go `NewCachedFileTokenSource`: good for a minute, less ten seconds of leeway. */
const PERIOD_MS = 50_000;
/** After a failure. client-go tries at each request; this keeps a storm of requests off a file system that is down. */
const RETRY_MS = 1_000;

export interface TokenFileOptions {
  readonly path: string;
  /** Sent together with the token. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** `Authorization` to use as long as the file has never been read. */
  readonly fallback: string | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly warn: (sentence: string) => void;
}

/**
 * A bearer token that something else renews in a file: read when a request needs it and the last reading is 50 s old, and
 * at a 401, which client-go does not do. When that fails, the last good token stays, and a warning says so once.
 */
export class TokenFileCredentials implements Credentials {
  readonly renewable = true;
  readonly accepted = undefined;
  readonly #options: TokenFileOptions;
  #credential: Credential | undefined;
  #readAgainAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<Credential> | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #failure: CredentialState['failure'];
  #renewedAt: number | undefined;

  constructor(options: TokenFileOptions) {
    this.#options = options;
  }

  current(): Credential | Promise<Credential> {
    if (this.#credential !== undefined && this.#options.now() < this.#readAgainAt)
      return this.#credential;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async renew(refused: Credential): Promise<Credential | undefined> {
    const { now } = this.#options;
    if (this.#credential !== undefined && this.#credential !== refused) return this.#credential;
    // A storm of 401s is no reason to read the file for each.
    if (this.#reading === undefined) {
      if (now() - this.#refusedAt < RETRY_MS) return undefined;
      this.#refusedAt = now();
      this.retry();
    }
    try {
      const found = await this.current();
      return found === refused ? undefined : found;
    } catch {
      return undefined;
    }
  }

  retry(): void {
    this.#readAgainAt = Number.NEGATIVE_INFINITY;
  }

  get busy(): boolean {
    return this.#reading !== undefined;
  }

  get state(): CredentialState {
    const failure = this.#failure;
    return { ...NOTHING_KNOWN, kind: 'token file', renewedAt: this.#renewedAt, failure };
  }

  close(): void {}

  async #read(): Promise<Credential> {
    const { path, fallback, now } = this.#options;
    try {
      const authorization = `Bearer ${await readToken(path)}`;
      this.#failure = undefined;
      this.#readAgainAt = now() + PERIOD_MS;
      return this.#hold(authorization);
    } catch (error) {
      const held = this.#credential?.authorization ?? fallback;
      if (!(error instanceof PortholeError)) throw error;
      if (held === undefined) {
        this.#failure = { at: Date.now(), message: error.message };
        throw error;
      }
      this.#warnOnce(`${error.message}; the token in use stays`);
      this.#readAgainAt = now() + RETRY_MS;
      return this.#hold(held);
    }
  }

  /** The same object while the token is the same: who compares sees that nothing changed. */
  #hold(authorization: string): Credential {
    if (this.#credential?.authorization !== authorization) {
      this.#credential = { authorization, clientCertificate: this.#options.clientCertificate };
      this.#renewedAt = Date.now();
    }
    return this.#credential;
  }

  #warnOnce(message: string): void {
    if (this.#failure?.message === message) return;
    this.#failure = { at: Date.now(), message };
    this.#options.warn(message);
  }
}

/** The longest token file that is read. */
const MAX_BYTES = 1024 * 1024;

/** @throws {PortholeError} `ERR_CREDENTIALS`: unreadable, empty, or with a character that no header may hold */
async function readToken(path: string): Promise<string> {
  let token: string;
  try {
    const found = await stat(path);
    // A pipe would be waited for, and could be without end.
    if (!found.isFile() || found.size > MAX_BYTES) throw new Error('not a token');
    token = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new PortholeError(
      'ERR_CREDENTIALS',
      `cannot read the token file ${JSON.stringify(path)}${code}`,
      {
        cause,
      },
    );
  }
  if (token === '')
    throw new PortholeError(
      'ERR_CREDENTIALS',
      `read empty token from file ${JSON.stringify(path)}`,
    );
  if (!/^[\t\x20-\x7e\x80-\xff]+$/.test(token))
    throw new PortholeError(
      'ERR_CREDENTIALS',
      `the token file ${JSON.stringify(path)} holds a line break or another character that no HTTP header may`,
    );
  return token;
}

import { asPortholeError, PortholeError } from '../errors.ts';
import { Backoff } from './backoff.ts';
import type {
  ClientCertificate,
  Credential,
  CredentialSource,
  CredentialState,
  Credentials,
  Obtained,
} from './credentials.ts';

export interface RefreshingOptions {
  readonly source: CredentialSource;
  /** Sent where the source gives none (client-go's providers add a token to what TLS proves). */
  readonly clientCertificate: ClientCertificate | undefined;
  /** Wall clock, ms since the epoch: dates of expiry are told by it. */
  readonly now: () => number;
  /** Milliseconds that no change of the date moves. */
  readonly monotonic: () => number;
  /** Takes sentences for the operator; they hold no secret. */
  readonly inform: (sentence: string) => void;
  readonly warn: (sentence: string) => void;
  /** Told each credential that is put to use in the place of another one, or of none. */
  readonly onChange: (credential: Credential) => void;
}

/** The renewal ahead of expiry begins this long before it, or with the last tenth of the life if that is less. */
const AHEAD_MS = 60_000;
const AHEAD_SHARE = 0.1;
/** The shortest life: a source whose credentials end at once must not be asked for each request. */
const MIN_LIFE_MS = 1_000;
/** The life of one that is past its date when it comes: the clocks differ, and only the API server knows. */
const EXPIRED_LIFE_MS = 60_000;

/** What a Date can hold, in ms: a token may name any number, and no one lives to see the difference. */
const LAST_DATE_MS = 8.64e15;

/** A credential that was accepted after this time is good; some servers accept every other request. */
const PROVEN_MS = 30_000;

interface Held {
  readonly credential: Credential;
  readonly expiresAt: number | undefined;
  readonly obtainedAt: number;
  readonly tookMs: number;
  /** From here on a request starts the renewal, and from there on waits for it. Wall clock. */
  readonly renewFrom: number;
  readonly goodUntil: number;
}

/**
 * Credentials that a source hands out for a while. Obtained when a request needs them, once for all who wait; renewed in the
 * background by a request that comes shortly before they expire (never without one: a plugin may open a browser); after a
 * failure left alone for 1, 2, 4 ... 60 s. The API server's 401 counts for more than dates do.
 */
export class RefreshingCredentials implements Credentials {
  readonly renewable = true;
  readonly #options: RefreshingOptions;
  #held: Held | undefined;
  #attempt: Promise<Credential> | undefined;
  #failure: { at: number; error: PortholeError } | undefined;
  readonly #afterFailure: Backoff;
  /** Of renewals that a 401 asked for, as long as the API server accepts none of what they bring. */
  readonly #afterRefusal: Backoff;
  #proven = true;
  #closed = false;

  constructor(options: RefreshingOptions) {
    this.#options = options;
    this.#afterFailure = new Backoff(options.monotonic);
    this.#afterRefusal = new Backoff(options.monotonic);
  }

  current(): Credential | Promise<Credential> {
    const held = this.#held;
    if (held !== undefined) {
      const now = this.#options.now();
      if (now < held.renewFrom) return held.credential;
      if (now < held.goodUntil) {
        this.#renewAhead();
        return held.credential;
      }
    }
    return this.#await(this.#begin());
  }

  async renew(refused: Credential): Promise<Credential | undefined> {
    const held = this.#held?.credential;
    if (held !== undefined && held !== refused) return held;
    try {
      const renewed = await this.#await(this.#attempt ?? this.#beginAfterRefusal());
      return renewed === refused ? undefined : renewed;
    } catch {
      // Whoever is waiting for it is shown the 401; the operator has been told.
      return undefined;
    }
  }

  get accepted(): ((credential: Credential) => void) | undefined {
    return this.#proven ? undefined : this.#accept;
  }

  retry(): void {
    this.#afterFailure.reset();
    this.#afterRefusal.reset();
  }

  get busy(): boolean {
    return this.#attempt !== undefined;
  }

  get state(): CredentialState {
    const held = this.#held;
    return {
      kind: this.#options.source.kind,
      expiresAt: held?.expiresAt,
      renewedAt: held?.obtainedAt,
      tookMs: held?.tookMs,
      failure: this.#failure && { at: this.#failure.at, message: this.#failure.error.message },
    };
  }

  close(): void {
    this.#closed = true;
    this.#options.source.close();
  }

  readonly #accept = (credential: Credential): void => {
    const held = this.#held;
    if (credential !== held?.credential || this.#options.now() - held.obtainedAt < PROVEN_MS)
      return;
    this.#proven = true;
    this.#afterRefusal.reset();
  };

  #renewAhead(): void {
    if (this.#attempt === undefined && this.#afterFailure.waitMs <= 0) void this.#begin();
  }

  /** The attempt that is under way, or a new one. A rejection is handled here as well as by who waits for it. */
  #begin(): Promise<Credential> {
    if (this.#attempt !== undefined) return this.#attempt;
    const waitMs = this.#afterFailure.waitMs;
    if (waitMs > 0 && this.#failure !== undefined) {
      return Promise.reject(again(this.#failure.error, waitMs));
    }
    const attempt = this.#obtain().finally(() => {
      this.#attempt = undefined;
    });
    attempt.catch(() => {});
    this.#attempt = attempt;
    return attempt;
  }

  #beginAfterRefusal(): Promise<Credential> {
    if (this.#afterRefusal.waitMs > 0)
      return Promise.reject(new PortholeError('ERR_CREDENTIALS', 'renewed a moment ago'));
    this.#afterRefusal.failed();
    this.#proven = false;
    return this.#begin();
  }

  async #obtain(): Promise<Credential> {
    const { source, now, monotonic, warn } = this.#options;
    const began = monotonic();
    try {
      const obtained = await source.obtain();
      this.#failure = undefined;
      this.#afterFailure.reset();
      return this.#hold(obtained, now(), monotonic() - began);
    } catch (thrown) {
      const error = asPortholeError(thrown);
      this.#failure = { at: now(), error };
      if (this.#closed) throw error;
      const waitMs = this.#afterFailure.failed();
      warn(`${error.message}; the next attempt is made in ${seconds(waitMs)} s at the earliest`);
      throw again(error, waitMs);
    }
  }

  #hold(obtained: Obtained, now: number, tookMs: number): Credential {
    const { source, inform, onChange } = this.#options;
    const { authorization, clientCertificate = this.#options.clientCertificate } =
      obtained.credential;
    const credential = { authorization, clientCertificate };
    const expiresAt = asDate(obtained.expiresAt);
    const before = this.#held?.credential;
    const isSame = before !== undefined && isEqual(before, credential);
    const held = isSame ? before : credential;
    this.#held = { credential: held, expiresAt, obtainedAt: now, tookMs, ...life(now, expiresAt) };
    if (isSame) return held;
    const until = expiresAt === undefined ? '' : `, good until ${iso(expiresAt)}`;
    inform(
      `${before === undefined ? 'obtained' : 'renewed'} credentials: ${source.name}, in ${seconds(tookMs)} s${until}`,
    );
    onChange(held);
    return held;
  }

  /** The same promise for those who have time; others are told what it waits for. */
  #await(attempt: Promise<Credential>): Promise<Credential> {
    const { waitMs, waitMessage } = this.#options.source;
    if (waitMs === 0) return attempt;
    return new Promise((resolve, reject) => {
      const late = (): void => {
        reject(new PortholeError('ERR_CREDENTIALS_TIMEOUT', waitMessage));
      };
      const timer = setTimeout(late, waitMs);
      attempt.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}

function asDate(ms: number | undefined): number | undefined {
  if (ms === undefined || Number.isNaN(ms)) return undefined;
  return Math.max(-LAST_DATE_MS, Math.min(ms, LAST_DATE_MS));
}

function life(now: number, expiresAt: number | undefined): Pick<Held, 'renewFrom' | 'goodUntil'> {
  if (expiresAt === undefined) {
    return { renewFrom: Number.POSITIVE_INFINITY, goodUntil: Number.POSITIVE_INFINITY };
  }
  const left = expiresAt - now;
  if (left <= 0) return { renewFrom: now + EXPIRED_LIFE_MS, goodUntil: now + EXPIRED_LIFE_MS };
  const good = Math.max(left, MIN_LIFE_MS);
  const ahead = Math.min(AHEAD_MS, good * AHEAD_SHARE);
  return { renewFrom: now + good - ahead, goodUntil: now + good };
}

function isEqual(one: Credential, other: Credential): boolean {
  const [a, b] = [one.clientCertificate, other.clientCertificate];
  return one.authorization === other.authorization && a?.cert === b?.cert && a?.key === b?.key;
}

function again(error: PortholeError, waitMs: number): PortholeError {
  return new PortholeError(error.code, error.message, {
    cause: error,
    retryAfter: Math.max(1, Math.ceil(waitMs / 1000)),
  });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 9_950 ? 1 : 0).replace(/\.0$/, '');
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

import { asPortholeError, PortholeError } from '../../errors.ts';
import { quote } from '../../printable.ts';
import type { CredentialSource, Obtained } from '../credentials.ts';
import { certificateAuthority } from './certificate-authority.ts';
import type { FetchText } from './fetch-text.ts';
import { type IdTokenTimes, readIdToken } from './id-token.ts';
import { OidcProvider, type Tokens } from './provider.ts';
import { refuse } from './url.ts';

export interface OidcSourceOptions {
  /** `users[].user.auth-provider.config`. */
  readonly config: ReadonlyMap<string, string>;
  readonly fetchText: FetchText;
  /** Writes changed keys of `config` back to the kubeconfig. */
  readonly persist: (changes: ReadonlyMap<string, string>) => Promise<void>;
  /** Takes sentences for the operator; they hold no secret. */
  readonly warn: (sentence: string) => void;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** client-go's `expiryDelta`: clocks differ, and a request takes its time. */
const LEEWAY_MS = 10_000;
/** For discovery and the grant together. client-go has no limit. */
const TIMEOUT_MS = 30_000;

/**
 * The `oidc` auth provider (client-go `plugin/pkg/client/auth/oidc`): ID tokens that a refresh token renews.
 * @throws {PortholeError} `ERR_CREDENTIALS` for a configuration that can never work
 */
export function oidcSource(options: OidcSourceOptions): CredentialSource {
  const { config, fetchText, warn } = options;
  const provider = new OidcProvider({
    issuer: required(config, 'idp-issuer-url'),
    clientId: required(config, 'client-id'),
    clientSecret: config.get('client-secret') ?? '',
    certificateAuthority: certificateAuthority(config),
    fetchText,
    warn,
  });
  return new OidcSource(options, provider);
}

function required(config: ReadonlyMap<string, string>, key: string): string {
  const value = config.get(key);
  if (!value) throw refuse(`Must provide ${key} in the user's auth-provider config`);
  return value;
}

class OidcSource implements CredentialSource {
  readonly kind = 'oidc';
  readonly name: string;
  /** An attempt has a limit of its own. */
  readonly waitMs = 0;
  readonly waitMessage: string;
  readonly #options: OidcSourceOptions;
  readonly #provider: OidcProvider;
  readonly #closed = new AbortController();
  #idToken: string;
  #refreshToken: string;
  /** The ID token that was handed out last: to be asked again means that another one is wanted. */
  #handedOut: string | undefined;

  constructor(options: OidcSourceOptions, provider: OidcProvider) {
    this.#options = options;
    this.#provider = provider;
    this.#idToken = options.config.get('id-token') ?? '';
    this.#refreshToken = options.config.get('refresh-token') ?? '';
    this.name = `OIDC provider ${shownIssuer(options.config.get('idp-issuer-url') ?? '')}`;
    this.waitMessage = `the ${this.name} has not answered within ${TIMEOUT_MS / 1000} s`;
  }

  async obtain(): Promise<Obtained> {
    const canRefresh = this.#refreshToken !== '';
    if (this.#idToken !== '' && !(canRefresh && this.#idToken === this.#handedOut)) {
      const valid = this.#ifValid(this.#idToken, canRefresh);
      if (valid !== undefined) return this.#handOut(this.#idToken, valid.expiresAt);
    }
    if (!canRefresh)
      throw refuse('No valid id-token, and cannot refresh without refresh-token; log in again');
    const { idToken, refreshToken } = await this.#refresh();
    const { times, problem } = judge(idToken);
    const changes = new Map<string, string>();
    if (problem === undefined && idToken !== undefined) changes.set('id-token', idToken);
    if (refreshToken !== undefined) changes.set('refresh-token', refreshToken);
    this.#idToken = changes.get('id-token') ?? this.#idToken;
    this.#refreshToken = refreshToken ?? this.#refreshToken;
    if (changes.size > 0) await this.#persist(changes);
    if (problem !== undefined) throw problem;
    return this.#handOut(this.#idToken, endOfNew(times, this.#options.now()));
  }

  close(): void {
    this.#closed.abort(refuse(`the ${this.name} is not asked any more`));
  }

  /** The dates of a token that is good by them. client-go stops at one that is none, even where it could refresh. */
  #ifValid(token: string, canRefresh: boolean): IdTokenTimes | undefined {
    try {
      const times = readIdToken(token);
      const isValid = this.#options.now() + LEEWAY_MS < (times.expiresAt ?? 0);
      return isValid ? times : undefined;
    } catch (error) {
      if (canRefresh) return undefined;
      throw error;
    }
  }

  #handOut(idToken: string, expiresAt: number | undefined): Obtained {
    this.#handedOut = idToken;
    return {
      credential: { authorization: `Bearer ${idToken}`, clientCertificate: undefined },
      expiresAt,
    };
  }

  async #refresh(): Promise<Tokens> {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new PortholeError('ERR_CREDENTIALS_TIMEOUT', this.waitMessage));
    }, TIMEOUT_MS);
    try {
      const signal = AbortSignal.any([late.signal, this.#closed.signal]);
      signal.throwIfAborted();
      return await this.#provider.refresh(this.#refreshToken, signal);
    } catch (thrown) {
      const error = asPortholeError(thrown);
      if (error.code.startsWith('ERR_CREDENTIALS')) throw error;
      const isLate = error.code === 'ERR_UPSTREAM_TIMEOUT';
      throw new PortholeError(
        isLate ? 'ERR_CREDENTIALS_TIMEOUT' : 'ERR_CREDENTIALS',
        `failed to refresh token: ${error.message}`,
        { cause: error },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Before the tokens are used, as the old refresh token may be worth nothing now. client-go fails where this warns. */
  async #persist(changes: ReadonlyMap<string, string>): Promise<void> {
    try {
      await this.#options.persist(changes);
    } catch (error) {
      const { message } = asPortholeError(error);
      this.#options.warn(
        `${message}; they are used as long as porthole runs, but the kubeconfig has the old ones`,
      );
    }
  }
}

/** Whether a new ID token can be used. client-go writes one that cannot to the kubeconfig, and fails from then on. */
function judge(idToken: string | undefined): {
  readonly times: IdTokenTimes;
  readonly problem?: PortholeError;
} {
  const none = { expiresAt: undefined, issuedAt: undefined };
  if (idToken === undefined)
    return {
      times: none,
      problem: refuse(
        'token response did not contain an id_token, either the scope "openid" wasn\'t requested upon login, or the provider doesn\'t support id_tokens as part of the refresh response',
      ),
    };
  try {
    return { times: readIdToken(idToken) };
  } catch (error) {
    return { times: none, problem: asPortholeError(error) };
  }
}

/**
 * When a token that has just come ends by our clock. Its life says so where the provider's clock differs from ours; one
 * without dates is good until the API server says otherwise.
 */
function endOfNew({ expiresAt, issuedAt }: IdTokenTimes, now: number): number | undefined {
  if (expiresAt === undefined) return undefined;
  const life = issuedAt === undefined ? undefined : expiresAt - issuedAt;
  const byLife = life !== undefined && life > 0 ? now + life : undefined;
  if (expiresAt <= now + LEEWAY_MS) return byLife;
  return Math.min(expiresAt, byLife ?? expiresAt);
}

function shownIssuer(issuer: string): string {
  if (!URL.canParse(issuer)) return quote('');
  const { origin, pathname } = new URL(issuer);
  return quote(`${origin}${pathname === '/' ? '' : pathname}`);
}

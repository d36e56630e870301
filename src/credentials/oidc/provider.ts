import { quote } from '../../printable.ts';
import { discover } from './discovery.ts';
import type { FetchText, TextResponse } from './fetch-text.ts';
import { followable, refuse, secureUrl } from './url.ts';
import { formEncode, quoteWithout } from './words.ts';

/** Whom to ask for tokens, and as which client. */
export interface OidcProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** PEM bundle to trust; undefined trusts the system's roots. */
  readonly certificateAuthority: string | undefined;
  readonly fetchText: FetchText;
  readonly warn: (sentence: string) => void;
}

/** What a refresh has brought: a new refresh token counts even where there is no ID token beside it. */
export interface Tokens {
  readonly idToken: string | undefined;
  /** Undefined when the old one stays. */
  readonly refreshToken: string | undefined;
}

/** How the client proves itself (RFC 6749 section 2.3.1). */
type AuthStyle = 'header' | 'params';

/** The answer of a token endpoint, read. */
interface Grant {
  readonly values: ReadonlyMap<string, string>;
  /** Why there are no tokens in it; undefined when the grant was accepted. */
  readonly problem: string | undefined;
  /** Whether proving the client in the other way may help. */
  readonly mayRetry: boolean;
}

const MAX_REDIRECTS = 10;
/** Of a body that explains nothing, as in client-go `tokenEndpoint`. */
const BODY_CHARACTERS = 80;

/** An OpenID Connect provider, to refresh tokens at (RFC 6749 section 6). */
export class OidcProvider {
  readonly #options: OidcProviderOptions;
  /** The one that worked last; undefined while none has. */
  #style: AuthStyle | undefined;
  #warnedOf: string | undefined;

  constructor(options: OidcProviderOptions) {
    this.#options = options;
  }

  /** @throws {PortholeError} `ERR_CREDENTIALS`, what `fetchText` throws, as rejection */
  async refresh(refreshToken: string, signal: AbortSignal): Promise<Tokens> {
    const { issuer, fetchText, certificateAuthority } = this.#options;
    const found = await discover(issuer, (url) =>
      fetchText({ url, method: 'GET', headers: HEADERS, certificateAuthority, signal }),
    );
    this.#warnOfIssuer(found.issuer);
    const { values } = await this.#grant(found.tokenEndpoint, refreshToken, signal);
    const next = values.get('refresh_token');
    return {
      idToken: values.get('id_token') || undefined,
      refreshToken: next && next !== refreshToken ? next : undefined,
    };
  }

  /** client-go takes the document's word, and some providers name one issuer for many tenants. */
  #warnOfIssuer(named: string | undefined): void {
    const expected = this.#options.issuer;
    if (named === undefined || named === this.#warnedOf) return;
    if (named.replace(/\/$/, '') === expected.replace(/\/$/, '')) return;
    this.#warnedOf = named;
    this.#options.warn(
      `the OIDC provider calls itself ${quote(named)}, but idp-issuer-url says ${quote(expected)}; if the API server refuses its tokens, correct idp-issuer-url`,
    );
  }

  /**
   * One way after the other until one works, as in golang.org/x/oauth2 `RetrieveToken`, which does not say why a request
   * failed; here only an answer counts as a refusal: what was lost on the way may have used up the refresh token.
   */
  async #grant(endpoint: URL, refreshToken: string, signal: AbortSignal): Promise<Grant> {
    const style = this.#style ?? 'header';
    const first = await this.#post(endpoint, style, refreshToken, signal);
    if (first.problem === undefined) {
      this.#style = style;
      return first;
    }
    const probing = this.#style === undefined;
    this.#style = undefined;
    if (!probing || !first.mayRetry) throw refused(first);
    const second = await this.#post(endpoint, 'params', refreshToken, signal);
    // The client was known the first time, so its other proof may be what the second one is about.
    if (second.problem !== undefined) throw refused(isUsedUp(first) ? first : second);
    this.#style = 'params';
    return second;
  }

  async #post(
    endpoint: URL,
    style: AuthStyle,
    refreshToken: string,
    signal: AbortSignal,
  ): Promise<Grant> {
    const { clientId, clientSecret, certificateAuthority, fetchText } = this.#options;
    const form = [
      ['grant_type', 'refresh_token'],
      ['refresh_token', refreshToken],
      ...(style === 'params' ? [['client_id', clientId]] : []),
      ...(style === 'params' && clientSecret !== '' ? [['client_secret', clientSecret]] : []),
    ];
    const pair = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    const request = {
      method: 'POST',
      headers: {
        ...HEADERS,
        'content-type': 'application/x-www-form-urlencoded',
        ...(style === 'header'
          ? { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
          : {}),
      },
      body: form.map((field) => field.map(formEncode).join('=')).join('&'),
      certificateAuthority,
      signal,
    } as const;
    let url = endpoint;
    for (let hops = 0; ; hops++) {
      const response = await fetchText({ ...request, url });
      if (response.status < 300 || response.status > 399)
        return readGrant(response, [refreshToken, clientSecret]);
      url = redirected(url, response, hops);
    }
  }
}

const HEADERS = { accept: 'application/json', 'user-agent': 'porthole' };

/** Only 307 and 308 repeat a POST (RFC 9110 section 15.4), and only the same origin may get what is in this one again. */
function redirected(from: URL, response: TextResponse, hops: number): URL {
  const to = followable(from, response);
  if (
    to === undefined ||
    response.status < 307 ||
    hops >= MAX_REDIRECTS ||
    to.origin !== from.origin
  )
    throw refuse(
      `failed to refresh token: the token endpoint ${quote(from.href)} redirects (${response.status}) where the refresh token may not follow`,
    );
  return secureUrl(to.href, 'the redirect of the token endpoint');
}

function readGrant(response: TextResponse, secrets: readonly string[]): Grant {
  const { status } = response;
  const values = readValues(response);
  const code = values?.get('error');
  if (status >= 200 && status <= 299 && values !== undefined && !code)
    return { values, problem: undefined, mayRetry: false };
  return {
    values: new Map(code ? [['error', code]] : []),
    problem: problemOf(response, values, secrets),
    mayRetry: status !== 429 && status !== 503,
  };
}

function problemOf(
  response: TextResponse,
  values: ReadonlyMap<string, string> | undefined,
  secrets: readonly string[],
): string {
  const shown = (text: string): string => quoteWithout(secrets, text);
  const [code, description] = [values?.get('error'), values?.get('error_description')];
  if (code) return `oauth2: ${shown(code)}${description ? ` ${shown(description)}` : ''}`;
  const answer = `${response.status} ${quoteWithout(secrets, response.body, BODY_CHARACTERS)}`;
  return values === undefined && response.status < 300
    ? `oauth2: cannot parse the answer ${answer}`
    : `oauth2: cannot fetch token: ${answer}`;
}

/** The strings of an answer, JSON or form (golang.org/x/oauth2 `doTokenRoundTrip`); undefined if it is neither. */
function readValues({ contentType, body }: TextResponse): Map<string, string> | undefined {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase();
  const isForm = type === 'application/x-www-form-urlencoded' || type === 'text/plain';
  if (isForm && !/^\s*\{/.test(body)) return new Map(new URLSearchParams(body));
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  return new Map(
    Object.entries(parsed).filter(
      (field): field is [string, string] => typeof field[1] === 'string',
    ),
  );
}

function isUsedUp(grant: Grant): boolean {
  return grant.values.get('error') === 'invalid_grant';
}

function refused(grant: Grant) {
  const remedy = isUsedUp(grant) ? '; the refresh token is used up or revoked: log in again' : '';
  return refuse(`failed to refresh token: ${grant.problem}${remedy}`);
}

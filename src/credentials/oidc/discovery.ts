import type { TextResponse } from './fetch-text.ts';
import { followable, refuse, secureUrl } from './url.ts';
import { quoteWithout } from './words.ts';

/** What porthole takes from a provider's metadata (OpenID Connect Discovery 1.0, section 3). */
export interface Discovered {
  readonly tokenEndpoint: URL;
  readonly issuer: string | undefined;
}

const MAX_REDIRECTS = 10;
/** Of a body that explains nothing, as in client-go `tokenEndpoint`. */
const BODY_CHARACTERS = 80;

/**
 * Asks an issuer for its token endpoint (client-go `tokenEndpoint`). Redirects are followed: nothing secret is sent.
 * @throws {PortholeError} `ERR_CREDENTIALS`, what `get` throws, as rejection
 */
export async function discover(
  issuer: string,
  get: (url: URL) => Promise<TextResponse>,
): Promise<Discovered> {
  const wellKnown = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  let url = secureUrl(wellKnown, 'idp-issuer-url');
  for (let hops = 0; ; hops++) {
    const response = await get(url);
    const to = followable(url, response);
    if (to === undefined || hops >= MAX_REDIRECTS) return readMetadata(response);
    url = secureUrl(to.href, 'the redirect of the discovery document');
  }
}

function readMetadata({ status, body }: TextResponse): Discovered {
  const shown = quoteWithout([], body, BODY_CHARACTERS);
  if (status !== 200) throw refuse(`oidc: failed to query metadata endpoint ${status}: ${shown}`);
  let metadata: unknown;
  try {
    metadata = JSON.parse(body);
  } catch {
    throw refuse(`oidc: failed to decode provider discovery object: not JSON: ${shown}`);
  }
  const { token_endpoint: endpoint, issuer } = Object(metadata) as Record<string, unknown>;
  if (typeof endpoint !== 'string' || endpoint === '')
    throw refuse("oidc: discovery object doesn't contain a token_endpoint");
  return {
    tokenEndpoint: secureUrl(endpoint, 'the token_endpoint of the discovery document'),
    issuer: typeof issuer === 'string' ? issuer : undefined,
  };
}

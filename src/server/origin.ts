import { PortholeError } from '../errors.ts';
import type { HeaderList } from '../http1/header-list.ts';
import type { RequestHead } from '../http1/message.ts';
import { parseAuthority } from './host.ts';
import { quote } from './quote.ts';

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
]);

/** Whose pages may use the proxy. */
export interface OriginOptions {
  /** `scheme://host[:port]` each, nothing before or behind. */
  readonly allowOrigins: readonly string[];
  /** What the port speaks: the scheme of our own origin. */
  readonly scheme: 'http' | 'https';
  /** Lets every page in. A wrong `allowOrigins` is an error all the same. */
  readonly disabled: boolean;
}

/**
 * Makes the check that no other site's page caused a request: browsers say so in Sec-Fetch-Site (Fetch Metadata) or Origin
 * (RFC 6454). GET is checked too, since exec and proxy are GETs. Throws ERR_ORIGIN_REFUSED; ERR_USAGE when made wrongly.
 */
export function createOriginCheck(options: OriginOptions): (request: RequestHead) => void {
  const isAllowed = originMatcher(options.allowOrigins);
  if (options.disabled) return () => {};
  return (request) => {
    const site = single(request.headers, 'Sec-Fetch-Site');
    const origin = single(request.headers, 'Origin');
    if (origin !== undefined && isAllowed(origin)) return;
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw refused(
        `A page of another site caused this request (Sec-Fetch-Site: ${quote(site)})`,
        origin,
      );
    // A page reads what a WebSocket brings whatever CORS says, so there an Origin counts beside Sec-Fetch-Site too.
    const mustMatch = site === undefined || request.headers.has('upgrade');
    if (origin === undefined || !mustMatch) return;
    const own = normalize(`${options.scheme}://${request.host}`);
    if (own !== undefined && normalize(origin) === own) return;
    throw refused(`The origin ${quote(origin)} is not this proxy's own`, origin);
  };
}

/** Makes the question whether an Origin field's value is one of `allowOrigins`. Throws ERR_USAGE when one is no origin. */
export function originMatcher(allowOrigins: readonly string[]): (origin: string) => boolean {
  const allowed = new Set(allowOrigins.map(parseAllowed));
  return (origin) => {
    const normal = allowed.size === 0 ? undefined : normalize(origin);
    return normal !== undefined && allowed.has(normal);
  };
}

function single(headers: HeaderList, name: string): string | undefined {
  const key = name.toLowerCase();
  const value = headers.get(key);
  if (value === undefined || headers.count(key) === 1) return value;
  throw new PortholeError(
    'ERR_ORIGIN_REFUSED',
    `The request has ${name} more than once; send it once, or not at all.`,
  );
}

/** The flag is offered only for what it takes, which then holds nothing that a shell would read between double quotes. */
function refused(what: string, origin: string | undefined): PortholeError {
  const way =
    origin !== undefined && normalize(origin) !== undefined
      ? `if its pages may use your cluster, start porthole with --allow-origin=${quote(origin)}`
      : 'it names no origin that --allow-origin could allow, so use a page that this proxy serves, or a client that is not a browser';
  return new PortholeError('ERR_ORIGIN_REFUSED', `${what}; ${way}.`);
}

/** `scheme://host:port` in lower case with the scheme's default port filled in; undefined when it is no such thing. */
function normalize(origin: string): string | undefined {
  const [, scheme, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.+)$/.exec(origin) ?? [];
  const authority = parseAuthority(rest);
  if (scheme === undefined || authority === undefined) return undefined;
  const protocol = scheme.toLowerCase();
  return `${protocol}://${authority.host}:${authority.port ?? DEFAULT_PORTS.get(protocol) ?? ''}`;
}

function parseAllowed(origin: string): string {
  const normal = normalize(origin);
  if (normal !== undefined) return normal;
  throw new PortholeError(
    'ERR_USAGE',
    `--allow-origin has ${quote(origin)}, which is not an origin; write it as scheme://host[:port], like http://localhost:3000, with nothing behind.`,
  );
}

import { PortholeError } from '../errors.ts';
import type { HeaderList } from '../http1/header-list.ts';
import type { RequestHead } from '../http1/message.ts';
import { parseAuthority } from './host.ts';
import { quote } from './quote.ts';

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
]);

/**
 * Makes the check that no other site's page caused a request: browsers say so in Sec-Fetch-Site (Fetch Metadata) or Origin
 * (RFC 6454). GET is checked too, since exec and proxy are GETs. Throws ERR_ORIGIN_REFUSED; ERR_USAGE when made wrongly.
 */
export function createOriginCheck(allowOrigins: readonly string[]): (request: RequestHead) => void {
  const allowed = new Set(allowOrigins.map(parseAllowed));
  return (request) => {
    const site = single(request.headers, 'Sec-Fetch-Site');
    const origin = single(request.headers, 'Origin');
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw new PortholeError(
        'ERR_ORIGIN_REFUSED',
        `A page of another site caused this request (Sec-Fetch-Site: ${quote(site)}), and no flag allows that; use a page that this proxy serves, or a client that is not a browser.`,
      );
    // A page reads what a WebSocket brings whatever CORS says, so there an Origin counts beside Sec-Fetch-Site too.
    const mustMatch = site === undefined || request.headers.has('upgrade');
    if (origin === undefined || !mustMatch) return;
    const normal = normalize(origin);
    if (
      normal !== undefined &&
      (normal === normalize(`http://${request.host}`) || allowed.has(normal))
    )
      return;
    throw new PortholeError(
      'ERR_ORIGIN_REFUSED',
      `The origin ${quote(origin)} is not this proxy's own; --allow-origin allows others.`,
    );
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
    `--allow-origin has ${quote(origin)}, which is not an origin; write it as scheme://host[:port], like http://localhost:3000.`,
  );
}

import type { RequestTarget } from './request-target.ts';

/** Who answers a request: the API server, a file, or porthole itself. */
export type Route =
  /** `target` is what the API server is asked for, without porthole's own prefix. */
  | { readonly kind: 'api'; readonly target: RequestTarget }
  /** `path` is decoded, below the prefix, and begins with a slash. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'login'; readonly target: RequestTarget }
  /** The path is a prefix without its last slash. */
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'none' };

/** Prefixes begin and end with a slash, and hold visible ASCII without escapes. */
export interface RouteOptions {
  readonly apiPrefix: string;
  /** Undefined where no files are served. */
  readonly wwwPrefix: string | undefined;
  /** Undefined where nobody has to log in. */
  readonly loginPath: string | undefined;
}

/** `--api-prefix=/api/` serves a part of the API under its own name (kubectl's `NewProxyHandler`); others are taken off. */
const OF_THE_API = /^\/apis?\//;

/**
 * Makes the choice of who answers. The longest prefix wins, as in Go's ServeMux, which kubectl uses. A prefix is compared
 * with the path as it was sent, so that what is left is byte for byte what the client wrote.
 */
export function createRoute(options: RouteOptions): (target: RequestTarget) => Route {
  const { apiPrefix, wwwPrefix, loginPath } = options;
  const kept = apiPrefix === '/' || OF_THE_API.test(apiPrefix);
  return (target) => {
    const { path } = target;
    if (path === loginPath) return { kind: 'login', target };
    if (`${path}/` === wwwPrefix || `${path}/` === apiPrefix) {
      return { kind: 'redirect', location: `${path}/${target.text.slice(path.length)}` };
    }
    if (wwwPrefix !== undefined && isBelow(path, wwwPrefix, apiPrefix)) {
      return { kind: 'file', path: target.decodedPath.slice(wwwPrefix.length - 1) };
    }
    if (!path.startsWith(apiPrefix)) return { kind: 'none' };
    return { kind: 'api', target: kept ? target : without(apiPrefix, target) };
  };
}

/** Whether a path is below `prefix`, and not below `other` within it. */
function isBelow(path: string, prefix: string, other: string): boolean {
  const isOthers = other.length > prefix.length && path.startsWith(other);
  return path.startsWith(prefix) && !isOthers;
}

/** The target without a prefix, but with the slash that the prefix ends in. */
function without(prefix: string, target: RequestTarget): RequestTarget {
  const cut = prefix.length - 1;
  return {
    text: target.text.slice(cut),
    path: target.path.slice(cut),
    query: target.query,
    decodedPath: target.decodedPath.slice(cut),
  };
}

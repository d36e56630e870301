import { PortholeError } from '../errors.ts';
import type { HeaderList } from '../http1/header-list.ts';
import type { RequestHead } from '../http1/message.ts';
import { createGuard, type GuardOptions } from './guard.ts';
import { createHostCheck } from './host.ts';
import { createOriginCheck } from './origin.ts';
import { createPathCheck } from './paths.ts';
import { compilePatterns } from './patterns.ts';
import { quote } from './quote.ts';
import type { RequestInfo } from './request-info.ts';
import type { RequestTarget } from './request-target.ts';

/** kubectl proxy's defaults, as its flags spell them. */
export const DEFAULT_ACCEPT_HOSTS = String.raw`^localhost$,^127\.0\.0\.1$,^\[::1\]$`;
export const DEFAULT_ACCEPT_PATHS = '^.*';
export const DEFAULT_REJECT_PATHS = '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach';
export const DEFAULT_REJECT_METHODS = '^$';

/** The filter flags, split into patterns; the allowed origins; the guard; whether the proxy impersonates by itself. */
export interface AdmitOptions extends GuardOptions {
  readonly acceptHosts: readonly string[];
  readonly acceptPaths: readonly string[];
  readonly rejectPaths: readonly string[];
  readonly rejectMethods: readonly string[];
  /** Switches the host, path and method patterns off, as kubectl's flag does; nothing else. */
  readonly disableFilter: boolean;
  readonly allowOrigins: readonly string[];
  /** Switches the check of Origin and Sec-Fetch-Site off. */
  readonly disableOriginCheck: boolean;
  /** What the port speaks. */
  readonly scheme: 'http' | 'https';
  /** The kubeconfig or a flag says whom to act as, and a client must not choose another. */
  readonly impersonating: boolean;
}

/** Two questions. Each returns when the answer is yes, and throws a PortholeError with the reason when it is no. */
export interface Admit {
  /** May this caller ask at all? The host comes first, so that a page behind a foreign one learns nothing of the rest. */
  caller(request: RequestHead): void;
  /** May this be asked of the API server? */
  request(request: RequestHead, target: RequestTarget, info: RequestInfo): void;
}

// What the API server has handlers for. TRACE is not among them: it would show the client our credentials.
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Compiles the policy on who may ask for what. Throws ERR_USAGE for a bad pattern or origin, the filter disabled or not. */
export function createAdmit(options: AdmitOptions): Admit {
  const acceptHosts = compilePatterns('--accept-hosts', options.acceptHosts, { ignoreCase: true });
  const acceptPaths = compilePatterns('--accept-paths', options.acceptPaths);
  const rejectPaths = compilePatterns('--reject-paths', options.rejectPaths);
  const rejectMethods = compilePatterns('--reject-methods', options.rejectMethods);
  const all = () => true;
  const none = () => false;
  const off = options.disableFilter;

  const checkHost = createHostCheck(off ? all : acceptHosts);
  const checkOrigin = createOriginCheck({ ...options, disabled: options.disableOriginCheck });
  const rejectedMethods = new Set(METHODS.filter(off ? none : rejectMethods));
  const checkPath = createPathCheck(off ? all : acceptPaths, off ? none : rejectPaths);
  const guard = createGuard(options);

  return {
    caller(request) {
      checkHost(request.host);
      checkOrigin(request);
    },
    request(request, target, info) {
      checkMethod(request.method, rejectedMethods);
      checkPath(target);
      guard(request, target, info);
      if (options.impersonating) checkImpersonation(request.headers);
    },
  };
}

function checkMethod(method: string, rejected: ReadonlySet<string>): void {
  if (!METHODS.includes(method))
    throw new PortholeError(
      'ERR_METHOD_NOT_ALLOWED',
      `The method ${quote(method)} is not one of the Kubernetes API; use ${METHODS.join(', ')}.`,
    );
  if (rejected.has(method))
    throw new PortholeError(
      'ERR_METHOD_REFUSED',
      `The method ${method} matches --reject-methods; change that flag to allow it.`,
    );
}

function checkImpersonation(headers: HeaderList): void {
  const at = headers.keys.findIndex((key) => key.startsWith('impersonate-'));
  if (at < 0) return;
  throw new PortholeError(
    'ERR_IMPERSONATION_REFUSED',
    `The header ${quote(headers.names[at] ?? '')} is refused, because this proxy already acts as another user (--as, or "as" in the kubeconfig); leave the header out, or start the proxy without that.`,
  );
}

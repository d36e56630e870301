import {
  type AdmitOptions,
  createAdmit,
  DEFAULT_ACCEPT_HOSTS,
  DEFAULT_ACCEPT_PATHS,
  DEFAULT_REJECT_METHODS,
  DEFAULT_REJECT_PATHS,
} from '../../../src/server/admit.ts';
import { splitPatterns } from '../../../src/server/patterns.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { outcomeOf, requestOf } from './request-of.ts';

/** What the command line asks for by default. */
export const OPTIONS: AdmitOptions = {
  acceptHosts: splitPatterns(DEFAULT_ACCEPT_HOSTS),
  acceptPaths: splitPatterns(DEFAULT_ACCEPT_PATHS),
  rejectPaths: splitPatterns(DEFAULT_REJECT_PATHS),
  rejectMethods: splitPatterns(DEFAULT_REJECT_METHODS),
  disableFilter: false,
  allowOrigins: [],
  impersonating: false,
};

/** The outcome of parsing the target and asking for admission, under the defaults but for `options`. */
export function outcome(
  parts: Parameters<typeof requestOf>[0],
  options: Partial<AdmitOptions> = {},
): string {
  const admit = createAdmit({ ...OPTIONS, ...options });
  const request = requestOf(parts);
  return outcomeOf(() => admit(request, parseRequestTarget(request.target)));
}

export const pods = '/api/v1/namespaces/default/pods';

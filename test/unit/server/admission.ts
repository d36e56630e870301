import {
  type AdmitOptions,
  createAdmit,
  DEFAULT_ACCEPT_HOSTS,
  DEFAULT_ACCEPT_PATHS,
  DEFAULT_REJECT_METHODS,
  DEFAULT_REJECT_PATHS,
} from '../../../src/server/admit.ts';
import { splitPatterns } from '../../../src/server/patterns.ts';
import { requestInfo } from '../../../src/server/request-info.ts';
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
  disableOriginCheck: false,
  scheme: 'http',
  readOnly: false,
  deny: [],
  impersonating: false,
};

/** The outcome of parsing the target and asking for admission, under the defaults but for `options`. */
export function outcome(
  parts: Parameters<typeof requestOf>[0],
  options: Partial<AdmitOptions> = {},
): string {
  const admit = createAdmit({ ...OPTIONS, ...options });
  const request = requestOf(parts);
  return outcomeOf(() => {
    const target = parseRequestTarget(request.target);
    admit.caller(request);
    admit.request(request, target, requestInfo(request.method, target));
  });
}

export const pods = '/api/v1/namespaces/default/pods';

import { PortholeError } from '../errors.ts';
import type { Matcher } from './patterns.ts';
import { quote } from './quote.ts';
import type { RequestTarget } from './request-target.ts';
import { remember } from './verdict-cache.ts';

/**
 * Makes the check of a path by kubectl's rule: no reject pattern matches, and one accept pattern does. A path with
 * duplicate slashes must pass as it is and with them collapsed, because servers read it either way. Throws ERR_PATH_REFUSED.
 */
export function createPathCheck(
  accepts: Matcher,
  rejects: Matcher,
): (target: RequestTarget) => void {
  const verdict = remember((path) => {
    const readings = path.includes('//') ? [path, path.replace(/\/{2,}/g, '/')] : [path];
    if (readings.some(rejects)) return 'rejected';
    return readings.every(accepts) ? 'accepted' : 'not accepted';
  });
  return (target) => {
    const found = verdict(target.decodedPath);
    if (found === 'accepted') return;
    throw new PortholeError(
      'ERR_PATH_REFUSED',
      found === 'rejected'
        ? `The path ${quote(target.path)} matches --reject-paths; change that flag to allow it.`
        : `The path ${quote(target.path)} does not match --accept-paths; change that flag to allow it.`,
    );
  };
}

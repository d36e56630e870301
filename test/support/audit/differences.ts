// The closed list of all that is not equal in porthole's audit log and in kube-apiserver's own, by the same policy.
import type { Unequal } from './comparison.ts';
import type { Difference } from './difference.ts';
import { IN_ANSWERS } from './differences-in-answers.ts';
import { IN_REQUESTS } from './differences-in-requests.ts';

/** The first that holds is the reason. */
export const DIFFERENCES: readonly Difference[] = [...IN_REQUESTS, ...IN_ANSWERS];

/** What is not equal, by the name of its reason; '' for what has none. */
export function byReason(unequal: readonly Unequal[]): ReadonlyMap<string, readonly Unequal[]> {
  const found = new Map<string, Unequal[]>(DIFFERENCES.map(({ name }) => [name, []]));
  for (const each of unequal) {
    const reason = DIFFERENCES.find(({ is }) => is(each))?.name ?? '';
    const others = found.get(reason);
    if (others === undefined) found.set(reason, [each]);
    else others.push(each);
  }
  return found;
}

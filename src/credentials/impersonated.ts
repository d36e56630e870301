import { fieldText } from '../http1/field-text.ts';
import type { HeaderList } from '../http1/header-list.ts';
import type { Impersonation } from '../kubeconfig/kubeconfig.ts';
import type { UserInfo } from './identity.ts';

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
const EXTRA = 'impersonate-extra-';

/**
 * Whom a request acts for: whom the configuration names, else whom its own header fields do. The API server adds groups that
 * follow from the name (apiserver `endpoints/filters/impersonation.go: WithImpersonation`).
 */
export function impersonated(
  configured: Impersonation | undefined,
  headers: HeaderList,
): UserInfo | undefined {
  const { user, uid, groups, extra } = configured ?? named(headers);
  if (user === undefined) return undefined;
  return { username: user, uid, groups: completed(user, groups), extra };
}

function named(headers: HeaderList) {
  const extra = new Map<string, string[]>();
  for (const [i, key] of headers.keys.entries()) {
    if (!key.startsWith(EXTRA)) continue;
    const name = unescaped(key.slice(EXTRA.length));
    extra.set(name, [...(extra.get(name) ?? []), fieldText(headers.values[i] ?? '')]);
  }
  const user = headers.get('impersonate-user');
  return {
    user: user === undefined || user === '' ? undefined : fieldText(user),
    uid: headers.get('impersonate-uid'),
    groups: headers.getAll('impersonate-group').map(fieldText),
    extra,
  };
}

function completed(user: string, given: readonly string[]): readonly string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user) ?? [];
  const groups =
    given.length === 0 && namespace !== undefined
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : given;
  if (groups.includes(UNAUTHENTICATED)) return groups;
  const own = user === 'system:anonymous' ? UNAUTHENTICATED : AUTHENTICATED;
  return groups.includes(own) ? groups : [...groups, own];
}

/** apiserver `unescapeExtraKey`: a key that is no valid escape stays as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

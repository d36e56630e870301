import { expect } from 'vitest';
import { auditedUsers } from './cluster/audit-log.ts';
import type { Cluster } from './cluster/cluster.ts';
import { failures, type Seen } from './load.ts';
import type { RunningProxy } from './proxies.ts';

/** A sentence for the operator. */
export interface Announcement {
  /** When it was said, ms since the epoch. */
  readonly at: number;
  readonly text: string;
}

const TIMEOUT_MS = 30_000;

/** What porthole has told its operator, on stderr, that matches. */
export function announcements(proxy: RunningProxy, pattern: RegExp): Announcement[] {
  return proxy
    .log()
    .filter(({ msg }) => pattern.test(String(msg)))
    .map(({ time, msg }) => ({ at: Date.parse(String(time)), text: String(msg) }));
}

/** Waits until it has told so many. */
export async function announced(proxy: RunningProxy, pattern: RegExp, count: number) {
  const options = { timeout: TIMEOUT_MS, interval: 10 };
  await expect.poll(() => announcements(proxy, pattern).length, options).toBe(count);
  return announcements(proxy, pattern);
}

/** No request failed; each of `users` was seen in the audit log, and none of them after the next one was announced. */
export async function expectFlawless(
  cluster: Cluster,
  seen: readonly Seen[],
  users: readonly string[],
  changes: readonly Announcement[],
): Promise<void> {
  expect(failures(seen)).toEqual([]);
  const auditIDs = seen.flatMap(({ auditID }) => auditID ?? []);
  const audited = await auditedUsers(cluster, auditIDs);
  expect([...new Set(audited.values())].sort()).toEqual([...users].sort());
  expect(staleUsers(seen, audited, users, changes)).toEqual([]);
}

/**
 * Requests that were sent as another user than they had to be: one of `users[n]` or later, when they were begun after the
 * nth announcement.
 */
function staleUsers(
  seen: readonly Seen[],
  audited: ReadonlyMap<string, string>,
  users: readonly string[],
  changes: readonly Announcement[],
): string[] {
  return seen.flatMap(({ auditID = '', startedAt }) => {
    const user = audited.get(auditID) ?? 'nobody known';
    const least = changes.filter(({ at }) => at < startedAt).length - 1;
    if (users.indexOf(user) >= Math.max(least, 0)) return [];
    return [`${user} at ${new Date(startedAt).toISOString()}, after ${changes[least]?.text}`];
  });
}

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';

const TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 100;

/** Who the API server took each of these requests for, by Audit-ID. It writes its log shortly after its answers. */
export async function auditedUsers(
  cluster: Cluster,
  auditIDs: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(auditIDs);
  for (const limit = performance.now() + TIMEOUT_MS; ; ) {
    const users = usersIn(readFileSync(cluster.auditLog, 'utf8'), wanted);
    if (users.size === wanted.size) return users;
    if (performance.now() > limit)
      throw new Error(`the audit log lacks ${wanted.size - users.size} of ${wanted.size} requests`);
    await sleep(LOOK_EVERY_MS);
  }
}

function usersIn(log: string, wanted: ReadonlySet<string>): Map<string, string> {
  const users = new Map<string, string>();
  for (const line of log.split('\n')) {
    const auditID = /"auditID":"([^"]+)"/.exec(line)?.[1];
    // The last line may be half of one.
    if (auditID === undefined || !wanted.has(auditID) || !line.endsWith('}')) continue;
    users.set(auditID, JSON.parse(line).user.username);
  }
  return users;
}

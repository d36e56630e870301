import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { announced, announcements } from '../support/announcements.ts';
import { auditedUsers } from '../support/cluster/audit-log.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { createAll, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { userKubeconfig } from '../support/cluster/user-kubeconfig.ts';
import { failures, type Seen, startLoad } from '../support/load.ts';
import { startPorthole } from '../support/proxies.ts';

const SWAPS = 100;
const BROKEN_EVERY = 10;
const CLIENTS = 20;
const EVERY_MS = 50;
const NAMES = ['reload-a', 'reload-b'] as const;
/** Requests that begin later than this after a swap are sent as the new user. */
const AT_MOST_MS = 1_000;
const SWITCHED = /switched from context "[^"]+" to "[^"]+": now https:/;
const STAYS = /; the configuration in use stays$/;

/** A user, as long as requests may be sent as such. */
interface Turn {
  readonly user: string;
  readonly from: number;
  until: number;
}

describeOnCluster('a kubeconfig that is replaced 100 times', (cluster) => {
  it('is followed each time, is not when it is broken, and fails no request', async ({
    annotate,
  }) => {
    const file = await writeKubeconfig(cluster);
    const flags = ['--log-file=/dev/null'];
    const following = await startPorthole(cluster, { kubeconfig: file.path, flags });
    const pinned = await startPorthole(cluster, {
      kubeconfig: file.path,
      flags: [...flags, `--context=${NAMES[0]}`],
    });
    const loads = [following, pinned].map(({ port }) => startLoad(port, CLIENTS, EVERY_MS));
    onTestFinished(async () => {
      await Promise.all(loads.map((load) => load.stop()));
      await Promise.all([following.stop(), pinned.stop()]);
    });

    const turns: Turn[] = [{ user: userOf(NAMES[0]), from: 0, until: Number.POSITIVE_INFINITY }];
    const latencies: number[] = [];
    let [switches, broken] = [0, 0];
    for (let swap = 1; swap <= SWAPS; swap++) {
      const last = turns.at(-1);
      if (swap % BROKEN_EVERY === 0) {
        file.rename(file.broken(broken));
        await announced(following, STAYS, ++broken);
        await announced(pinned, STAYS, broken);
        continue;
      }
      const name = NAMES[++switches % 2] ?? '';
      const from = Date.now();
      file.rename(file.good(name));
      const at = (await announced(following, SWITCHED, switches)).at(-1)?.at ?? 0;
      if (last !== undefined) last.until = Math.min(at, from + AT_MOST_MS);
      turns.push({ user: userOf(name), from, until: Number.POSITIVE_INFINITY });
      latencies.push(at - from);
    }

    const [followed = [], kept = []] = await Promise.all(loads.map((load) => load.stop()));
    expect(failures([...followed, ...kept])).toEqual([]);
    const auditIDs = [...followed, ...kept].flatMap(({ auditID }) => auditID ?? []);
    const audited = await auditedUsers(cluster, auditIDs);
    expect(outOfTurn(followed, audited, turns)).toEqual([]);
    expect(new Set(usersOf(followed, audited))).toEqual(new Set(NAMES.map(userOf)));
    expect(new Set(usersOf(kept, audited))).toEqual(new Set([userOf(NAMES[0])]));
    expect(announcements(pinned, SWITCHED)).toEqual([]);
    // Once each, though the clients went on all the time.
    expect(announcements(following, STAYS)).toHaveLength(broken);
    expect(announcements(following, /the kubeconfig can be used again/)).toHaveLength(broken - 1);
    latencies.sort((one, other) => one - other);
    await annotate(
      `${followed.length} requests; from a rename to the switch ${latencies[SWAPS >> 1]} ms, at most ${latencies.at(-1)} ms`,
    );
  });
});

/** Requests that were sent as somebody who had nothing to do with it any more, or had not yet. */
function outOfTurn(
  seen: readonly Seen[],
  audited: ReadonlyMap<string, string>,
  turns: readonly Turn[],
): string[] {
  return seen.flatMap(({ auditID = '', startedAt, endedAt }) => {
    const user = audited.get(auditID) ?? 'nobody known';
    const due = turns.filter(({ from, until }) => from <= endedAt && startedAt <= until);
    if (due.some((turn) => turn.user === user)) return [];
    return [`${user} at ${new Date(startedAt).toISOString()}, not ${due.map((turn) => turn.user)}`];
  });
}

function usersOf(seen: readonly Seen[], audited: ReadonlyMap<string, string>) {
  return seen.map(({ auditID = '' }) => audited.get(auditID));
}

function userOf(name: string): string {
  return `system:serviceaccount:default:${name}`;
}

/** A kubeconfig with two ServiceAccounts and their tokens, the first of them at the beginning. */
async function writeKubeconfig(cluster: Cluster) {
  await createAccounts(cluster);
  const users: Record<string, object> = {};
  for (const name of NAMES) {
    const token = await kubectl(cluster, ['create', 'token', name, '--duration=1h']);
    users[name] = { token: token.trim() };
  }
  const path = join(mkdtempSync(join(cluster.dir, 'reload-')), 'kubeconfig');
  const good = (name: string): string => userKubeconfig(cluster, users, name);
  writeFileSync(path, good(NAMES[0]));
  return {
    path,
    good,
    /** In one way or another. */
    broken(nth: number): string {
      const text = good(NAMES[0]);
      const ways = [text.slice(0, text.length / 2), '', text.replaceAll('https:', 'ftp:'), '\t- :'];
      return ways[nth % ways.length] ?? '';
    },
    rename(text: string): void {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    },
  };
}

async function createAccounts(cluster: Cluster): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  await createAll(cluster, [
    ...NAMES.map((name) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: 'default' },
    })),
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'reload', namespace: 'default' },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: NAMES.map((name) => ({ kind: 'ServiceAccount', name, namespace: 'default' })),
    },
  ]);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startBehindFaults } from '../support/behind-faults.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { Client, type Scene } from '../support/consistency/client.ts';
import { seenIn } from '../support/consistency/direct.ts';
import { contentOf, historyOf } from '../support/consistency/etcd.ts';
import type { World } from '../support/consistency/journal.ts';
import { violationsOf } from '../support/consistency/judge.ts';
import { opData } from '../support/consistency/op.ts';
import { Count } from '../support/consistency/tail.ts';
import { startOwnCluster } from '../support/own-cluster.ts';
import type { RunningProxy } from '../support/proxies.ts';
import { seeded } from '../support/seeded.ts';

const CLIENTS = 30;
const NAMESPACE = 'default';
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;

/** How many final records there are of each request. */
function recordedBy(proxy: RunningProxy): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome, auditID } of proxy.log())
    if (outcome !== undefined) counts.set(`${auditID}`, (counts.get(`${auditID}`) ?? 0) + 1);
  return counts;
}

describeOnCluster('kube-apiserver is restarted under load', (shared) => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s: what was answered is there, and nothing is there twice',
    async (signal) => {
      const { cluster, etcd, apiServer } = await startOwnCluster(shared);
      const { proxy, direct } = await startBehindFaults(cluster);
      const over = new AbortController();
      const start = seenIn(await direct.ask('GET', MAPS)).revision ?? 0;
      const scene: Scene = {
        ...{ door: { port: proxy.port }, run: signal.toLowerCase(), namespace: NAMESPACE, start },
        ...{ known: new Map(), asked: [], watches: [], over: over.signal },
      };
      const clients = Array.from(
        { length: CLIENTS },
        (_, nth) => new Client(nth, scene, seeded(1, nth)),
      );
      const working = clients.map((client) => client.work());
      await sleep(1000);
      await apiServer.end(signal);
      await apiServer.start();
      const restarted = scene.asked.length;
      await expect
        .poll(
          () => scene.asked.slice(restarted).filter(({ answer }) => answer?.status === 201).length,
        )
        .toBeGreaterThan(CLIENTS);
      over.abort();
      await Promise.all(working);
      for (const client of clients) client.close();

      const last = { metadata: { name: 'last' }, data: opData('last') };
      const end = seenIn(await direct.ask('POST', MAPS, last)).objects[0]?.revision ?? 0;
      const history = await historyOf(etcd.port, NAMESPACE, { start, end });
      const had = new Count(cluster.auditLog, /"stage":"(ResponseComplete|Panic)"/).take();
      const answered = scene.asked.filter(({ answer }) => answer !== undefined);
      await expect
        .poll(() => recordedBy(proxy).size, { timeout: 10_000 })
        .toBeGreaterThanOrEqual(answered.length);
      const world: World = {
        ...{ start, history, watches: [], recorded: recordedBy(proxy) },
        asked: [
          ...scene.asked,
          { id: 'last', verb: 'create', name: 'last', base: undefined, answer: undefined },
        ],
        content: (await contentOf(etcd.port, NAMESPACE)).objects,
        lists: { 'the API server': seenIn(await direct.ask('GET', MAPS)).objects },
        truth: {
          bytes: Buffer.alloc(0),
          ends: new Map(history.map(({ revision }) => [revision, 0])),
        },
        // What the API server had when it was killed never came into its audit log.
        had: new Map(scene.asked.map(({ id }) => [id, Math.max(1, had.get(id) ?? 0)])),
      };
      expect(violationsOf(world)).toEqual([]);
      expect(scene.asked.some(({ answer }) => answer?.status === 502)).toBe(true);
    },
  );
});

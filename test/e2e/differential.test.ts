import { createHash, randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster/cluster.ts';
import { createAll, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { LARGE, reads, SHARED } from '../support/differential/reads.ts';
import {
  ask,
  type Comparable,
  type Row,
  type Side,
  type Words,
} from '../support/differential/row.ts';
import { watches, watchWithBookmarks } from '../support/differential/watches.ts';
import { writes } from '../support/differential/writes.ts';
import { type RunningProxy, startKubectlProxy, startPorthole } from '../support/proxies.ts';

const LARGE_OBJECTS = 40;
const LARGE_OBJECT_BYTES = 512 * 1024;

describeOnCluster('the same request through porthole and kubectl proxy', (cluster) => {
  const proxies: RunningProxy[] = [];
  const agents: Agent[] = [];
  let ours: Side;
  let reference: Side;

  function side(proxy: RunningProxy, words: Words): Side {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    proxies.push(proxy);
    agents.push(agent);
    return { port: proxy.port, agent, words };
  }

  beforeAll(async () => {
    const namespaces = [SHARED, LARGE, 'diff-porthole', 'diff-kubectl'];
    await createAll(cluster, namespaces.map(namespace));
    await createAll(cluster, [0, 1, 2].map(sharedConfigMap));
    for (let i = 0; i < LARGE_OBJECTS; i++) await createAll(cluster, [largeConfigMap(i)]);
    const words = await learnWords(cluster);
    reference = side(await startKubectlProxy(cluster), { ...words, $NS: 'diff-kubectl' });
    ours = side(await startPorthole(cluster), { ...words, $NS: 'diff-porthole' });
  });

  afterAll(async () => {
    for (const agent of agents) agent.destroy();
    for (const proxy of proxies) await proxy.stop();
  });

  describe.each([
    { kind: 'reads', rows: reads },
    { kind: 'writes', rows: writes },
    { kind: 'watches', rows: watches },
  ])('$kind', ({ rows }) => {
    it.each(rows)('$name', async (row) => {
      const expected = await ask(row, reference);
      expectSame(row, await ask(row, ours), expected);
    });
  });

  it(watchWithBookmarks.name, async () => {
    const expected = await amidChanges(cluster, ask(watchWithBookmarks, reference));
    const answer = await amidChanges(cluster, ask(watchWithBookmarks, ours));
    expectSame(watchWithBookmarks, answer, expected);
  });
});

function expectSame(row: Row, answer: Comparable, expected: Comparable): void {
  expect(answer).toEqual(expected);
  expect(answer.status).toMatch(new RegExp(`^${row.status ?? 200} `));
  if (row.holds !== undefined) expect(answer.body).toMatch(row.holds);
}

/** Waits for the answer while a ConfigMap that the request does not ask for changes again and again. */
async function amidChanges(cluster: Cluster, answer: Promise<Comparable>): Promise<Comparable> {
  const name = `restless-${randomUUID()}`;
  await kubectl(cluster, ['create', 'configmap', name]);
  for (let change = 0; ; change++) {
    const done = await Promise.race([answer, sleep(500, null)]);
    // One bookmark or two, that is a matter of the API server's timing.
    if (done !== null) return { ...done, body: done.body.replace(/^(.*"BOOKMARK".*\n)\1+/m, '$1') };
    await kubectl(cluster, ['annotate', '--overwrite', 'configmap', name, `change=${change}`]);
  }
}

async function learnWords(cluster: Cluster): Promise<Omit<Words, '$NS'>> {
  const raw = (path: string) => kubectl(cluster, ['get', '--raw', path]);
  const object = async (path: string) => JSON.parse(await raw(path));
  const { metadata } = await object(`/api/v1/namespaces/${SHARED}`);
  const page = await object(`/api/v1/namespaces/${SHARED}/configmaps?limit=1`);
  const openapi = createHash('sha512').update(await raw('/openapi/v2'));
  return {
    $VERSION: metadata.resourceVersion,
    $CONTINUE: page.metadata.continue,
    $ETAG: `"${openapi.digest('hex').toUpperCase()}"`,
  };
}

function namespace(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function sharedConfigMap(i: number): object {
  const labels = { tier: i === 0 ? 'front' : 'back' };
  const metadata = { name: `c-${i}`, namespace: SHARED, labels };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { k: String(i) } };
}

function largeConfigMap(i: number): object {
  const metadata = { name: `large-${String(i).padStart(2, '0')}`, namespace: LARGE };
  const value = `${i} is as large as the next one; `.repeat(LARGE_OBJECT_BYTES / 30);
  const data = { value: value.slice(0, LARGE_OBJECT_BYTES) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}

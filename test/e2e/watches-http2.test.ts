import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { createAll, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { createRunningPod } from '../support/cluster/seed.ts';
import { userKubeconfig } from '../support/cluster/user-kubeconfig.ts';
import { eventually } from '../support/pair.ts';
import { type RunningProxy, startKubectlProxy, startPorthole } from '../support/proxies.ts';
import { type Relay, startRelay } from '../support/relays.ts';
import { startWatch, type Watching } from '../support/watching.ts';

const NAMESPACE = 'http2-watches';
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;

describeOnCluster('watches of a real API server', (cluster) => {
  let relay: Relay;
  let proxy: RunningProxy;
  let reference: RunningProxy;

  beforeAll(async () => {
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
    relay = await startRelay(Number(new URL(cluster.server).port));
    const users = { token: { token: cluster.token } };
    const kubeconfig = join(cluster.dir, 'http2-watches');
    const server = `https://127.0.0.1:${relay.port}`;
    writeFileSync(kubeconfig, userKubeconfig(cluster, users, 'token', server), { mode: 0o600 });
    proxy = await startPorthole(cluster, { kubeconfig });
    reference = await startKubectlProxy(cluster);
    return async () => {
      await Promise.all([proxy.stop(), reference.stop()]);
      relay.close();
    };
  });

  async function watch(of: RunningProxy, path: string): Promise<Watching> {
    const watching = await startWatch(of.port, path);
    onTestFinished(() => watching.stop());
    return watching;
  }

  it('share connections, and bring the same bytes as through kubectl proxy', async () => {
    const before = relay.accepted;
    const path = `${MAPS}?watch=1&resourceVersion=0&fieldSelector=metadata.name%3Dseen`;
    const watches = await Promise.all(Array.from({ length: 100 }, () => watch(proxy, path)));
    expect(relay.accepted - before).toBe(1);
    const expected = await watch(reference, path);
    const text = 'ä'.repeat(40_000);
    await createAll(cluster, [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'seen', namespace: NAMESPACE } },
    ]);
    for (let n = 0; n < 5; n++) {
      const data = JSON.stringify({ data: { n: String(n), text } });
      await kubectl(cluster, ['patch', 'configmap', 'seen', '-n', NAMESPACE, '-p', data]);
    }
    const lines = (of: Watching): number => of.received.split('\n').length - 1;
    await eventually('the reference has all', () => lines(expected) === 6);
    for (const watching of watches) {
      await eventually('it has all', () => watching.received.length === expected.received.length);
      expect(watching.received).toBe(expected.received);
      expect(watching.state).toBe('open');
    }
  });

  it('end as they would: complete, and with their events counted', async () => {
    const ended = () =>
      proxy.log().find((line) => line['outcome'] && String(line['query']).includes('Seconds=1'));
    const watching = await watch(proxy, `${MAPS}?watch=1&resourceVersion=0&timeoutSeconds=1`);
    await eventually('it ends', () => watching.state !== 'open');
    expect(watching.state).toBe('complete');
    const events = watching.received.split('\n').length - 1;
    await eventually('it is logged', () => ended() !== undefined);
    const line = ended();
    expect(line).toMatchObject({ verb: 'watch', status: 200, outcome: 'ok', events });
  });

  it('share them with logs that are followed', async () => {
    await createRunningPod(cluster, NAMESPACE, 'followed');
    const before = relay.accepted;
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/followed/log?follow=true`;
    const following = await watch(proxy, path);
    await eventually('lines come', () => following.received.includes('line 2\n'));
    expect(relay.accepted).toBe(before);
  });
});

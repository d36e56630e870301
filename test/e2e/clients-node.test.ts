import { CoreV1Api, KubeConfig, type V1ConfigMap, Watch } from '@kubernetes/client-node';
import { beforeAll, expect, it } from 'vitest';
import { kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { startPorthole } from '../support/proxies.ts';

const NAMESPACE = 'client-node';

describeOnCluster('@kubernetes/client-node through porthole', (cluster) => {
  const config = new KubeConfig();
  const create = (name: string) => kubectl(cluster, ['create', 'configmap', name, '-n', NAMESPACE]);

  beforeAll(async () => {
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
    await create('first');
    const proxy = await startPorthole(cluster);
    config.loadFromClusterAndUser(
      // This client speaks plain HTTP only to a cluster that it need not verify.
      { name: 'proxy', server: proxy.url, skipTLSVerify: true },
      { name: 'nobody' },
    );
    return () => proxy.stop();
  });

  it('lists', async () => {
    const api = config.makeApiClient(CoreV1Api);
    const list = await api.listNamespacedConfigMap({ namespace: NAMESPACE });
    expect(list.items.map((item) => item.metadata?.name)).toEqual(['first']);
  });

  it('watches: an object that is created later arrives while the watch is open', async () => {
    const seen: string[] = [];
    let ended: unknown = 'not yet';
    const watch = await new Watch(config).watch(
      `/api/v1/namespaces/${NAMESPACE}/configmaps`,
      {},
      (phase: string, object: V1ConfigMap) => seen.push(`${phase} ${object.metadata?.name}`),
      (error: unknown) => {
        ended = error;
      },
    );
    try {
      await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['ADDED first']);
      await create('second');
      await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['ADDED first', 'ADDED second']);
      expect(ended).toBe('not yet');
    } finally {
      watch.abort();
    }
  });
});

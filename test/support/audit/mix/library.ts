// @kubernetes/client-node, as programs use it.
import {
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node';
import { configMap } from './objects.ts';

export async function library(url: string, namespace: string): Promise<void> {
  const config = new KubeConfig();
  // This client speaks plain HTTP only to a cluster that it need not verify.
  config.loadFromClusterAndUser(
    { name: 'proxy', server: url, skipTLSVerify: true },
    { name: 'nobody' },
  );
  const api = config.makeApiClient(CoreV1Api);
  const seen = new Promise<void>((resolve, reject) => {
    const watching = new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      {},
      (_phase: string, object: { metadata: { name: string } }) => {
        if (object.metadata.name === 'library') watching.then((watch) => watch.abort(), reject);
      },
      () => resolve(),
    );
  });
  const name = 'library';
  await api.createNamespacedConfigMap({ namespace, body: configMap(name) });
  await api.listNamespacedConfigMap({ namespace, limit: 5 });
  const patches: [PatchStrategy, object][] = [
    [PatchStrategy.MergePatch, { data: { by: 'merge' } }],
    [PatchStrategy.StrategicMergePatch, { data: { by: 'strategy' } }],
    [PatchStrategy.JsonPatch, [{ op: 'add', path: '/data/by', value: 'steps' }]],
  ];
  for (const [strategy, body] of patches)
    await api.patchNamespacedConfigMap(
      { namespace, name, body },
      setHeaderOptions('Content-Type', strategy),
    );
  await api.readNamespacedConfigMap({ namespace, name: 'none' }).catch(() => {});
  const objects = KubernetesObjectApi.makeApiClient(config);
  await objects.list('v1', 'Pod', namespace);
  await api.deleteCollectionNamespacedConfigMap({ namespace });
  await seen;
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoreV1Api, KubeConfig, type V1ConfigMap, Watch } from '@kubernetes/client-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { clientEnv, expectSuccess, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { run } from '../support/process.ts';
import { startPorthole } from '../support/proxies.ts';

const PORTHOLE = fileURLToPath(new URL('../../bin/porthole.js', import.meta.url));
const CHART = fileURLToPath(new URL('../fixtures/tiny-chart', import.meta.url));

describeOnCluster('clients with what porthole kubeconfig writes', (cluster) => {
  describe.each([
    { name: 'plain', flags: [] },
    { name: 'prefixed', flags: ['--api-prefix=/k8s/'] },
    { name: 'tls', flags: ['--tls'] },
    { name: 'tls-and-token', flags: ['--tls', '--require-token'] },
  ])('$name', ({ name, flags }) => {
    const namespace = `clients-${name}`;
    const file = join(cluster.dir, `${name}.kubeconfig`);
    const env = clientEnv(cluster, file);
    const ok = async (command: string, ...args: string[]) =>
      expectSuccess(await run(join(cluster.assets, command), args, { env }), args);

    beforeAll(async () => {
      await kubectl(cluster, ['create', 'namespace', namespace]);
      const proxy = await startPorthole(cluster, { flags });
      const args = [`--port=${proxy.port}`, ...flags, `--namespace=${namespace}`];
      const command = [PORTHOLE, 'kubeconfig', ...args, `--write=${file}`];
      expectSuccess(await run(process.execPath, command, { env }), command);
      return () => proxy.stop();
    });

    it("kubectl acts as the proxy's user, in the namespace of the file", async () => {
      await ok('kubectl', 'create', 'configmap', 'by-kubectl');
      expect(await kubectl(cluster, ['get', 'configmap', '-n', namespace, '-o', 'name'])).toBe(
        'configmap/by-kubectl\n',
      );
      await ok('kubectl', 'delete', 'configmap', 'by-kubectl');
    });

    it('helm installs, lists and uninstalls a chart', async () => {
      await ok('helm', 'install', 'greeter', CHART);
      expect(JSON.parse(await ok('helm', 'list', '-o', 'json'))).toMatchObject([
        { name: 'greeter', namespace },
      ]);
      await ok('helm', 'uninstall', 'greeter');
    });

    it('@kubernetes/client-node lists and watches', async () => {
      const config = new KubeConfig();
      config.loadFromFile(file);
      const api = config.makeApiClient(CoreV1Api);
      const seen: string[] = [];
      const watch = await new Watch(config).watch(
        `/api/v1/namespaces/${namespace}/configmaps`,
        {},
        (phase: string, object: V1ConfigMap) => seen.push(`${phase} ${object.metadata?.name}`),
        () => {},
      );
      try {
        const body = { metadata: { name: 'by-node' } };
        await api.createNamespacedConfigMap({ namespace, body });
        await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['ADDED by-node']);
      } finally {
        watch.abort();
      }
      const { items } = await api.listNamespacedConfigMap({ namespace });
      expect(items.map(({ metadata }) => metadata?.name)).toEqual(['by-node']);
      await api.deleteNamespacedConfigMap({ namespace, name: 'by-node' });
    });
  });
});

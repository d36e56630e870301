import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { writeProxyKubeconfig } from '../support/cluster/kubeconfigs.ts';
import { clientEnv, expectSuccess, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { run } from '../support/process.ts';
import { startPorthole } from '../support/proxies.ts';

const CHART = fileURLToPath(new URL('../fixtures/tiny-chart', import.meta.url));
const NAMESPACE = 'helm';

describeOnCluster('helm through porthole', (cluster) => {
  let env: NodeJS.ProcessEnv;
  async function helm(...args: string[]): Promise<string> {
    const all = ['--namespace', NAMESPACE, ...args];
    return expectSuccess(await run(join(cluster.assets, 'helm'), all, { env }), all);
  }
  const greeting = () =>
    kubectl(cluster, [
      ...['get', 'configmap', 'greeter', '--namespace', NAMESPACE, '--ignore-not-found'],
      ...['-o', 'jsonpath={.data.greeting}'],
    ]);

  beforeAll(async () => {
    const proxy = await startPorthole(cluster);
    const path = join(cluster.dir, 'helm.kubeconfig');
    env = clientEnv(cluster, writeProxyKubeconfig(path, proxy.url));
    return () => proxy.stop();
  });

  it('installs, lists, upgrades and uninstalls a chart', async () => {
    await helm('install', 'greeter', CHART, '--create-namespace');
    expect(await greeting()).toBe('hello');
    expect(JSON.parse(await helm('list', '-o', 'json'))).toMatchObject([
      { name: 'greeter', revision: '1', status: 'deployed' },
    ]);
    await helm('upgrade', 'greeter', CHART, '--set', 'greeting=good day');
    expect(await greeting()).toBe('good day');
    await helm('uninstall', 'greeter');
    expect(await greeting()).toBe('');
    expect(JSON.parse(await helm('list', '-o', 'json'))).toEqual([]);
  });
});

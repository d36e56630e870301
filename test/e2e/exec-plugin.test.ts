import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Cluster } from '../support/cluster/cluster.ts';
import { createAll, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { byPlugin, userKubeconfig } from '../support/cluster/user-kubeconfig.ts';
import { burst, tally } from '../support/load.ts';
import { type Plugin, V1, writePlugin } from '../support/plugin.ts';
import { startKubectlProxy, startPorthole } from '../support/proxies.ts';

const ACCOUNT = 'exec-plugin';
const CLIENTS = 200;
const REQUESTS = 6;
const ROTATIONS = 3;

/** A ServiceAccount's token that is good for as long as the Secret is there that `"$0.bound"` names. */
const ASKS_FOR_TOKEN = `
token=$(kubectl --kubeconfig="$1" create token ${ACCOUNT} --duration=10m \\
  --bound-object-kind=Secret --bound-object-name="$(cat "$0.bound")") || exit 1
echo "$token" >>"$0.tokens"
printf '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"%s"}}' "$token"`;

describeOnCluster('an exec plugin whose tokens are revoked', (cluster) => {
  it('runs once for each revocation, and of 200 parallel clients none sees a 401, as they do with kubectl proxy', async () => {
    await createAccount(cluster);
    const plugins = { porthole: writePlugin(ASKS_FOR_TOKEN), kubectl: writePlugin(ASKS_FOR_TOKEN) };
    const both = Object.values(plugins);
    await bind(cluster, both, 0);
    const [porthole, kubectlProxy] = await Promise.all([
      startPorthole(cluster, { kubeconfig: kubeconfigFor(cluster, plugins.porthole) }),
      startKubectlProxy(cluster, [`--kubeconfig=${kubeconfigFor(cluster, plugins.kubectl)}`]),
    ]);
    onTestFinished(async () => {
      await Promise.all([porthole.stop(), kubectlProxy.stop()]);
    });
    const burstThroughBoth = async () => {
      const ports = [porthole.port, kubectlProxy.port];
      const seen = await Promise.all(ports.map((port) => burst(port, CLIENTS, REQUESTS)));
      const [ours = {}, theirs = {}] = seen.map(tally);
      return { ours, theirs };
    };
    const allWell = { 'GET 200': (CLIENTS * REQUESTS) / 2, 'POST 201': (CLIENTS * REQUESTS) / 2 };

    expect(await burstThroughBoth()).toEqual({ ours: allWell, theirs: allWell });
    expect(both.map((plugin) => plugin.runs())).toEqual([1, 1]);
    for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
      await bind(cluster, both, rotation);
      await Promise.all(both.map((plugin) => refused(cluster, lastToken(plugin))));
      const { ours, theirs } = await burstThroughBoth();
      expect(ours).toEqual(allWell);
      expect(plugins.porthole.runs()).toBe(1 + rotation);
      expect((theirs['GET 401'] ?? 0) + (theirs['POST 401'] ?? 0)).toBeGreaterThan(0);
    }
  });
});

async function createAccount(cluster: Cluster): Promise<void> {
  const subjects = [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: 'default' }];
  const apiGroup = 'rbac.authorization.k8s.io';
  await createAll(cluster, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: 'default' } },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata: { name: ACCOUNT, namespace: 'default' },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects,
    },
  ]);
}

/** Makes the plugins ask for tokens that are bound to another Secret, and revokes those that they have got. */
async function bind(cluster: Cluster, plugins: readonly Plugin[], nth: number): Promise<void> {
  const secret = (n: number) => `${ACCOUNT}-${n}`;
  const metadata = { name: secret(nth), namespace: 'default' };
  await createAll(cluster, [{ apiVersion: 'v1', kind: 'Secret', metadata }]);
  for (const { command } of plugins) writeFileSync(`${command}.bound`, secret(nth));
  if (nth > 0) await kubectl(cluster, ['delete', 'secret', secret(nth - 1)]);
}

function kubeconfigFor(cluster: Cluster, { command, folder }: Plugin): string {
  const path = join(folder, 'kubeconfig');
  const user = byPlugin(command, { args: [cluster.kubeconfigs.certificateData] });
  writeFileSync(path, userKubeconfig(cluster, { robot: user }, 'robot'));
  return path;
}

function lastToken(plugin: Plugin): string {
  return plugin.wrote('tokens').trimEnd().split('\n').at(-1) ?? '';
}

/** The API server remembers for ten seconds that a token was good. */
async function refused(cluster: Cluster, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const status = () =>
    new Promise((resolve, reject) => {
      get(`${cluster.server}/version`, { ca: cluster.caPem, headers }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      }).once('error', reject);
    });
  await expect.poll(status, { timeout: 30_000 }).toBe(401);
}

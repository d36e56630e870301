// What people type: kubectl and helm.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../../cluster/cluster.ts';
import { writeProxyKubeconfig } from '../../cluster/kubeconfigs.ts';
import { clientEnv, expectSuccess, type KubectlClient } from '../../cluster/kubectl.ts';
import { run } from '../../process.ts';
import { configMap, deployment, pod } from './objects.ts';

const CHART = fileURLToPath(new URL('../../../fixtures/tiny-chart', import.meta.url));

/** Commands one after the other. Those that are to fail may. */
async function inTurn(kubectl: KubectlClient, lines: readonly string[]): Promise<void> {
  for (const line of lines) await kubectl.run(line.split(' '));
}

export async function objectsByKubectl(kubectl: KubectlClient): Promise<void> {
  const file = (object: object) => JSON.stringify(object);
  await kubectl.ok(['create', 'namespace', 'by-kubectl']);
  await kubectl.ok(['create', '-f', '-'], file(pod('typed')));
  await kubectl.ok(['apply', '-f', '-'], file(configMap('applied')));
  await kubectl.ok(['apply', '-f', '-'], file(configMap('applied', { color: 'red' })));
  await kubectl.ok(['apply', '--server-side', '-f', '-'], file(configMap('server-side')));
  await kubectl.ok(['apply', '--server-side', '-f', '-'], file(deployment('typed')));
  await kubectl.ok(['replace', '-f', '-'], file(configMap('applied', { color: 'green' })));
  await kubectl.ok(['diff', '-f', '-'], file(configMap('applied', { color: 'green' })));
  await kubectl.run(['delete', '-f', '-'], file(configMap('server-side')));
  await kubectl.ok(['patch', 'configmap', 'applied', '-p', '{"data":{"more":"yes"}}']);
}

export async function deploymentsByKubectl(kubectl: KubectlClient): Promise<void> {
  await inTurn(kubectl, [
    'create deployment turned --image=registry.example/web:1',
    'get deployments -o wide',
    'describe deployment turned',
    'scale deployment turned --replicas=3',
    'set image deployment/turned web=registry.example/web:2',
    'annotate deployment turned example.com/by=kubectl',
    'rollout status deployment/turned --timeout=1s',
    'rollout history deployment/turned',
    'rollout restart deployment/turned',
    'autoscale deployment turned --max=3',
    'expose deployment turned --port=80',
    'delete deployment turned --wait=false',
    'delete configmap none',
    'get deployment none',
  ]);
}

export async function rightsByKubectl(kubectl: KubectlClient): Promise<void> {
  await inTurn(kubectl, [
    'create secret generic typed --from-literal=password=planted',
    'get secret typed -o yaml',
    'create serviceaccount typed',
    'create token typed',
    'create token none',
    'create role typed --verb=get --resource=pods',
    'create rolebinding typed --role=typed --user=jane',
    'auth can-i list pods',
    'auth can-i list pods --as=jane',
    'auth whoami',
    'get pods --as=jane',
    'get nodes --as=jane',
    'delete secret typed',
  ]);
}

export async function readsByKubectl(kubectl: KubectlClient): Promise<void> {
  await inTurn(kubectl, [
    'get all',
    'get pods -o json',
    'get pods -A -w --request-timeout=1s',
    'get events',
    'describe node node-1',
    'api-resources',
    'api-versions',
    'cluster-info',
    'version',
    'top nodes',
    'get --raw /healthz',
    'get --raw /api/v1/namespaces/default/pods?limit=1',
    'explain pods',
    'get nothing',
    'get configmaps --chunk-size=1',
    'wait --for=condition=Ready pod/web-0 -n default --timeout=1s',
    'run once --image=registry.example/web:1 --dry-run=server',
    'label namespace default mixed=yes',
    'taint node node-1 example.com/by=kubectl:NoSchedule',
    'cordon node-1',
    'uncordon node-1',
  ]);
}

/** Sessions in a pod that the kubelet's stand-in runs. */
export async function sessionsByKubectl(
  kubectl: KubectlClient,
  name: string,
  dir: string,
): Promise<void> {
  const folder = mkdtempSync(join(dir, 'copied-'));
  writeFileSync(join(folder, 'sent'), 'a file of somebody');
  await kubectl.ok(['cp', join(folder, 'sent'), `${name}:${join(folder, 'received')}`]);
  await inTurn(kubectl, [
    `logs ${name}`,
    `logs ${name} --tail=2 --timestamps`,
    `exec ${name} -- echo hello`,
    `exec ${name} -- sh -c exit\t3`,
  ]);
  await kubectl.run(['exec', '-i', name, '--', 'cat'], 'typed\n'.repeat(100));
  const following = kubectl.start(['logs', '-f', name]);
  await following.waitFor('stdout', /^line 2$/m);
  await following.stop();
  const forwarding = kubectl.start(['port-forward', `pod/${name}`, ':80']);
  await forwarding.waitFor('stdout', /Forwarding from/);
  await forwarding.stop();
  const attached = kubectl.start(['attach', '-i', name]);
  attached.write('hello\n');
  await attached.waitFor('stdout', /hello/);
  attached.closeInput();
  await attached.exited;
}

export async function chart(cluster: Cluster, url: string): Promise<void> {
  const env = clientEnv(cluster, writeProxyKubeconfig(join(cluster.dir, 'helm.kubeconfig'), url));
  const helm = async (...args: string[]) => {
    const all = ['--namespace', 'charts', ...args];
    expectSuccess(await run(join(cluster.assets, 'helm'), all, { env }), all);
  };
  await helm('install', 'greeter', CHART, '--create-namespace');
  await helm('upgrade', 'greeter', CHART, '--set', 'greeting=good day');
  await helm('uninstall', 'greeter');
}

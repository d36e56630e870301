import type { Cluster } from './cluster.ts';
import { createAll, kubectl } from './kubectl.ts';

/** The one node. Its kubelet is streamlet, so exec and its like into pods of this node run on this machine. */
const NODE = 'node-1';

/** The objects of the README's tour, and the node that pods can "run" on. */
export async function seed(cluster: Cluster, kubeletPort: number): Promise<void> {
  await createAll(cluster, [
    node(kubeletPort),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'project1' } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-0' }, spec: podSpec() },
    deployment('frontend'),
    deployment('backend'),
  ]);
}

function node(kubeletPort: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    },
  };
}

function podSpec(): object {
  return { containers: [{ name: 'main', image: 'registry.example/web:1' }] };
}

function deployment(name: string): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'project1' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec() },
    },
  };
}

/** A pod that the API server believes to run on the node: exec, attach, logs and port-forward reach streamlet. */
export async function createRunningPod(cluster: Cluster, namespace: string, name: string) {
  const spec = { ...podSpec(), nodeName: NODE };
  await createAll(cluster, [
    { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec },
  ]);
  const status = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [
      {
        name: 'main',
        image: 'registry.example/web:1',
        imageID: '',
        containerID: 'fake://main',
        ready: true,
        restartCount: 0,
        state: { running: {} },
      },
    ],
  };
  const patch = JSON.stringify({ status });
  const args = ['patch', 'pod', name, '-n', namespace, '--subresource=status', '-p', patch];
  await kubectl(cluster, args);
}

import type { JsonObject } from './object.ts';
import {
  apiVersionOf,
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  PODS,
  type Resource,
  SERVICES,
} from './resources.ts';
import type { Store } from './store.ts';

/** Fills an empty store with what the README's tour shows. */
export function seed(store: Store): void {
  const add = (resource: Resource, namespace: string | undefined, name: string, rest: JsonObject) =>
    store.create(resource, {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { name, namespace, labels: { app: name } },
      ...rest,
    });
  for (const name of ['default', 'kube-system', 'project1']) {
    add(NAMESPACES, undefined, name, { spec: {}, status: NAMESPACES.initialStatus });
  }
  add(PODS, 'default', 'hello', runningPod('hello'));
  add(PODS, 'project1', 'web-0', runningPod('web'));
  add(PODS, 'project1', 'web-1', runningPod('web'));
  add(DEPLOYMENTS, 'project1', 'web', deployment('web', 2));
  add(SERVICES, 'default', 'kubernetes', service('10.96.0.1', 443));
  add(SERVICES, 'project1', 'web', service('10.96.0.10', 80));
  add(CONFIG_MAPS, 'project1', 'web', { data: { greeting: 'hello from porthole' } });
}

const IMAGE = 'registry.example/web:1.0';

function runningPod(container: string): JsonObject {
  return {
    spec: { containers: [{ name: container, image: IMAGE }], nodeName: 'demo' },
    status: {
      phase: 'Running',
      containerStatuses: [
        { name: container, image: IMAGE, imageID: '', ready: true, restartCount: 0 },
      ],
    },
  };
}

function deployment(name: string, replicas: number): JsonObject {
  const labels = { app: name };
  return {
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name, image: IMAGE }] },
      },
    },
    status: {
      replicas,
      readyReplicas: replicas,
      updatedReplicas: replicas,
      availableReplicas: replicas,
    },
  };
}

function service(clusterIP: string, port: number): JsonObject {
  return { spec: { type: 'ClusterIP', clusterIP, ports: [{ port, protocol: 'TCP' }] } };
}

import { type ApiObject, fieldOf } from './object.ts';
import { apiVersionOf, type Resource } from './resources.ts';

type Cell = (object: ApiObject) => string | number;

/** Between the columns Name and Age, by plural. What is not here gets these two only. */
const COLUMNS: Readonly<Record<string, Readonly<Record<string, Cell>>>> = {
  pods: {
    Ready: (pod) => `${readyContainers(pod)}/${listAt(pod, 'spec', 'containers').length}`,
    Status: (pod) => textAt(pod, 'status', 'phase'),
  },
  deployments: {
    Ready: (one) =>
      `${countAt(one, 'status', 'readyReplicas')}/${countAt(one, 'spec', 'replicas')}`,
    'Up-to-date': (one) => countAt(one, 'status', 'updatedReplicas'),
    Available: (one) => countAt(one, 'status', 'availableReplicas'),
  },
  namespaces: { Status: (namespace) => textAt(namespace, 'status', 'phase') },
  services: {
    Type: (service) => textAt(service, 'spec', 'type'),
    'Cluster-IP': (service) => textAt(service, 'spec', 'clusterIP'),
    'Port(s)': (service) =>
      listAt(service, 'spec', 'ports')
        .map((port) => `${textAt(port, 'port')}/${textAt(port, 'protocol')}`)
        .join(','),
  },
  configmaps: { Data: (map) => Object.keys(fieldOf(map, 'data') ?? {}).length },
};

/** How objects are written into answers. */
export interface Format {
  one(object: ApiObject): object;
  list(objects: readonly ApiObject[], metadata: object): object;
}

/** Objects as they are, or Tables where `accept` prefers them: they are how kubectl learns which columns to print. */
export function formatOf(
  resource: Resource,
  accept: string | undefined,
  query: URLSearchParams,
): Format {
  const apiVersion = apiVersionOf(resource);
  const kind = `${resource.kind}List`;
  if (!/^[^,]*;\s*as=Table/.test(accept ?? '')) {
    return {
      one: (object) => object,
      list: (items, metadata) => ({ kind, apiVersion, metadata, items }),
    };
  }
  const whole = query.get('includeObject') === 'Object';
  return {
    one: (object) => tableOf(resource, [object], {}, whole),
    list: (objects, metadata) => tableOf(resource, objects, metadata, whole),
  };
}

function tableOf(
  resource: Resource,
  objects: readonly ApiObject[],
  metadata: object,
  whole: boolean,
): object {
  const apiVersion = 'meta.k8s.io/v1';
  const columns: Record<string, Cell> = {
    Name: (object) => object.metadata.name,
    ...COLUMNS[resource.plural],
    Age: (object) => ageOf(textAt(object, 'metadata', 'creationTimestamp'), Date.now()),
  };
  const columnDefinitions = Object.keys(columns).map((name) => {
    const format = name === 'Name' ? 'name' : '';
    return { name, type: 'string', format, description: '', priority: 0 };
  });
  const rows = objects.map((object) => ({
    cells: Object.values(columns).map((cell) => cell(object)),
    object: whole
      ? object
      : { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata },
  }));
  return { kind: 'Table', apiVersion, metadata, columnDefinitions, rows };
}

/** `90s`, `15m`, `30h`, `12d`: about as `duration.HumanDuration` of apimachinery rounds. */
export function ageOf(creationTimestamp: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(creationTimestamp)) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 3 * 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

function readyContainers(pod: ApiObject): number {
  return listAt(pod, 'status', 'containerStatuses').filter(
    (status) => fieldOf(status, 'ready') === true,
  ).length;
}

function countAt(object: ApiObject, ...path: readonly string[]): number {
  const count = fieldOf(object, ...path);
  return typeof count === 'number' ? count : 0;
}

function textAt(object: unknown, ...path: readonly string[]): string {
  const value = fieldOf(object, ...path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '<none>';
}

function listAt(object: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = fieldOf(object, ...path);
  return Array.isArray(list) ? list : [];
}

import type { JsonObject } from './object.ts';

/** One kind that the demo API server stores. */
export interface Resource {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  /** The name in paths, unique among all groups here. */
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  /** `all` is what `kubectl get all` asks for. */
  readonly categories: readonly string[];
  /** What a new object's `status` is, whatever the client sends. */
  readonly initialStatus: JsonObject | undefined;
}

function resource(
  plural: string,
  kind: string,
  shortName: string,
  more: Partial<Resource> = {},
): Resource {
  return {
    group: '',
    version: 'v1',
    plural,
    singular: kind.toLowerCase(),
    kind,
    namespaced: true,
    shortNames: [shortName],
    categories: ['all'],
    initialStatus: undefined,
    ...more,
  };
}

export const NAMESPACES = resource('namespaces', 'Namespace', 'ns', {
  namespaced: false,
  categories: [],
  initialStatus: { phase: 'Active' },
});
export const PODS = resource('pods', 'Pod', 'po', { initialStatus: { phase: 'Pending' } });
export const SERVICES = resource('services', 'Service', 'svc');
export const CONFIG_MAPS = resource('configmaps', 'ConfigMap', 'cm', { categories: [] });
export const DEPLOYMENTS = resource('deployments', 'Deployment', 'deploy', { group: 'apps' });

export const RESOURCES: readonly Resource[] = [
  CONFIG_MAPS,
  NAMESPACES,
  PODS,
  SERVICES,
  DEPLOYMENTS,
];

/** `v1` or `apps/v1`. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `/api/v1` or `/apis/apps/v1`. */
export function pathOf(resource: Resource): string {
  return resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
}

/** What a path names: one object when there is a `name`, else a collection, of all namespaces when there is no `namespace`. */
export interface ResourcePath {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Reads `/api/v1/...` and `/apis/GROUP/VERSION/...`; undefined where no resource of ours is named. Segments are decoded. */
export function resourcePathOf(segments: readonly string[]): ResourcePath | undefined {
  const rootLength = segments[0] === 'api' ? 2 : 3;
  const root = `/${segments.slice(0, rootLength).join('/')}`;
  const rest = segments.slice(rootLength);
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest[1] : undefined;
  const [plural, name, ...more] = namespace === undefined ? rest : rest.slice(2);
  const resource = RESOURCES.find((one) => one.plural === plural && pathOf(one) === root);
  if (resource === undefined || more.length > 0) return undefined;
  const isWhole = resource.namespaced
    ? namespace !== undefined || name === undefined
    : namespace === undefined;
  return isWhole ? { resource, namespace, name } : undefined;
}

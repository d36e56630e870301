import { pathOf, RESOURCES, type Resource } from './resources.ts';

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const CHECKS = ['ping', 'store'];

const VERSION = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.0+porthole-demo',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: '',
};

const CORE = RESOURCES.filter(({ group }) => group === '');
const APPS = RESOURCES.filter(({ group }) => group === 'apps');
const APPS_VERSION = { groupVersion: 'apps/v1', version: 'v1' };
const APPS_GROUP = { name: 'apps', versions: [APPS_VERSION], preferredVersion: APPS_VERSION };

const DOCUMENTS: ReadonlyMap<string, object> = new Map<string, object>([
  ['/version', VERSION],
  ['/api', { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }],
  ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: [APPS_GROUP] }],
  ['/apis/apps', { kind: 'APIGroup', apiVersion: 'v1', ...APPS_GROUP }],
  ['/api/v1', resourceList('v1', CORE)],
  ['/apis/apps/v1', resourceList('apps/v1', APPS)],
  [
    '/openapi/v3',
    {
      paths: {
        'api/v1': { serverRelativeURL: '/openapi/v3/api/v1' },
        'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1' },
      },
    },
  ],
  ['/openapi/v3/api/v1', openApi(CORE)],
  ['/openapi/v3/apis/apps/v1', openApi(APPS)],
]);

const HEALTH_PATHS = ['/healthz', '/livez', '/readyz'];
const PATHS = [...DOCUMENTS.keys(), ...HEALTH_PATHS].sort();

/** What the server says of itself at `path`: an object, plain text, or undefined where it says nothing. */
export function documentAt(path: string, query: URLSearchParams): object | string | undefined {
  if (path === '/') return { paths: PATHS };
  if (HEALTH_PATHS.includes(path)) return query.has('verbose') ? verboseHealth(path) : 'ok';
  return DOCUMENTS.get(path);
}

function verboseHealth(path: string): string {
  return `${CHECKS.map((check) => `[+]${check} ok\n`).join('')}${path.slice(1)} check passed\n`;
}

function resourceList(groupVersion: string, resources: readonly Resource[]): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: resources.map(({ plural, singular, namespaced, kind, shortNames, categories }) => {
      const names = { name: plural, singularName: singular, kind, shortNames, categories };
      return { ...names, namespaced, verbs: VERBS };
    }),
  };
}

/**
 * No schemas, only what kubectl reads before it creates or applies: whether PATCH of the kind takes `fieldValidation`.
 * The parameter is taken and ignored; without it kubectl asks for `/openapi/v2`, and gives up.
 */
function openApi(resources: readonly Resource[]): object {
  const operation = ({ group, version, kind }: Resource) => ({
    'x-kubernetes-group-version-kind': { group, version, kind },
    parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
    responses: { 200: { description: 'OK' } },
  });
  return {
    openapi: '3.0.0',
    info: { title: 'porthole demo', version: VERSION.gitVersion },
    paths: Object.fromEntries(
      resources.map((one) => [`${pathOf(one)}/${one.plural}/{name}`, { patch: operation(one) }]),
    ),
  };
}

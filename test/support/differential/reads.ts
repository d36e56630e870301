import type { Row } from './row.ts';

export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
/** Read by both sides and written by none; see the differential test's preparation. */
export const SHARED = 'diff-shared';
export const LARGE = 'diff-large';

const shared = `/api/v1/namespaces/${SHARED}/configmaps`;
const large = `/api/v1/namespaces/${LARGE}/configmaps`;

const discovery: Row[] = [
  { name: 'version', path: '/version', holds: /"gitVersion"/ },
  { name: 'root', path: '/', holds: /"paths"/ },
  { name: 'livez, verbose', path: '/livez?verbose', holds: /livez check passed/ },
  { name: 'healthz', path: '/healthz', holds: /^ok$/ },
  { name: 'readyz without etcd', path: '/readyz?verbose&exclude=etcd', holds: /etcd excluded: ok/ },
  { name: 'core versions', path: '/api', holds: /"APIVersions"/ },
  { name: 'groups', path: '/apis', holds: /"APIGroupList"/ },
  {
    name: 'groups, aggregated',
    path: '/apis',
    headers: {
      Accept:
        'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
    },
  },
  { name: 'groups, protobuf', path: '/apis', headers: { Accept: PROTOBUF }, holds: /^k8s/ },
  { name: 'one group', path: '/apis/apps', holds: /"APIGroup"/ },
  { name: 'core resources', path: '/api/v1', holds: /"pods\/exec"/ },
  { name: 'apps resources', path: '/apis/apps/v1', holds: /"deployments"/ },
  { name: 'openapi', path: '/openapi/v2', holds: /^\d+ characters/ },
  { name: 'openid configuration', path: '/.well-known/openid-configuration', holds: /"issuer"/ },
];

const objects: Row[] = [
  { name: 'list', path: shared, holds: /"ConfigMapList".*"c-2"/s },
  { name: 'list of everything in the cluster', path: '/api/v1/nodes', holds: /"NodeList"/ },
  { name: 'list, empty', path: `/api/v1/namespaces/${SHARED}/pods`, holds: /"items":\[\]/ },
  { name: 'list, pretty', path: `${shared}?pretty=true`, holds: /\n {2}"items"/ },
  { name: 'list, by label', path: `${shared}?labelSelector=tier%3Dfront`, holds: /"c-0"/ },
  {
    name: 'list, by labels in a set',
    path: `${shared}?labelSelector=tier+in+%28front%2Cback%29`,
    holds: /"c-1"/,
  },
  { name: 'list, by field', path: `${shared}?fieldSelector=metadata.name=c-1`, holds: /"c-1"/ },
  {
    name: 'list, from the watch cache',
    path: `${shared}?resourceVersion=0&fieldSelector=metadata.name=c-0`,
    holds: /"c-0"/,
  },
  {
    name: 'list, limit',
    path: `${shared}?limit=1`,
    holds: /"continue":"\w+.*"remainingItemCount":2/,
  },
  { name: 'list, continued', path: `${shared}?limit=1&continue=$CONTINUE`, holds: /"c-1"/ },
  {
    name: 'list, yaml',
    path: shared,
    headers: { Accept: 'application/yaml' },
    holds: /^apiVersion: v1$/m,
  },
  {
    name: 'list, several Accept types',
    path: shared,
    headers: { Accept: 'text/plain;q=0.5, application/json, */*' },
  },
  {
    name: 'list, protobuf',
    path: shared,
    headers: { Accept: PROTOBUF },
    holds: /^k8s\0/,
  },
  {
    name: 'list, table',
    path: shared,
    headers: { Accept: TABLE },
    holds: /"Table".*"columnDefinitions"/,
  },
  {
    name: 'list, table with whole objects',
    path: `${shared}?includeObject=Object`,
    headers: { Accept: TABLE },
    holds: /"object":\{"kind":"ConfigMap"/,
  },
  {
    name: 'list, only metadata',
    path: shared,
    headers: { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    holds: /"PartialObjectMetadataList"/,
  },
  { name: 'list, 20 MB', path: large, holds: /^2\d{7} characters/ },
  {
    name: 'list, 20 MB, gzip',
    path: large,
    headers: { 'Accept-Encoding': 'gzip' },
    holds: /^2\d{7} characters/,
  },
  {
    name: 'list, gzip asked for but too small for it',
    path: shared,
    headers: { 'Accept-Encoding': 'gzip' },
  },
  {
    name: 'list, gzip refused',
    path: `${large}?limit=1`,
    headers: { 'Accept-Encoding': 'identity' },
    holds: /"large-00"/,
  },
  { name: 'get', path: `${shared}/c-0`, holds: /"k":"0"/ },
  { name: 'get, protobuf', path: `${shared}/c-0`, headers: { Accept: PROTOBUF }, holds: /^k8s\0/ },
  {
    name: 'get, table',
    path: `${shared}/c-0`,
    headers: { Accept: TABLE },
    holds: /"rows":\[\{"cells":\["c-0"/,
  },
  {
    name: 'get, a subresource',
    path: '/apis/apps/v1/namespaces/project1/deployments/frontend/scale',
    holds: /"Scale"/,
  },
];

const requests: Row[] = [
  { name: 'HEAD', method: 'HEAD', path: '/healthz', holds: /^$/ },
  { name: '405: HEAD of a list', method: 'HEAD', path: shared, status: 405, holds: /^$/ },
  {
    name: '404: HEAD of what is missing',
    method: 'HEAD',
    path: '/no/such/path',
    status: 404,
    holds: /^$/,
  },
  { name: 'OPTIONS', method: 'OPTIONS', path: shared, status: 405 },
  { name: 'PUT on a list', method: 'PUT', path: shared, body: '{}', status: 405 },
  { name: 'POST to an object', method: 'POST', path: `${shared}/c-0`, body: '{}', status: 405 },
  {
    name: '404: no such object',
    path: `${shared}/missing`,
    status: 404,
    holds: /"reason":"NotFound"/,
  },
  { name: '404: no such resource', path: '/api/v1/unheardof', status: 404 },
  { name: '404: no such path', path: '/no/such/path', status: 404 },
  { name: 'a trailing slash', path: '/api/v1/pods/', status: 200 },
  { name: '400: bad selector', path: `${shared}?labelSelector=%3D%3D%3D`, status: 400 },
  { name: '406: unknown media type', path: shared, headers: { Accept: 'image/png' }, status: 406 },
  {
    name: '400: continue token that never was',
    path: `${shared}?limit=1&continue=bm9uc2Vuc2U`,
    status: 400,
  },
  {
    name: '403: as somebody with no rights',
    path: shared,
    headers: { 'Impersonate-User': 'nobody' },
    status: 403,
    holds: /User \\"nobody\\" cannot list/,
  },
  { name: 'a percent-encoded letter', path: `${shared}/c%2D0`, holds: /"k":"0"/ },
  { name: 'a percent-encoded slash in a name', path: `${shared}/c%2F0`, status: 404 },
  {
    name: 'a percent-encoded space in a name',
    path: `${shared}/c%200`,
    status: 404,
    holds: /\\"c 0\\"/,
  },
  { name: 'UTF-8 in a name', path: `${shared}/%C3%A9t%C3%A9`, status: 404, holds: /été/ },
  {
    name: 'a long query',
    path: `${shared}?labelSelector=tier+notin+%28${'x,'.repeat(1500)}x%29`,
    holds: /"c-0"/,
  },
  {
    name: 'a query with an empty and a repeated key',
    path: `${shared}?limit=2&limit=1&&pretty`,
    holds: /"c-0"/,
  },
  { name: 'a bare question mark', path: `${shared}?`, holds: /"c-0"/ },
  {
    name: '304: openapi that has not changed',
    path: '/openapi/v2',
    headers: { 'If-None-Match': '$ETAG' },
    status: 304,
    holds: /^$/,
  },
];

export const reads: readonly Row[] = [...discovery, ...objects, ...requests];

import type { Row } from './row.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const configMaps = '/api/v1/namespaces/$NS/configmaps';

function configMap(name: string, more: object = {}): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more });
}

function patch(subtype: string, body: unknown): Pick<Row, 'method' | 'headers' | 'body'> {
  const headers = { 'Content-Type': `application/${subtype}` };
  return { method: 'PATCH', headers, body: JSON.stringify(body) };
}

const creates: Row[] = [
  {
    name: 'create',
    method: 'POST',
    path: configMaps,
    headers: JSON_TYPE,
    body: configMap('one', { data: { a: '1' } }),
    status: 201,
    holds: /"uid":"UID"/,
  },
  {
    name: 'create, with no Content-Type',
    method: 'POST',
    path: configMaps,
    body: configMap('two'),
    status: 201,
  },
  {
    name: 'create, yaml',
    method: 'POST',
    path: configMaps,
    headers: { 'Content-Type': 'application/yaml' },
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: three }\n',
    status: 201,
  },
  {
    name: 'create, dry run',
    method: 'POST',
    path: `${configMaps}?dryRun=All`,
    headers: JSON_TYPE,
    body: configMap('four'),
    status: 201,
  },
  {
    name: 'create, with Expect: 100-continue',
    method: 'POST',
    path: configMaps,
    headers: { ...JSON_TYPE, Expect: '100-continue' },
    body: configMap('five'),
    status: 201,
  },
  {
    name: 'create, chunked',
    method: 'POST',
    path: configMaps,
    headers: { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' },
    body: configMap('seven', { data: { a: 'x'.repeat(100_000) } }),
    status: 201,
  },
  {
    name: '422: a dry run of an unknown kind',
    method: 'POST',
    path: `${configMaps}?dryRun=Some`,
    headers: JSON_TYPE,
    body: configMap('six'),
    status: 422,
  },
  {
    name: '409: exists already',
    method: 'POST',
    path: configMaps,
    headers: JSON_TYPE,
    body: configMap('one'),
    status: 409,
    holds: /"reason":"AlreadyExists"/,
  },
  {
    name: '422: bad name',
    method: 'POST',
    path: configMaps,
    headers: JSON_TYPE,
    body: configMap('UPPER'),
    status: 422,
    holds: /"reason":"Invalid"/,
  },
  {
    name: '400: not JSON',
    method: 'POST',
    path: configMaps,
    headers: JSON_TYPE,
    body: '{"apiVersion"',
    status: 400,
  },
  {
    name: '400: empty body',
    method: 'POST',
    path: configMaps,
    headers: JSON_TYPE,
    body: '',
    status: 400,
  },
  {
    name: '415: unknown media type',
    method: 'POST',
    path: configMaps,
    headers: { 'Content-Type': 'text/html' },
    body: '<p>',
    status: 415,
  },
  {
    name: "413: over the API server's limit",
    method: 'POST',
    path: configMaps,
    headers: JSON_TYPE,
    body: configMap('big', { data: { a: 'x'.repeat(3 * 1024 * 1024) } }),
    status: 413,
  },
  {
    name: '404: in a namespace that is not there',
    method: 'POST',
    path: '/api/v1/namespaces/nowhere/configmaps',
    headers: JSON_TYPE,
    body: configMap('one'),
    status: 404,
  },
];

const changes: Row[] = [
  {
    name: 'update',
    method: 'PUT',
    path: `${configMaps}/one`,
    headers: JSON_TYPE,
    body: configMap('one', { data: { a: '2' } }),
    holds: /"a":"2"/,
  },
  {
    name: '409: update of an old version',
    method: 'PUT',
    path: `${configMaps}/one`,
    headers: JSON_TYPE,
    body: configMap('one', { metadata: { name: 'one', resourceVersion: '1' } }),
    status: 409,
    holds: /"reason":"Conflict"/,
  },
  {
    name: '404: update of what is missing',
    method: 'PUT',
    path: `${configMaps}/none`,
    headers: JSON_TYPE,
    body: configMap('none', { metadata: { name: 'none', resourceVersion: '1' } }),
    status: 404,
  },
  {
    name: 'patch, merge',
    path: `${configMaps}/one`,
    ...patch('merge-patch+json', { data: { b: 'merge' } }),
    holds: /"b":"merge"/,
  },
  {
    name: 'patch, strategic',
    path: `${configMaps}/one`,
    ...patch('strategic-merge-patch+json', { data: { b: 'strategic' } }),
    holds: /"b":"strategic"/,
  },
  {
    name: 'patch, json',
    path: `${configMaps}/one`,
    ...patch('json-patch+json', [{ op: 'replace', path: '/data/b', value: 'json' }]),
    holds: /"b":"json"/,
  },
  {
    name: 'patch, apply, creates',
    path: `${configMaps}/applied?fieldManager=me`,
    ...patch('apply-patch+yaml', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'applied' },
      data: { a: '1' },
    }),
    status: 201,
  },
  {
    name: 'patch, apply, conflicts',
    path: `${configMaps}/applied?fieldManager=you`,
    ...patch('apply-patch+yaml', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'applied' },
      data: { a: '2' },
    }),
    status: 409,
    holds: /conflict with \\"me\\"/,
  },
  {
    name: '422: json patch that does not fit',
    path: `${configMaps}/one`,
    ...patch('json-patch+json', [{ op: 'test', path: '/data/a', value: 'no' }]),
    status: 422,
  },
  { name: '415: unknown patch', path: `${configMaps}/one`, ...patch('json', {}), status: 415 },
];

const deletes: Row[] = [
  { name: 'delete', method: 'DELETE', path: `${configMaps}/one`, holds: /"status":"Success"/ },
  {
    name: 'delete, with options in the body',
    method: 'DELETE',
    path: `${configMaps}/two`,
    headers: JSON_TYPE,
    body: '{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"}',
    holds: /"status":"Success"/,
  },
  {
    name: 'delete, with a precondition that fails',
    method: 'DELETE',
    path: `${configMaps}/three`,
    headers: JSON_TYPE,
    body: '{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"other"}}',
    status: 409,
  },
  {
    name: 'delete, with a precondition that fails, chunked',
    method: 'DELETE',
    path: `${configMaps}/seven`,
    headers: { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' },
    body: '{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"other"}}',
    status: 409,
  },
  { name: '404: delete of what is gone', method: 'DELETE', path: `${configMaps}/one`, status: 404 },
  { name: 'delete of a collection', method: 'DELETE', path: configMaps, holds: /"three"/ },
  { name: 'list of what is left', path: configMaps, holds: /"items":\[\]/ },
];

export const writes: readonly Row[] = [...creates, ...changes, ...deletes];

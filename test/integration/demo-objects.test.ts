import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallOptions, startDemoForTest } from '../support/demo-client.ts';

const PODS = '/api/v1/namespaces/project1/pods';
const pod = (name: string, more: object = {}) => ({ metadata: { name }, ...more });

let demo: Awaited<ReturnType<typeof startDemoForTest>>;
beforeAll(async () => {
  demo = await startDemoForTest();
});
afterAll(() => demo.server.close());

const call = (line: string, options?: CallOptions) => demo.call(line, options);

const CODES = new Map([
  ['BadRequest', 400],
  ['NotFound', 404],
  ['MethodNotAllowed', 405],
  ['AlreadyExists', 409],
  ['RequestEntityTooLarge', 413],
  ['UnsupportedMediaType', 415],
  ['Invalid', 422],
]);

describe('reading', () => {
  const names = (body: { items: { metadata: { name: string } }[] }) =>
    body.items.map(({ metadata }) => metadata.name);

  it.each([
    ['/api/v1/namespaces', ['default', 'kube-system', 'project1']],
    ['/api/v1/namespaces/default/pods', ['hello']],
    ['/api/v1/pods?labelSelector=app%3Dweb-1', ['web-1']],
    ['/api/v1/pods?fieldSelector=metadata.name%3Dhello', ['hello']],
    ['/apis/apps/v1/namespaces/project1/deployments', ['web']],
    ['/api/v1/namespaces/nowhere/pods', []],
  ])('lists %s', async (target, expected) => {
    const { code, body } = await call(`GET ${target}`);
    expect(code).toBe(200);
    expect(names(body)).toEqual(expected);
    expect(body.metadata.resourceVersion).toMatch(/^\d+$/);
  });

  it('gets one object with all that the server gives it', async () => {
    const { code, body } = await call(`GET ${PODS}/web-0`);
    expect(code).toBe(200);
    expect(body).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'web-0',
        namespace: 'project1',
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
  });
});

describe('writing', () => {
  it('creates from YAML, reads, replaces, patches and deletes', async () => {
    const yaml = 'kind: Pod\nmetadata:\n  name: life\nstatus: {phase: Running}\n';
    const type = 'application/yaml; charset=utf-8';
    const created = await call(`POST ${PODS}`, { body: yaml, type });
    expect(created.code).toBe(201);
    expect(created.body).toMatchObject({
      metadata: { name: 'life' },
      status: { phase: 'Pending' },
    });

    const changed = { ...created.body, spec: { nodeName: 'a' } };
    const updated = await call(`PUT ${PODS}/life`, { body: changed });
    expect(updated.body.spec).toEqual({ nodeName: 'a' });
    const stale = await call(`PUT ${PODS}/life`, { body: changed });
    expect(stale).toMatchObject({ code: 409, body: { reason: 'Conflict' } });

    const mergeType = 'application/merge-patch+json';
    const patched = await call(`PATCH ${PODS}/life`, { type: mergeType, body: { spec: { x: 1 } } });
    expect(patched).toMatchObject({ code: 200, body: { spec: { nodeName: 'a', x: 1 } } });

    const { uid } = created.body.metadata;
    expect((await call(`DELETE ${PODS}/life`)).body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'life', kind: 'pods', uid },
    });
    expect((await call(`GET ${PODS}/life`)).code).toBe(404);
  });

  it('makes names from generateName', async () => {
    const body = { metadata: { generateName: 'job-' } };
    const created = await Promise.all([1, 2].map(() => call(`POST ${PODS}`, { body })));
    const [one, two] = created.map((answer) => answer.body.metadata.name);
    expect(one).toMatch(/^job-[0-9a-f]{5}$/);
    expect(two).not.toBe(one);
  });
});

describe('errors', () => {
  it('are Status objects as the API server writes them', async () => {
    const line = 'GET /apis/apps/v1/namespaces/project1/deployments/nope';
    expect(await call(line)).toEqual({
      code: 404,
      type: 'application/json',
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'deployments.apps "nope" not found',
        reason: 'NotFound',
        details: { name: 'nope', group: 'apps', kind: 'deployments' },
        code: 404,
      },
    });
  });

  const yaml = 'application/yaml';
  const deepJson = `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`;
  const elsewhere = { metadata: { name: 'p', namespace: 'default' } };
  const cases: [hazard: string, reason: string, line: string, options?: CallOptions][] = [
    ['an unknown path', 'NotFound', 'GET /nope'],
    ['an unknown resource', 'NotFound', 'GET /api/v1/namespaces/default/secrets'],
    ['a broken escape', 'BadRequest', 'GET /api/v1/namespaces/%zz/pods'],
    ['a document to write', 'MethodNotAllowed', 'POST /version'],
    ['a collection to delete', 'MethodNotAllowed', `DELETE ${PODS}`],
    ['a pod without namespace', 'MethodNotAllowed', 'POST /api/v1/pods', { body: pod('p') }],
    ['no such namespace', 'NotFound', 'POST /api/v1/namespaces/x/pods', { body: pod('p') }],
    ['a name that exists', 'AlreadyExists', `POST ${PODS}`, { body: pod('web-0') }],
    ['no name', 'Invalid', `POST ${PODS}`, { body: {} }],
    ['a name with a slash', 'Invalid', `POST ${PODS}`, { body: pod('a/b') }],
    ['another kind', 'BadRequest', `POST ${PODS}`, { body: pod('p', { kind: 'Service' }) }],
    ['another version', 'BadRequest', `POST ${PODS}`, { body: pod('p', { apiVersion: 'v2' }) }],
    ['another namespace', 'BadRequest', `POST ${PODS}`, { body: elsewhere }],
    ['another name', 'BadRequest', `PUT ${PODS}/web-0`, { body: pod('web-1') }],
    ['nothing to replace', 'NotFound', `PUT ${PODS}/nope`, { body: pod('nope') }],
    ['no body', 'BadRequest', `POST ${PODS}`],
    ['broken JSON', 'BadRequest', `POST ${PODS}`, { body: '{' }],
    ['broken YAML', 'BadRequest', `POST ${PODS}`, { body: 'a: [', type: yaml }],
    ['a list', 'BadRequest', `POST ${PODS}`, { body: [] }],
    ['YAML that holds itself', 'BadRequest', `POST ${PODS}`, { body: '&a {b: *a}', type: yaml }],
    ['deep JSON', 'BadRequest', `POST ${PODS}`, { body: deepJson }],
    ['deep YAML', 'BadRequest', `POST ${PODS}`, { body: '['.repeat(1e5), type: yaml }],
    ['over 3 MiB', 'RequestEntityTooLarge', `POST ${PODS}`, { body: ' '.repeat(3 * 2 ** 20 + 1) }],
    ['an unknown type', 'UnsupportedMediaType', `POST ${PODS}`, { type: 'text/plain' }],
    ['an unknown patch', 'UnsupportedMediaType', `PATCH ${PODS}/web-0`, { body: {} }],
    ['a dry run', 'BadRequest', `POST ${PODS}?dryRun=All`, { body: pod('dry') }],
    ['a dry deletion', 'BadRequest', `DELETE ${PODS}/web-0`, { body: { dryRun: ['All'] } }],
    ['a selector of sets', 'BadRequest', `GET ${PODS}?labelSelector=a+in+(b)`],
    ['a version that is none', 'BadRequest', `GET ${PODS}?watch=1&resourceVersion=x`],
    ['a list by watch', 'Invalid', `GET ${PODS}?watch=1&sendInitialEvents=true`],
  ];
  it.each(cases)('meet %s with %s', async (_, reason, line, options) => {
    const { code, body } = await call(line, options);
    expect(body).toMatchObject({ kind: 'Status', reason, code });
    expect(code).toBe(CODES.get(reason));
  });
});

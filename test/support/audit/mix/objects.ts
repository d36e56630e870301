// Requests of a client that speaks HTTP by itself: what can be done to objects, rightly and wrongly.
import { type Asker, objectOf } from './asking.ts';

export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const STEPS = 'application/json-patch+json';
export const APPLY = 'application/apply-patch+yaml';
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const PARTIAL = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
/** Forms in which answers may be asked for. */
const ACCEPTED = ['application/json', TABLE, 'application/yaml', PROTOBUF];

export function configMap(name: string, data: object = { color: 'blue' }): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { mix: 'raw' } }, data };
}

export function pod(name: string): object {
  const containers = [{ name: 'main', image: 'registry.example/web:1' }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers } };
}

export function deployment(name: string): object {
  const matchLabels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels },
      template: { metadata: { labels: matchLabels }, spec: (pod(name) as { spec: object }).spec },
    },
  };
}

/** A ConfigMap's life, in all media types. */
export async function configMaps(asker: Asker, namespace: string): Promise<void> {
  const all = `/api/v1/namespaces/${namespace}/configmaps`;
  await asker.post(all, configMap('plain'));
  const yaml = 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: yaml}\ndata: {on: "yes"}\n';
  await asker.post(all, yaml, { 'Content-Type': 'application/yaml' });
  await asker.post(all, {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { generateName: 'made-' },
  });
  await asker.post(`${all}?dryRun=All&fieldManager=dry&pretty=true`, configMap('dry'));
  await asker.post(all, { ...configMap('unknown'), nonsense: { deep: [1, 2] } });
  await asker.post(all, { ...configMap('typeless'), kind: undefined, apiVersion: undefined });
  for (const Accept of ACCEPTED) {
    await asker.expect(200, all, { headers: { Accept } });
    await asker.expect(200, `${all}/plain`, { headers: { Accept } });
    await asker.post(all, configMap(`as-${ACCEPTED.indexOf(Accept)}`), { Accept });
  }
  await asker.expect(200, all, { headers: { Accept: PARTIAL.replace(';v=', 'List;v=') } });
  await asker.expect(200, `${all}/plain`, { headers: { Accept: PARTIAL } });
  await patches(asker, `${all}/plain`);
  await updates(asker, `${all}/plain`);
  await asker.expect(200, `${all}?fieldSelector=metadata.name=plain`);
  await asker.expect(200, `${all}?fieldSelector=metadata.name%3Dplain&labelSelector=mix%3Draw`);
  await asker.expect(200, `${all}?limit=2`);
  await asker.expect(200, `${all}/yaml?dryRun=All`, { method: 'DELETE' });
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
  await asker.expect(200, `${all}/yaml`, { method: 'DELETE', body: options });
  await asker.expect(200, `${all}/plain?gracePeriodSeconds=0`, { method: 'DELETE' });
  const collection = { method: 'DELETE', body: { ...options, dryRun: ['All'] } };
  await asker.expect(200, `${all}?labelSelector=mix%3Draw`, collection);
  await asker.expect(200, all, { method: 'DELETE' });
}

async function patches(asker: Asker, one: string): Promise<void> {
  await asker.patch(one, MERGE, { data: { color: 'red', gone: null } });
  await asker.patch(one, STRATEGIC, { metadata: { annotations: { 'example.com/by': 'raw' } } });
  await asker.patch(one, STEPS, [{ op: 'replace', path: '/data/color', value: 'green' }]);
  await asker.patch(one, STEPS, [{ op: 'test', path: '/data/color', value: 'no' }]);
  await asker.patch(one, MERGE, { data: { color: 'dry' } }, { Accept: 'application/yaml' });
  await asker.patch(`${one}?dryRun=All`, MERGE, { data: { color: 'dry' } });
  await asker.patch(one, MERGE, '{"data":');
  await asker.patch(one, 'application/json', { data: {} });
  await asker.patch(one, 'text/plain', 'data');
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', data: { mode: 'apply' } };
  await asker.patch(`${one}?fieldManager=raw`, APPLY, applied);
  await asker.patch(`${one}?fieldManager=other`, APPLY, { ...applied, data: { mode: 'other' } });
  await asker.patch(`${one}-new?fieldManager=raw`, APPLY, applied);
  const yaml = 'apiVersion: v1\nkind: ConfigMap\ndata: {mode: yaml}\n';
  await asker.patch(`${one}-yaml?fieldManager=yaml`, APPLY, yaml);
  await asker.patch(one, MERGE, '');
  await asker.patch(`${one}-none`, MERGE, { data: {} });
}

async function updates(asker: Asker, one: string): Promise<void> {
  const now = objectOf(await asker.expect(200, one));
  const old = { ...now.metadata, resourceVersion: '1' };
  const put = { method: 'PUT' };
  await asker.expect(200, one, { ...put, body: { ...now, data: { color: 'white' } } });
  await asker.expect(409, one, { ...put, body: { ...now, metadata: old } });
  await asker.expect(400, one, { ...put, body: configMap('another') });
  await asker.expect(404, `${one}-none`, { ...put, body: configMap('plain-none'), ...put });
}

/** What a deployment and its pods have below them. */
export async function subresources(asker: Asker, namespace: string): Promise<void> {
  const apps = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await asker.post(apps, deployment('raw'));
  const { body } = await asker.expect(200, `${apps}/raw/scale`);
  const scale = { ...JSON.parse(body.toString()), spec: { replicas: 3 } };
  await asker.expect(200, `${apps}/raw/scale`, { method: 'PUT', body: scale });
  await asker.patch(`${apps}/raw/scale`, MERGE, { spec: { replicas: 2 } });
  await asker.patch(`${apps}/raw/status`, MERGE, { status: { observedGeneration: 1 } });
  await asker.patch(`${apps}/raw`, STRATEGIC, { spec: { paused: true } });
  await asker.post(pods, pod('raw'));
  await asker.post(pods, pod('evicted'));
  const target = { apiVersion: 'v1', kind: 'Node', name: 'node-1' };
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'raw' }, target };
  await asker.post(`${pods}/raw/binding`, binding);
  await asker.ask(`${pods}/raw/binding`, { method: 'POST', body: binding });
  await asker.ask(`/api/v1/namespaces/${namespace}/bindings`, { method: 'POST', body: binding });
  await asker.patch(`${pods}/raw/status`, STRATEGIC, { status: { phase: 'Running' } });
  await asker.ask(`${pods}/raw/ephemeralcontainers`);
  const metadata = { name: 'evicted', namespace };
  const eviction = { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata };
  await asker.ask(`${pods}/evicted/eviction`, { method: 'POST', body: eviction });
  await asker.ask(`${pods}/none/eviction`, { method: 'POST', body: eviction });
  await asker.ask(`${pods}/raw/log?tailLines=5`);
  await asker.ask(`${pods}/none/log`);
  const budget = { apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget' };
  const budgets = `/apis/policy/v1beta1/namespaces/${namespace}/poddisruptionbudgets`;
  const spec = { minAvailable: 1, selector: { matchLabels: { app: 'raw' } } };
  await asker.post(budgets, { ...budget, metadata: { name: 'raw' }, spec });
  await asker.expect(200, `${pods}/raw?gracePeriodSeconds=0`, { method: 'DELETE' });
  await asker.expect(200, `${apps}/raw`, { method: 'DELETE' });
}

/** Several large objects: answers that the API server compresses, and bodies that are too long for an event. */
export async function large(asker: Asker, namespace: string): Promise<void> {
  const all = `/api/v1/namespaces/${namespace}/configmaps`;
  const text = 'as good as any other text, '.repeat(2_500);
  for (const name of ['one', 'two', 'three'])
    await asker.post(`${all}`, configMap(`large-${name}`, { text }));
  const zipped = await asker.expect(200, all, { headers: { 'Accept-Encoding': 'gzip' } });
  if (zipped.headers['content-encoding'] !== 'gzip') throw new Error('the list is not compressed');
  await asker.expect(200, all, { headers: { 'Accept-Encoding': 'gzip', Accept: PROTOBUF } });
  await asker.expect(200, all);
  await asker.post(all, configMap('huge', { text: text.repeat(5) }));
  await asker.expect(200, all, { headers: { 'Accept-Encoding': 'gzip' } });
  await asker.expect(200, `${all}/huge`, { headers: { Accept: 'application/yaml' } });
  await asker.expect(200, '/openapi/v2', { headers: { 'Accept-Encoding': 'gzip' } });
}

/** Definitions of resources, and objects of those, with numbers that a double can not hold. */
export async function customResources(asker: Asker, namespace: string): Promise<void> {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget' },
      scope: 'Namespaced',
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: open } },
          subresources: { status: {} },
        },
      ],
    },
  };
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await asker.post(definitions, definition);
  const all = `/apis/example.com/v1/namespaces/${namespace}/gadgets`;
  // It is served shortly after.
  for (let tries = 0; (await asker.ask(all)).status !== 200; tries++)
    if (tries > 1_000) throw new Error('the custom resource is not served');
  const gadget = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'one' } };
  const serial = '"spec":{"serial":9007199254740993,"ratio":0.5,"password":"in the open"}';
  await asker.post(all, `${JSON.stringify(gadget).slice(0, -1)},${serial}}`);
  await asker.expect(200, `${all}/one`);
  await asker.patch(`${all}/one`, MERGE, { spec: { ratio: 0.25 } });
  await asker.patch(`${all}/one/status`, MERGE, { status: { ready: true } });
  await asker.patch(`${all}/one`, STRATEGIC, { spec: { ratio: 1 } });
  await asker.expect(200, all, { headers: { Accept: TABLE } });
  await asker.expect(200, `${all}/one`, { method: 'DELETE' });
  await asker.expect(200, `${definitions}/gadgets.example.com`, { method: 'DELETE' });
}

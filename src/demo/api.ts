import type { IncomingMessage, ServerResponse } from 'node:http';
import { decode, mediaTypeOf, readBody } from './body.ts';
import { draftOf } from './draft.ts';
import { fieldOf } from './object.ts';
import { patcherOf } from './patch.ts';
import type { ResourcePath } from './resources.ts';
import { selectorOf } from './selector.ts';
import { badRequest, detailsOf, methodNotAllowed, type StatusError } from './status.ts';
import type { Store } from './store.ts';
import { formatOf } from './table.ts';
import { watch } from './watch.ts';

/** A request for resources. */
export interface Call {
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface Reply {
  readonly code: number;
  readonly body: object;
}

/** `name` is empty for collections. */
type Verb = (store: Store, call: Call, name: string) => Reply | undefined | Promise<Reply>;

const COLLECTION_VERBS: ReadonlyMap<string | undefined, Verb> = new Map<string, Verb>([
  ['GET', listOrWatch],
  ['POST', create],
]);
const OBJECT_VERBS: ReadonlyMap<string | undefined, Verb> = new Map<string, Verb>([
  ['GET', get],
  ['PUT', update],
  ['PATCH', patch],
  ['DELETE', remove],
]);

/** Does what `call` asks of `store`; undefined when a watch has taken the response over. @throws {StatusError} */
export async function perform(store: Store, call: Call): Promise<Reply | undefined> {
  const verbs = call.path.name === undefined ? COLLECTION_VERBS : OBJECT_VERBS;
  const verb = verbs.get(call.request.method);
  if (verb === undefined) throw methodNotAllowed();
  if (call.query.has('dryRun')) throw dryRunRefused();
  return verb(store, call, call.path.name ?? '');
}

function listOrWatch(store: Store, { path, query, request, response }: Call): Reply | undefined {
  const { resource, namespace } = path;
  const selects = selectorOf(query);
  const format = formatOf(resource, request.headers.accept, query);
  if (['1', 'true'].includes(query.get('watch') ?? '')) {
    watch(store, { resource, namespace, selects, render: format.one }, query, response);
    return undefined;
  }
  const items = store.list(resource, namespace).filter(selects);
  return { code: 200, body: format.list(items, { resourceVersion: String(store.version) }) };
}

function get(store: Store, { path, query, request }: Call, name: string): Reply {
  const format = formatOf(path.resource, request.headers.accept, query);
  return { code: 200, body: format.one(store.get(path.resource, path.namespace, name)) };
}

async function create(store: Store, { path, request }: Call): Promise<Reply> {
  const { resource, namespace } = path;
  if (resource.namespaced && namespace === undefined) throw methodNotAllowed();
  const draft = draftOf(path, decode(mediaTypeOf(request), await readBody(request)));
  const status = resource.initialStatus;
  return { code: 201, body: store.create(resource, { ...draft, status }) };
}

async function update(store: Store, { path, request }: Call): Promise<Reply> {
  const draft = draftOf(path, decode(mediaTypeOf(request), await readBody(request)));
  return { code: 200, body: store.update(path.resource, draft) };
}

async function patch(store: Store, { path, request }: Call, name: string): Promise<Reply> {
  const apply = patcherOf(mediaTypeOf(request));
  const changes = decode('application/json', await readBody(request));
  const patched = apply(store.get(path.resource, path.namespace, name), changes);
  return { code: 200, body: store.update(path.resource, draftOf(path, patched)) };
}

/** Answers as the API server does when nothing is left to wait for. */
async function remove(store: Store, { path, request }: Call, name: string): Promise<Reply> {
  const { resource, namespace } = path;
  const text = await readBody(request);
  const options = text === '' ? {} : decode(mediaTypeOf(request), text);
  if (fieldOf(options, 'dryRun') !== undefined) throw dryRunRefused();
  const { uid } = store.delete(resource, namespace, name).metadata;
  const details = { ...detailsOf(resource, name), uid };
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  return { code: 200, body: status };
}

/** To do it for real would be worse. */
function dryRunRefused(): StatusError {
  return badRequest('the demo has no dry run');
}

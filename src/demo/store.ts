import { randomUUID } from 'node:crypto';
import type { ApiObject } from './object.ts';
import { NAMESPACES, RESOURCES, type Resource } from './resources.ts';
import { alreadyExists, conflict, notFound, StatusError } from './status.ts';

/** One change of one object. `previous` is undefined for a new one; `object` of a deleted one is its last state. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly version: number;
  readonly object: ApiObject;
  readonly previous: ApiObject | undefined;
}

const HISTORY_LIMIT = 1000;

/** All objects, in memory, and their latest changes. One resource version counts the changes of all of them, as in etcd. */
export class Store {
  readonly #objects = new Map<string, ApiObject>();
  readonly #followers = new Set<(change: Change) => void>();
  readonly #history: Change[] = [];
  #version = 0;

  /** The resource version of the latest change. */
  get version(): number {
    return this.#version;
  }

  /** @throws {StatusError} 404 */
  get(resource: Resource, namespace: string | undefined, name: string): ApiObject {
    const object = this.#objects.get(keyOf(resource, namespace, name));
    if (object === undefined) throw notFound(resource, name);
    return object;
  }

  /** Ordered by namespace and name; of all namespaces when none is given. */
  list(resource: Resource, namespace?: string): ApiObject[] {
    const prefix = namespace === undefined ? `${resource.plural}/` : keyOf(resource, namespace, '');
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    return keys.flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** @throws {StatusError} 404 for an unknown namespace, 409 */
  create(resource: Resource, draft: ApiObject): ApiObject {
    const { name, namespace } = draft.metadata;
    if (namespace !== undefined) this.get(NAMESPACES, undefined, namespace);
    if (this.#objects.has(keyOf(resource, namespace, name))) throw alreadyExists(resource, name);
    const creationTimestamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const metadata = { ...draft.metadata, uid: randomUUID(), creationTimestamp };
    return this.#commit('ADDED', resource, { ...draft, metadata }, undefined);
  }

  /** Replaces all but `status` and what the store gave. @throws {StatusError} 404, 409 for another resource version */
  update(resource: Resource, draft: ApiObject): ApiObject {
    const { name, namespace, resourceVersion } = draft.metadata;
    const previous = this.get(resource, namespace, name);
    const { uid, creationTimestamp, resourceVersion: current } = previous.metadata;
    if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== current) {
      throw conflict(resource, name);
    }
    const metadata = { ...draft.metadata, uid, creationTimestamp };
    const object = { ...draft, metadata, status: previous['status'] };
    return this.#commit('MODIFIED', resource, object, previous);
  }

  /** Deletes at once; a namespace with all that is in it. @throws {StatusError} 404 */
  delete(resource: Resource, namespace: string | undefined, name: string): ApiObject {
    const previous = this.get(resource, namespace, name);
    if (resource === NAMESPACES) this.#empty(name);
    return this.#commit('DELETED', resource, previous, previous);
  }

  /** Changes after `version`. @throws {StatusError} 410 when some of them are forgotten */
  changesSince(version: number): Change[] {
    const oldest = this.#history[0]?.version ?? 1;
    if (version < oldest - 1) {
      const message = `too old resource version: ${version} (${oldest})`;
      throw new StatusError(410, 'Expired', message);
    }
    return this.#history.filter((change) => change.version > version);
  }

  /** Calls `follower` for every change from now on, until the returned function is called. */
  follow(follower: (change: Change) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  #empty(namespace: string): void {
    for (const resource of RESOURCES.filter((one) => one.namespaced)) {
      for (const { metadata } of this.list(resource, namespace)) {
        this.delete(resource, namespace, metadata.name);
      }
    }
  }

  #commit(
    type: Change['type'],
    resource: Resource,
    draft: ApiObject,
    previous: ApiObject | undefined,
  ): ApiObject {
    this.#version += 1;
    const metadata = { ...draft.metadata, resourceVersion: String(this.#version) };
    const object: ApiObject = { ...draft, metadata };
    const key = keyOf(resource, metadata.namespace, metadata.name);
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, object);
    const change: Change = { type, resource, version: this.#version, object, previous };
    this.#history.push(change);
    if (this.#history.length > HISTORY_LIMIT) this.#history.shift();
    for (const follower of this.#followers) follower(change);
    return object;
  }
}

/** Names hold no slash, so no key begins with another collection's. */
function keyOf({ plural }: Resource, namespace: string | undefined, name: string): string {
  return `${plural}/${namespace ?? ''}/${name}`;
}

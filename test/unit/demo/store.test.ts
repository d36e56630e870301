import { beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, NAMESPACES, PODS } from '../../../src/demo/resources.ts';
import { type Change, Store } from '../../../src/demo/store.ts';

const draft = (name: string, namespace?: string, rest: object = {}) => ({
  metadata: { name, namespace },
  ...rest,
});

let store: Store;
beforeEach(() => {
  store = new Store();
  store.create(NAMESPACES, draft('one'));
  store.create(NAMESPACES, draft('two'));
});

describe('Store', () => {
  it('gives every change the next resource version, whatever its kind', () => {
    const pod = store.create(PODS, draft('p', 'one'));
    const map = store.create(CONFIG_MAPS, draft('m', 'one'));
    const updated = store.update(PODS, draft('p', 'one'));
    const versions = [pod, map, updated].map((one) => one.metadata['resourceVersion']);
    expect(versions).toEqual(['3', '4', '5']);
    expect(store.version).toBe(5);
  });

  it('keeps collections, namespaces and kinds apart, in order of their names', () => {
    store.create(PODS, draft('b', 'one'));
    store.create(PODS, draft('a', 'one'));
    store.create(PODS, draft('c', 'two'));
    store.create(CONFIG_MAPS, draft('m', 'one'));
    const names = (namespace?: string) =>
      store.list(PODS, namespace).map((pod) => pod.metadata.name);
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(names('one')).toEqual(['a', 'b']);
    expect(names('on')).toEqual([]);
  });

  it('keeps uid, creation time and status through an update', () => {
    const { status, ...created } = store.create(PODS, draft('p', 'one', { status: 'kept' }));
    const sent = draft('p', 'one', { status: 'sent', metadata: { ...created.metadata, uid: 'x' } });
    const updated = store.update(PODS, sent);
    expect(updated['status']).toBe(status);
    expect(updated.metadata['uid']).toBe(created.metadata['uid']);
    expect(updated.metadata['creationTimestamp']).toBe(created.metadata['creationTimestamp']);
  });

  it('deletes a namespace with all that is in it, and nothing else', () => {
    store.create(PODS, draft('p', 'one'));
    store.create(CONFIG_MAPS, draft('m', 'one'));
    store.create(PODS, draft('p', 'two'));
    const types: string[] = [];
    store.follow(({ type, resource }) => types.push(`${type} ${resource.kind}`));
    store.delete(NAMESPACES, undefined, 'one');
    expect(types).toEqual(['DELETED ConfigMap', 'DELETED Pod', 'DELETED Namespace']);
    expect(store.list(PODS).map((pod) => pod.metadata.namespace)).toEqual(['two']);
  });

  it('tells followers of a change what was there before, until they leave', () => {
    const changes: Change[] = [];
    const leave = store.follow((change) => changes.push(change));
    const created = store.create(PODS, draft('p', 'one'));
    const updated = store.update(PODS, draft('p', 'one', { spec: {} }));
    leave();
    store.delete(PODS, 'one', 'p');
    expect(changes).toMatchObject([
      { type: 'ADDED', object: created, previous: undefined },
      { type: 'MODIFIED', object: updated, previous: created },
    ]);
  });

  it('remembers the changes after a version, and says so when it has forgotten some', () => {
    for (let count = 0; count < 1000; count += 1) store.update(NAMESPACES, draft('one'));
    expect(store.changesSince(store.version)).toEqual([]);
    expect(store.changesSince(store.version - 1)).toHaveLength(1);
    expect(store.changesSince(2)).toHaveLength(1000);
    expect(() => store.changesSince(1)).toThrow(expect.objectContaining({ code: 410 }));
  });
});

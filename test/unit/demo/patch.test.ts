import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/demo/object.ts';
import { patcherOf } from '../../../src/demo/patch.ts';

const merge = patcherOf('application/merge-patch+json');
const strategic = patcherOf('application/strategic-merge-patch+json');

describe('merge patch', () => {
  // RFC 7396 appendix A, the cases whose patch and result are objects.
  const cases: [current: unknown, patch: JsonObject, result: JsonObject][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  it.each(cases)('%j with %j becomes %j', (current, patch, result) => {
    expect(merge(current, patch)).toEqual(result);
  });

  it('leaves what it patches as it was', () => {
    const current = { a: { b: 1 } };
    merge(current, { a: { b: 2 } });
    expect(current).toEqual({ a: { b: 1 } });
  });

  it('takes __proto__ for a field like any other', () => {
    const patched = merge({}, JSON.parse('{"__proto__":{"polluted":true}}'));
    expect(Object.keys(patched)).toEqual(['__proto__']);
    expect(patched['polluted']).toBeUndefined();
  });
});

describe('strategic merge patch', () => {
  const current = {
    containers: [
      { name: 'a', image: 'one', ports: [{ containerPort: 80 }] },
      { name: 'b', image: 'one' },
    ],
    args: ['x'],
  };

  it('merges lists of named items by name', () => {
    const patch = { containers: [{ name: 'a', image: 'two' }, { name: 'c' }] };
    expect(strategic(current, patch)['containers']).toEqual([
      { name: 'a', image: 'two', ports: [{ containerPort: 80 }] },
      { name: 'b', image: 'one' },
      { name: 'c' },
    ]);
  });

  it('takes an item away with $patch: delete', () => {
    const patch = { containers: [{ name: 'a', $patch: 'delete' }] };
    expect(strategic(current, patch)['containers']).toEqual([{ name: 'b', image: 'one' }]);
  });

  it('replaces other lists, and stores no directive', () => {
    const patch = { args: ['y'], '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] };
    expect(strategic(current, patch)).toEqual({ ...current, args: ['y'] });
  });
});

describe('patcherOf', () => {
  it.each(['application/json-patch+json', 'application/apply-patch+yaml', 'application/json'])(
    'refuses %s with 415',
    (type) => {
      expect(() => patcherOf(type)).toThrow(expect.objectContaining({ code: 415 }));
    },
  );
});

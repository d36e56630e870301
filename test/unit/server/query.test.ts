import { describe, expect, it } from 'vitest';
import { queryFlag, queryParameter, selectedName } from '../../../src/server/query.ts';

describe('queryParameter reads as Go does', () => {
  it.each([
    ['', undefined],
    ['a=1', '1'],
    ['b=2&a=1&a=3', '1'],
    ['a', ''],
    ['a=', ''],
    ['=1&&a=2', '2'],
    ['a=b=c', 'b=c'],
    ['a=x+y%20z%2B', 'x y z+'],
    ['%61=1', '1'],
    ['A=1', undefined],
    ['aa=1', undefined],
    ['a=1;b=2&a=3', '3'],
    ['a=%zz&a=3', '3'],
    ['a=%', undefined],
    ['a=%ff', '\ufffd'],
    ['__proto__=1', undefined],
  ])('%j gives %j', (query, value) => {
    expect(queryParameter(query, 'a')).toBe(value);
  });
});

describe('queryFlag', () => {
  it.each([
    ['', false],
    ['watch=true', true],
    ['watch=1', true],
    ['watch', true],
    ['watch=', true],
    ['watch=no', true],
    ['watch=false', false],
    ['watch=False', false],
    ['watch=0', false],
    ['watch=00', true],
    ['watch=0&watch=1', false],
    ['unwatch=1', false],
  ])('%j is %s', (query, value) => {
    expect(queryFlag(query, 'watch')).toBe(value);
  });
});

describe('selectedName', () => {
  it.each([
    ['metadata.name=a', 'a'],
    ['metadata.name==a', 'a'],
    ['metadata.name!=a', ''],
    ['metadata.name=', ''],
    ['', ''],
    [',', ''],
    ['status.phase=Running,metadata.name=a', 'a'],
    ['metadata.namespace=x', ''],
    ['metadata.name=b,metadata.name=a', 'a'],
    ['metadata.name!=b,metadata.name=a', 'a'],
    ['metadata.name=a,foo', ''],
    ['foo,metadata.name=a', ''],
    ['metadata.name=a=b', ''],
    [String.raw`metadata.name=a\=b\,c\\d`, String.raw`a=b,c\d`],
    [String.raw`metadata.name=a\b`, ''],
    ['metadata.name=a\\', ''],
    ['metadata.name=.', ''],
    ['metadata.name=..', ''],
    ['metadata.name=...', '...'],
    ['metadata.name=a/b', ''],
    ['metadata.name=a%b', ''],
  ])('%j asks for %j', (selector, name) => {
    expect(selectedName(selector)).toBe(name);
  });
});

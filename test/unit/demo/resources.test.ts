import { describe, expect, it } from 'vitest';
import { resourcePathOf } from '../../../src/demo/resources.ts';

const read = (path: string) => {
  const found = resourcePathOf(path.split('/').slice(1));
  return found && [found.resource.kind, found.namespace, found.name];
};

describe('resourcePathOf', () => {
  const known: [path: string, read: (string | undefined)[]][] = [
    ['/api/v1/pods', ['Pod', undefined, undefined]],
    ['/api/v1/namespaces/one/pods', ['Pod', 'one', undefined]],
    ['/api/v1/namespaces/one/pods/p', ['Pod', 'one', 'p']],
    ['/api/v1/namespaces', ['Namespace', undefined, undefined]],
    ['/api/v1/namespaces/one', ['Namespace', undefined, 'one']],
    ['/apis/apps/v1/namespaces/one/deployments/d', ['Deployment', 'one', 'd']],
  ];
  it.each(known)('reads %s', (path, expected) => {
    expect(read(path)).toEqual(expected);
  });

  it.each([
    '/',
    '/api/v1',
    '/api/v1/pods/p',
    '/api/v1/deployments',
    '/apis/apps/v1/pods',
    '/apis/apps/v2/deployments',
    '/api/v1/namespaces/one/namespaces',
    '/api/v1/namespaces/one/status',
    '/api/v1/namespaces/one/pods/p/log',
    '/other/v1/pods',
  ])('knows nothing at %s', (path) => {
    expect(read(path)).toBeUndefined();
  });
});

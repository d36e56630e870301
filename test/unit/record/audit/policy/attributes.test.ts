import { describe, expect, it } from 'vitest';
import { attributesOf } from '../../../../../src/record/audit/policy/attributes.ts';
import { attributesOfRequest } from '../../../../support/audit/policy-decisions.ts';
import { endedRecord } from '../../record.ts';

function isResourceRequest(target: string): boolean {
  return attributesOfRequest({ line: '', user: 'dave', method: 'GET', target }).isResourceRequest;
}

describe('what a policy decides by', () => {
  it('is who was authenticated, whomever the request acts for', () => {
    const record = endedRecord();
    record.identity = {
      user: { username: 'alice', groups: ['developers'] },
      source: 'client certificate',
    };
    record.impersonated = { username: 'bob', groups: [] };
    expect(attributesOf(record, '/api/v1/namespaces/default/pods/web-0')).toEqual({
      user: { username: 'alice', groups: ['developers'] },
      verb: 'get',
      isResourceRequest: true,
      apiGroup: '',
      resource: 'pods',
      subresource: '',
      name: 'web-0',
      namespace: 'default',
      path: '/api/v1/namespaces/default/pods/web-0',
    });
  });

  it('is nobody where nobody was authenticated', () => {
    expect(attributesOf(endedRecord(), '/').user).toEqual({ username: '', groups: [] });
  });

  it.each([
    ['/api/v1/pods', true],
    ['/apis/apps/v1/deployments', true],
    ['/api//pods', true],
    ['//api//pods', true],
    ['/api////pods/', true],
    ['/apis/apps//deployments', true],
    ['/apis///things', true],
    ['/api', false],
    ['/api//', false],
    ['/api/v1', false],
    ['/apis/apps', false],
    ['/apis/apps/v1', false],
    ['/apis/apps//', false],
    ['/apix//pods', false],
    ['/healthz//api//pods', false],
  ])('has the API server take %s for a resource: %s', (target, expected) => {
    expect(isResourceRequest(target)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../../../src/kubeconfig/yaml.ts';
import { METADATA_FOR_ALL } from '../../../../../src/record/audit/policy/decide.ts';
import { parsePolicy } from '../../../../../src/record/audit/policy/load.ts';
import type { Attributes, Decide } from '../../../../../src/record/audit/policy/policy.ts';

const HEAD = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';

function policy(text: string): Decide {
  return parsePolicy(HEAD + text, 'policy.yaml', { readYaml }).decide;
}

const GET_POD: Attributes = {
  user: { username: 'alice', groups: ['developers'] },
  verb: 'get',
  isResourceRequest: true,
  apiGroup: '',
  resource: 'pods',
  subresource: '',
  name: 'web-0',
  namespace: 'default',
  path: '/api/v1/namespaces/default/pods/web-0',
};

const GET_SCALE: Attributes = {
  ...GET_POD,
  apiGroup: 'apps',
  resource: 'deployments',
  subresource: 'scale',
  name: 'web',
};

describe('an audit policy', () => {
  it('takes the first rule that matches', () => {
    const decide = policy(`
rules:
  - { level: Request, users: [bob] }
  - { level: Metadata, users: [bob, alice] }
  - { level: RequestResponse }
`);
    expect(decide(GET_POD).level).toBe('Metadata');
    expect(decide({ ...GET_POD, user: { username: 'carol', groups: [] } }).level).toBe(
      'RequestResponse',
    );
  });

  it('records nothing that no rule matches', () => {
    const decide = policy('omitStages: [Panic]\nrules: [{ level: Metadata, verbs: [watch] }]');
    expect(decide(GET_POD)).toEqual({
      level: 'None',
      omitStages: new Set(['Panic']),
      omitManagedFields: false,
    });
  });

  // Kubernetes 1.36: older API servers refuse such a policy, so the recorded answers have none.
  it('takes a star for every group', () => {
    const decide = policy('rules: [{ level: Request, resources: [{ group: "*" }] }]');
    expect(decide(GET_POD).level).toBe('Request');
    expect(decide(GET_SCALE).level).toBe('Request');
    expect(decide({ ...GET_POD, isResourceRequest: false }).level).toBe('None');
  });

  it('joins a star for the group with resources and names', () => {
    const decide = policy(
      'rules: [{ level: Request, resources: [{ group: "*", resources: ["*/scale"], resourceNames: [web] }] }]',
    );
    expect(decide(GET_SCALE).level).toBe('Request');
    expect(decide({ ...GET_SCALE, name: 'other' }).level).toBe('None');
    expect(decide({ ...GET_SCALE, subresource: 'status' }).level).toBe('None');
    expect(decide(GET_POD).level).toBe('None');
  });

  it('omits the stages that the policy names and those that the rule names', () => {
    const decide = policy(
      'omitStages: [RequestReceived]\nrules: [{ level: Metadata, omitStages: [Panic, RequestReceived] }]',
    );
    expect(decide(GET_POD).omitStages).toEqual(new Set(['RequestReceived', 'Panic']));
  });

  // Kubernetes 1.23: older API servers do not know the field.
  it.each([
    ['', '', false],
    ['omitManagedFields: true', '', true],
    ['omitManagedFields: true', ', omitManagedFields: false', false],
    ['omitManagedFields: false', ', omitManagedFields: true', true],
    ['', ', omitManagedFields: true', true],
    ['omitManagedFields: true', ', omitManagedFields: null', true],
  ])('has the rule decide on managed fields before the policy: %s%s', (all, rule, omitted) => {
    const decide = policy(`${all}\nrules: [{ level: Request, verbs: [get]${rule} }]`);
    expect(decide(GET_POD).omitManagedFields).toBe(omitted);
    expect(decide({ ...GET_POD, verb: 'list' }).omitManagedFields).toBe(all.endsWith('true'));
  });

  it('makes no new decision for a request', () => {
    const decide = policy('rules: [{ level: Metadata, verbs: [get] }]');
    expect(decide({ ...GET_POD })).toBe(decide({ ...GET_POD }));
    expect(decide({ ...GET_POD, verb: 'list' })).toBe(decide({ ...GET_POD, verb: 'watch' }));
  });

  it('records metadata of everything once where there is none', () => {
    expect(METADATA_FOR_ALL(GET_POD)).toEqual({
      level: 'Metadata',
      omitStages: new Set(['RequestReceived']),
      omitManagedFields: false,
    });
  });
});

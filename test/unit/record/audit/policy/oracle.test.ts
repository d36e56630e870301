import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../../../src/kubeconfig/yaml.ts';
import { loadPolicy } from '../../../../../src/record/audit/policy/load.ts';
import { ourAnswer } from '../../../../support/audit/policy-decisions.ts';
import {
  allPolicies,
  policyRequests,
  readAnswers,
  wellKnownPolicies,
} from '../../../../support/audit/policy-fixtures.ts';

// What kube-apiserver itself answered is recorded, because it takes a cluster to ask; test/e2e/audit-policy.test.ts asks.
describe('a policy decides as kube-apiserver does', () => {
  const requests = policyRequests();
  const answers = readAnswers();

  it('on a table of requests of all kinds, by ten well-known policies', () => {
    expect(requests.length).toBeGreaterThanOrEqual(200);
    expect(wellKnownPolicies().size).toBe(10);
    expect([...answers.keys()]).toEqual([...allPolicies().keys()]);
  });

  it.each([...allPolicies()])('%s', (name, file) => {
    const { decide, warnings } = loadPolicy(file, { readYaml });
    expect(warnings).toEqual([]);
    const ours = new Map(requests.map((each) => [each.line, ourAnswer(decide, each)]));
    expect(ours).toEqual(answers.get(name));
  });
});

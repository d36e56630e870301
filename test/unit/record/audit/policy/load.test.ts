import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PortholeError } from '../../../../../src/errors.ts';
import { readYaml } from '../../../../../src/kubeconfig/yaml.ts';
import { loadPolicy, parsePolicy } from '../../../../../src/record/audit/policy/load.ts';
import { MISTAKES, wellKnownPolicies } from '../../../../support/audit/policy-fixtures.ts';

const HEAD = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const RULES = 'rules: [{ level: Metadata }]\n';

function parse(text: string) {
  return parsePolicy(text, 'policy.yaml', { readYaml });
}

/** Why a text is no policy, without the words that all such sentences begin with. */
function complaint(text: string): string {
  return refusal(() => parse(text)).message.replace(
    'cannot use the audit policy "policy.yaml": ',
    '',
  );
}

function refusal(action: () => unknown): PortholeError {
  try {
    action();
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_AUDIT_LOG' });
    return error as PortholeError;
  }
  throw new Error('it was taken');
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'porthole-audit-policy-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('the file of an audit policy', () => {
  it('may be YAML or JSON, of one document or the first of several', () => {
    expect(parse(`${HEAD}${RULES}`).warnings).toEqual([]);
    expect(parse(`---\n${HEAD}${RULES}---\n[`).warnings).toEqual([]);
    const json =
      '{\n\t"kind": "Policy",\n\t"apiVersion": "audit.k8s.io/v1",\n\t"rules": [{"level": "Metadata"}]\n}';
    expect(parse(json).warnings).toEqual([]);
  });

  it.each([...wellKnownPolicies()])('tells where the policy %s is from', (_name, file) => {
    expect(readFileSync(file, 'utf8')).toMatch(/^# \S.{60,}\n/);
  });

  it('takes a kind that is missing for Policy, and null for what is absent, as kube-apiserver does', () => {
    parse('apiVersion: audit.k8s.io/v1\nrules: [{ level: None, users: null, namespaces: [null] }]');
    parse(`${HEAD}metadata: { name: mine, creationTimestamp: null, labels: { a: b } }\n${RULES}`);
  });

  it.each([
    [
      'apiVersion: audit.k8s.io/v1beta1\nkind: Policy\n',
      'its apiVersion audit.k8s.io/v1beta1 went out',
    ],
    [
      'apiVersion: audit.k8s.io/v1alpha1\nkind: Policy\n',
      'its apiVersion audit.k8s.io/v1alpha1 went out',
    ],
    ['apiVersion: v1\nkind: Config\n', 'its apiVersion is "v1"'],
    ['apiVersion: audit.k8s.io/v1\nkind: Event\n', 'its kind is "Event"'],
    ['kind: Policy\n', 'it has no apiVersion'],
    ['', 'it has no apiVersion'],
    ['apiVersion: 1\nkind: Policy\n', 'its apiVersion and kind must be strings'],
  ])('has to say that it is one: %j', (head, reason) => {
    expect(complaint(head + RULES)).toMatch(
      new RegExp(`^${reason}.*; begin it with "apiVersion: `),
    );
  });

  it.each(['', '[]', 'policy', '- rules'])('has to be a mapping: %j', (text) => {
    expect(complaint(text)).toMatch(/^it is not a mapping; /);
  });

  it.each(['', 'rules: []', 'rules: null'])('has to have a rule: %j', (rules) => {
    expect(complaint(HEAD + rules)).toBe('loaded illegal policy with 0 rules');
  });

  it('has to be YAML', () => {
    expect(complaint(`${HEAD}rules: [`)).toMatch(/^line 3: not valid YAML/);
  });

  it('is told all that has the wrong type at once', () => {
    const text = `${HEAD}
metadata: { name: 3 }
omitManagedFields: "yes"
rules:
  - { level: 1, users: alice, verbs: [get, 2], resources: [pods], nonResourceURLs: {} }
  - Metadata
`;
    expect(complaint(text)).toBe(
      '[metadata.name: must be a string; put it in quotes, rules[0].level: must be a string; put it in quotes, ' +
        'rules[0].users: must be a list, rules[0].verbs[1]: must be a string; put it in quotes, ' +
        'rules[0].resources[0]: must be a mapping, rules[0].nonResourceURLs: must be a list, ' +
        'rules[1]: must be a mapping, omitManagedFields: must be true or false]',
    );
  });

  // The words of all of them are compared with kube-apiserver's own in test/e2e/audit-policy.test.ts.
  it('is told all that has a wrong value at once', () => {
    const message = complaint(readFileSync(MISTAKES, 'utf8'));
    expect(message).toContain('[omitStages[0]: Invalid value: "Nope": allowed stages are ');
    expect(message).toContain(
      ', rules[0].level: Unsupported value: "Foo": supported values: "None", "Metadata", "Request", "RequestResponse"',
    );
    expect(message).toContain(', rules[1].level: Required value, ');
    expect(message).toContain(
      ', rules[3].nonResourceURLs: Invalid value: ["/a","/b"]: rules cannot apply to both regular resources and non-resource URLs, ',
    );
    expect(message).toContain(
      ', rules[5].resources.resourceNames: Invalid value: ["a","b"]: using resourceNames requires at least one resource, ',
    );
    expect(message.split('rules[5].resources.group: Invalid value: ').length - 1).toBe(3);
  });

  it('may not have a group longer than a DNS name, nor one that takes long to judge', () => {
    const group = (name: string) =>
      complaint(`${HEAD}rules: [{ level: None, resources: [{ group: "${name}" }] }]`);
    expect(group('a'.repeat(254))).toMatch(/: must be no more than 253 characters$/);
    expect(group(`${'a-'.repeat(100_000)}!`)).toMatch(
      /: must be no more than 253 characters,a lowercase RFC 1123 subdomain must /,
    );
  });

  it('is read without what strict decoding does not know, which it warns of', () => {
    const { decide, warnings } = parse(`${HEAD}
rulez: []
metadata: { nam: x }
rules:
  - level: None
    level: Metadata
    Verbs: [watch]
    resources: [{ resource: [pods] }]
`);
    expect(warnings).toEqual([
      'audit policy "policy.yaml": line 8: key "level" already set in map; the last one counts',
      'audit policy "policy.yaml": unknown field "rulez"; it is ignored',
      'audit policy "policy.yaml": unknown field "metadata.nam"; it is ignored',
      'audit policy "policy.yaml": unknown field "rules[0].Verbs"; it is ignored',
      'audit policy "policy.yaml": unknown field "rules[0].resources[0].resource"; it is ignored',
    ]);
    const attributes = {
      user: { username: 'alice', groups: [] },
      verb: 'get',
      isResourceRequest: true,
      apiGroup: '',
      resource: 'secrets',
      subresource: '',
      name: '',
      namespace: '',
      path: '/api/v1/secrets',
    };
    expect(decide(attributes).level).toBe('Metadata');
  });

  it('shows no control characters of its fields on a terminal', () => {
    const [warning] = parse(`${HEAD}${RULES}"a\\e[2Jb": 1\n`).warnings;
    expect(warning).toBe('audit policy "policy.yaml": unknown field "a\\u{1b}[2Jb"; it is ignored');
  });

  it('is read from the file system, and every failure names it', () => {
    const file = join(folder(), 'policy.yaml');
    expect(refusal(() => loadPolicy(file, { readYaml })).message).toBe(
      `cannot use the audit policy "${file}": there is no such file`,
    );
    mkdirSync(file);
    expect(refusal(() => loadPolicy(file, { readYaml })).message).toBe(
      `cannot use the audit policy "${file}": it is a directory`,
    );
    rmSync(file, { recursive: true });
    writeFileSync(file, `${HEAD}${RULES}`);
    expect(loadPolicy(file, { readYaml }).warnings).toEqual([]);
    writeFileSync(file, `${HEAD}${RULES}#${' '.repeat(1024 * 1024)}`);
    expect(refusal(() => loadPolicy(file, { readYaml })).message).toBe(
      `cannot use the audit policy "${file}": it is larger than 1 MiB`,
    );
  });

  it('gives away nothing of a kubeconfig that somebody named by mistake', () => {
    const text =
      'apiVersion: v1\nkind: Config\nusers: [{ name: me, user: { token: "canary" } }]\nrules: canary\n';
    expect(refusal(() => parse(text)).message).not.toContain('canary');
    expect(complaint(`${HEAD}rules: [{ level: { token: canary } }]`)).not.toContain('canary');
  });
});

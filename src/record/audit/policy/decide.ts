import type { GroupResources, PolicyFile, PolicyRule } from './decode.ts';
import type { Attributes, Decide, Decision } from './policy.ts';
import { isLevel, isStage } from './validate.ts';

const METADATA: Decision = {
  level: 'Metadata',
  omitStages: new Set(['RequestReceived']),
  omitManagedFields: false,
};

/**
 * What holds without a policy file. As in most policies that are in use, not at RequestReceived: that would be a second line
 * for each request, which says nothing that the last one does not.
 */
export const METADATA_FOR_ALL: Decide = () => METADATA;

type Matches = (attributes: Attributes) => boolean;

interface CompiledRule {
  readonly users: ReadonlySet<string> | undefined;
  readonly userGroups: ReadonlySet<string> | undefined;
  readonly verbs: ReadonlySet<string> | undefined;
  /** Of the resource, or of the path. */
  readonly matches: Matches | undefined;
  readonly decision: Decision;
}

/**
 * A validated policy as kube-apiserver's checker understands it (apiserver `pkg/audit/policy/checker.go`): the first rule
 * that matches decides, and where none does nothing is recorded. Made once and asked for each request: decisions are shared.
 */
export function compilePolicy(policy: PolicyFile): Decide {
  const rules = policy.rules.map((rule) => compileRule(rule, policy));
  const otherwise = decisionOf('None', policy.omitStages, policy.omitManagedFields);
  return (attributes) => {
    for (const rule of rules) if (ruleMatches(rule, attributes)) return rule.decision;
    return otherwise;
  };
}

function ruleMatches(rule: CompiledRule, attributes: Attributes): boolean {
  const { users, userGroups, verbs, matches } = rule;
  if (verbs !== undefined && !verbs.has(attributes.verb)) return false;
  if (users !== undefined && !users.has(attributes.user.username)) return false;
  if (userGroups !== undefined && !hasOneOf(userGroups, attributes.user.groups)) return false;
  return matches === undefined || matches(attributes);
}

function hasOneOf(set: ReadonlySet<string>, values: readonly string[]): boolean {
  for (const value of values) if (set.has(value)) return true;
  return false;
}

function compileRule(rule: PolicyRule, policy: PolicyFile): CompiledRule {
  return {
    users: setOf(rule.users),
    userGroups: setOf(rule.userGroups),
    verbs: setOf(rule.verbs),
    matches: compileMatches(rule),
    decision: decisionOf(
      rule.level,
      [...policy.omitStages, ...rule.omitStages],
      rule.omitManagedFields ?? policy.omitManagedFields,
    ),
  };
}

function decisionOf(
  level: string,
  stages: readonly string[],
  omitManagedFields: boolean,
): Decision {
  return {
    level: isLevel(level) ? level : 'None',
    omitStages: new Set(stages.filter(isStage)),
    omitManagedFields,
  };
}

function compileMatches(rule: PolicyRule): Matches | undefined {
  if (rule.namespaces.length > 0 || rule.resources.length > 0) return compileResources(rule);
  return rule.nonResourceURLs.length > 0 ? compileUrls(rule.nonResourceURLs) : undefined;
}

function compileUrls(urls: readonly string[]): Matches {
  const exact = new Set(urls);
  const prefixes = urls.filter((url) => url.endsWith('*')).map((url) => url.slice(0, -1));
  return ({ isResourceRequest, path }) =>
    !isResourceRequest && (exact.has(path) || prefixes.some((prefix) => path.startsWith(prefix)));
}

function compileResources(rule: PolicyRule): Matches {
  const namespaces = setOf(rule.namespaces);
  const groups = rule.resources.map(compileGroup);
  return (attributes) => {
    if (!attributes.isResourceRequest) return false;
    // What belongs to no namespace has the empty one.
    if (namespaces !== undefined && !namespaces.has(attributes.namespace)) return false;
    return groups.length === 0 || groups.some((matches) => matches(attributes));
  };
}

function compileGroup({ group, resources, resourceNames }: GroupResources): Matches {
  const names = setOf(resourceNames);
  const patterns = resources.length === 0 ? undefined : new ResourcePatterns(resources);
  return ({ apiGroup, resource, subresource, name }) =>
    (group === apiGroup || group === '*') &&
    (patterns === undefined ||
      (patterns.match(resource, subresource) && (names === undefined || names.has(name))));
}

// `pods`, `pods/log`, `pods/*`, `*/scale`, `*`. Names of resources hold no slash: they are segments of a path.
class ResourcePatterns {
  readonly #all: boolean;
  // `pods`: itself, and none of its subresources.
  readonly #plain = new Set<string>();
  // `pods/*`: itself too, as apiserver has it.
  readonly #whole = new Set<string>();
  // `*/scale`
  readonly #everywhere = new Set<string>();
  // `pods/log`
  readonly #pairs = new Map<string, Set<string>>();

  constructor(patterns: readonly string[]) {
    this.#all = patterns.includes('*');
    for (const pattern of patterns) {
      const slash = pattern.indexOf('/');
      if (slash < 0) {
        this.#plain.add(pattern);
        continue;
      }
      const [resource, subresource] = [pattern.slice(0, slash), pattern.slice(slash + 1)];
      if (resource === '*') this.#everywhere.add(subresource);
      if (subresource === '*') this.#whole.add(resource);
      else this.#pair(resource, subresource);
    }
  }

  match(resource: string, subresource: string): boolean {
    if (this.#all || this.#whole.has(resource)) return true;
    if (subresource === '') return this.#plain.has(resource);
    return (
      this.#everywhere.has(subresource) || this.#pairs.get(resource)?.has(subresource) === true
    );
  }

  #pair(resource: string, subresource: string): void {
    const subresources = this.#pairs.get(resource) ?? new Set();
    this.#pairs.set(resource, subresources.add(subresource));
  }
}

function setOf(values: readonly string[]): ReadonlySet<string> | undefined {
  return values.length === 0 ? undefined : new Set(values);
}

import { printableUpTo, quote } from '../../../printable.ts';
import type { GroupResources, PolicyFile, PolicyRule } from './decode.ts';
import type { Level, Stage } from './policy.ts';

const LEVELS: readonly string[] = [
  'None',
  'Metadata',
  'Request',
  'RequestResponse',
] satisfies Level[];

const STAGES: readonly string[] = [
  'RequestReceived',
  'ResponseStarted',
  'ResponseComplete',
  'Panic',
] satisfies Stage[];

export function isLevel(text: string): text is Level {
  return LEVELS.includes(text);
}

export function isStage(text: string): text is Stage {
  return STAGES.includes(text);
}

/** Every mistake in the values of a policy, in the words and by the paths of apiserver's `ValidatePolicy`. */
export function validatePolicy(policy: PolicyFile): string[] {
  return [
    ...badStages(policy.omitStages, 'omitStages'),
    ...policy.rules.flatMap((rule, index) => badRule(rule, `rules[${index}]`)),
  ];
}

function badRule(rule: PolicyRule, at: string): string[] {
  const problems = [
    ...badLevel(rule.level, `${at}.level`),
    ...badUrls(rule.nonResourceURLs, `${at}.nonResourceURLs`),
    ...rule.resources.flatMap((group) => badGroup(group, `${at}.resources`)),
    ...badStages(rule.omitStages, `${at}.omitStages`),
  ];
  if (rule.nonResourceURLs.length > 0 && rule.resources.length + rule.namespaces.length > 0)
    problems.push(
      `${at}.nonResourceURLs: Invalid value: ${list(rule.nonResourceURLs)}: rules cannot apply to both regular resources and non-resource URLs`,
    );
  return problems;
}

function badLevel(level: string, at: string): string[] {
  if (isLevel(level)) return [];
  if (level === '') return [`${at}: Required value`];
  const supported = LEVELS.map((known) => `"${known}"`).join(', ');
  return [`${at}: Unsupported value: ${quote(level)}: supported values: ${supported}`];
}

function badUrls(urls: readonly string[], at: string): string[] {
  return urls.flatMap((url, index) => {
    if (url === '*') return [];
    const problems: string[] = [];
    const value = `${at}[${index}]: Invalid value: ${quote(url)}`;
    if (!url.startsWith('/'))
      problems.push(`${value}: non-resource URL rules must begin with a '/' character`);
    if (url.slice(0, -1).includes('*'))
      problems.push(
        `${value}: non-resource URL wildcards '*' must be the final character of the rule`,
      );
    return problems;
  });
}

/** apiserver's path has no index here. */
function badGroup({ group, resources, resourceNames }: GroupResources, at: string): string[] {
  const problems: string[] = [];
  const wrong = group === '' || group === '*' ? [] : notSubdomain(group);
  if (wrong.length > 0)
    problems.push(`${at}.group: Invalid value: ${quote(group)}: ${wrong.join(',')}`);
  if (resourceNames.length > 0 && resources.length === 0)
    problems.push(
      `${at}.resourceNames: Invalid value: ${list(resourceNames)}: using resourceNames requires at least one resource`,
    );
  return problems;
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const MAX_SUBDOMAIN = 253;

/** apimachinery's `IsDNS1123Subdomain`. */
function notSubdomain(name: string): string[] {
  const problems: string[] = [];
  const tooLong = Buffer.byteLength(name) > MAX_SUBDOMAIN;
  if (tooLong) problems.push(`must be no more than ${MAX_SUBDOMAIN} characters`);
  if (!isSubdomain(name))
    problems.push(
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`,
    );
  return problems;
}

/** Label by label: the whole pattern, on a long text, could take JavaScript's matcher very long. */
function isSubdomain(name: string): boolean {
  return name
    .split('.')
    .every((label) => /^[-a-z0-9]+$/.test(label) && label[0] !== '-' && label.at(-1) !== '-');
}

function badStages(stages: readonly string[], at: string): string[] {
  return stages.flatMap((stage, index) =>
    isStage(stage)
      ? []
      : [`${at}[${index}]: Invalid value: ${quote(stage)}: allowed stages are ${STAGES.join(',')}`],
  );
}

function list(values: readonly string[]): string {
  return printableUpTo(240, JSON.stringify(values));
}

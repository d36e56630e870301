/** Which events does somebody want to see? */
import { PortholeError } from '../errors.ts';
import type { AuditReportOptions } from '../options.ts';
import { quoteUpTo } from '../printable.ts';
import type { ResourceWords } from '../server/known-resources.ts';
import { type AuditEvent, isFinal } from './event.ts';
import { prefilter, type Words } from './prefilter.ts';

export type Conditions = Pick<
  AuditReportOptions,
  'verbs' | 'resources' | 'namespaces' | 'users' | 'codes' | 'since' | 'until' | 'allStages'
>;

/** What an operator may mean by the words of a resource: plurals for short names. */
export type MeantBy = (words: ResourceWords) => ResourceWords;

export interface EventFilter {
  /** False for lines that hold no event which would pass. */
  mayPass(line: Buffer): boolean;
  passes(event: AuditEvent): boolean;
}

type Condition = (event: AuditEvent) => boolean;

/** All conditions have to hold; of several values of one, any. Throws ERR_USAGE for values that say nothing. */
export function eventFilter(conditions: Conditions, meantBy: MeantBy): EventFilter {
  const resources = conditions.resources.map((text) => readResource(text, meantBy));
  const tests: Condition[] = [];
  const add = <T>(values: readonly T[], test: (value: T, event: AuditEvent) => boolean) => {
    if (values.length > 0) tests.push((event) => values.some((value) => test(value, event)));
  };
  if (!conditions.allStages) tests.push(isFinal);
  add(conditions.verbs, (verb, event) => verb === event.verb);
  add(conditions.namespaces, (namespace, { object }) => namespace === object.namespace);
  add(
    conditions.codes.map(readCodes),
    ([first, last], { code = 0 }) => first <= code && code <= last,
  );
  add(resources, isAbout);
  add(conditions.users, isBy);
  const { since, until } = conditions;
  if (since !== undefined) tests.push(({ received }) => received >= since * 1000);
  if (until !== undefined) tests.push(({ received }) => received < until * 1000);
  return {
    mayPass: prefilter(wordsOf(conditions, resources)),
    passes: (event) => tests.every((test) => test(event)),
  };
}

/** The words that events which pass have to hold, for each condition that has such. */
function wordsOf(conditions: Conditions, resources: readonly ResourceWords[]): Words[] {
  const { allStages, verbs, namespaces, users, codes } = conditions;
  return [
    verbs,
    resources.some(({ resource }) => resource === '*') ? [] : resources.map((r) => r.resource),
    namespaces,
    users.map((user) => user.replace(/\*$/, '')),
    codes.every((code) => /^\d+$/.test(code)) ? codes : [],
    allStages ? [] : ['ResponseComplete', 'Panic'],
  ];
}

const RESOURCE = /^([^/.]+)(?:\/([^/.]+))?(?:\.([^/]*))?$/;

/** `RESOURCE[/SUBRESOURCE][.GROUP]`, with `deployments.apps/scale` as another spelling of `deployments/scale.apps`. */
function readResource(text: string, meantBy: MeantBy): ResourceWords {
  const inOrder = text.replace(/^([^/.]+)(\.[^/]*)(\/[^/.]+)$/, '$1$3$2');
  const [, resource, subresource, group] = RESOURCE.exec(inOrder) ?? [];
  if (resource !== undefined) return meantBy({ resource, subresource, group });
  const example = 'write for example pods, pods/exec or deployments.apps';
  throw new PortholeError('ERR_USAGE', `--resource has ${quoteUpTo(60, text)}; ${example}`);
}

/** As a rule of --deny: without a subresource it is the resource and all its subresources. */
function isAbout({ resource, subresource, group }: ResourceWords, { object }: AuditEvent): boolean {
  if (object.resource === '' || (resource !== '*' && resource !== object.resource)) return false;
  if (group !== undefined && group !== '*' && group !== object.apiGroup) return false;
  if (subresource === undefined || subresource === object.subresource) return true;
  return subresource === '*' && object.subresource !== '';
}

function isBy(wanted: string, { user, impersonatedUser }: AuditEvent): boolean {
  if (!wanted.endsWith('*')) return wanted === user || wanted === impersonatedUser;
  const begin = wanted.slice(0, -1);
  // Nobody is impersonated in most requests.
  return user.startsWith(begin) || (impersonatedUser !== '' && impersonatedUser.startsWith(begin));
}

/** The first and the last of `404`, `4xx` or `400-499`. */
function readCodes(text: string): readonly [number, number] {
  const [, hundreds, one, last] = /^(?:(\d)xx|(\d{3})(?:-(\d{3}))?)$/.exec(text) ?? [];
  if (hundreds !== undefined) return [Number(hundreds) * 100, Number(hundreds) * 100 + 99];
  if (one !== undefined) return [Number(one), Number(last ?? one)];
  const example = 'write for example 404, 4xx or 400-499';
  throw new PortholeError('ERR_USAGE', `--code has ${quoteUpTo(60, text)}; ${example}`);
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../src/review/event.ts';
import { type Conditions, eventFilter } from '../../../src/review/filter.ts';
import { meantBy } from '../../../src/server/known-resources.ts';
import { eventWith, lineOf } from './event.ts';

const ALL: Conditions = {
  verbs: [],
  resources: [],
  namespaces: [],
  users: [],
  codes: [],
  since: undefined,
  until: undefined,
  allStages: false,
};
const SCALE = {
  objectRef: { resource: 'deployments', apiGroup: 'apps', namespace: 'shop', subresource: 'scale' },
};
const NODE = { objectRef: { resource: 'nodes', name: 'n1' } };
const HEALTH = { objectRef: undefined, requestURI: '/healthz' };
const AS_BOB = { impersonatedUser: { username: 'bob' } };
const AT_TEN = { requestReceivedTimestamp: '2026-11-22T13:05:10.000000Z' };
const at = (time: string) => Date.parse(time);

const filterFor = (conditions: Partial<Conditions>) =>
  eventFilter({ ...ALL, ...conditions }, meantBy);

describe('an event passes', () => {
  it.each<[string, Partial<Conditions>, object, boolean]>([
    ['without conditions', {}, {}, true],
    ['only at the end of its request', {}, { stage: 'ResponseStarted' }, false],
    ['when the request panicked', {}, { stage: 'Panic' }, true],
    ['at each stage when asked', { allStages: true }, { stage: 'RequestReceived' }, true],
    ['with its verb', { verbs: ['get'] }, {}, true],
    ['with another verb', { verbs: ['list', 'watch'] }, {}, false],
    ['when all conditions hold', { verbs: ['get'], users: ['alice'], codes: ['200'] }, {}, true],
    ['when one does not', { verbs: ['get'], users: ['bob'], codes: ['200'] }, {}, false],
    ['by its resource', { resources: ['pods'] }, {}, true],
    ['by its short name', { resources: ['po'] }, {}, true],
    ['by one of several', { resources: ['secrets', 'pods'] }, {}, true],
    ['with a subresource that was not named', { resources: ['deployments'] }, SCALE, true],
    ['with the subresource', { resources: ['deployments/scale'] }, SCALE, true],
    ['with another subresource', { resources: ['deployments/status'] }, SCALE, false],
    ['with any subresource', { resources: ['*/scale'] }, SCALE, true],
    ['without a subresource', { resources: ['pods/*'] }, {}, false],
    ['by its group', { resources: ['deployments.apps'] }, SCALE, true],
    ['by another group', { resources: ['deployments.extensions'] }, SCALE, false],
    ['by group and subresource', { resources: ['deployments.apps/scale'] }, SCALE, true],
    ['of the core group', { resources: ['pods.'] }, {}, true],
    ['as any resource', { resources: ['*'] }, SCALE, true],
    ['without a resource', { resources: ['*'] }, HEALTH, false],
    ['by its namespace', { namespaces: ['default'] }, {}, true],
    ['by another', { namespaces: ['defaul'] }, {}, false],
    ['without a namespace', { namespaces: [''] }, NODE, true],
    ['by its user', { users: ['alice'] }, AS_BOB, true],
    ['by the impersonated one', { users: ['bob'] }, AS_BOB, true],
    ['by the begin of a name', { users: ['al*'] }, {}, true],
    ['by another begin', { users: ['bo*'] }, {}, false],
    ['by the begin of the whole name alone', { users: ['ali'] }, {}, false],
    ['by its code', { codes: ['404', '200'] }, {}, true],
    ['by its class of codes', { codes: ['2xx'] }, {}, true],
    ['outside of the class', { codes: ['4xx'] }, {}, false],
    ['by a range', { codes: ['199-200'] }, {}, true],
    ['without a code', { codes: ['1xx'] }, { responseStatus: undefined }, false],
    ['from that moment on', { since: at('2026-11-22T13:05:10.885Z') }, {}, true],
    ['before it', { since: at('2026-11-22T13:05:10.886Z') }, {}, false],
    ['until that moment', { until: at('2026-11-22T13:05:10.886Z') }, {}, true],
    ['not at it', { until: at('2026-11-22T13:05:10Z') }, AT_TEN, false],
    ['at the moment since when', { since: at('2026-11-22T13:05:10Z') }, AT_TEN, true],
    ['without a time', { since: 0 }, { requestReceivedTimestamp: null }, false],
  ])('%s', (_, conditions, fields, expected) => {
    const filter = filterFor(conditions);
    expect(filter.passes(eventWith(fields))).toBe(expected);
    if (expected) expect(filter.mayPass(Buffer.from(lineOf(fields)))).toBe(true);
  });

  it.each([
    ['resources', '/api/v1/pods', '--resource has "/api/v1/pods"'],
    ['codes', 'teapot', '--code has "teapot"'],
    ['codes', '4xx-500', '--code has "4xx-500"'],
  ])('never with %s that say nothing: %s', (name, value, message) => {
    expect(() => filterFor({ [name]: [value] })).toThrow(message);
  });
});

describe('lines are left unread', () => {
  const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];
  const words = ['get', 'list', 'pods', 'secrets', 'alice', 'a"b', 'a/b', 'é', '<a>', '200', '404'];
  const word = fc.constantFrom(...words);
  const few = fc.array(word, { maxLength: 2 });
  const fields = fc
    .record({ stage: fc.constantFrom(...stages), verb: word, username: word, resource: word })
    .map(({ stage, verb, username, resource }) => ({
      stage,
      verb,
      user: { username },
      objectRef: { resource },
      requestURI: '/',
      userAgent: '',
    }));

  it('only when they could not pass', () => {
    const conditions = fc.record({
      verbs: few,
      users: few,
      namespaces: few,
      allStages: fc.boolean(),
    });
    fc.assert(
      fc.property(conditions, fields, fc.boolean(), (wanted, given, escaped) => {
        const filter = filterFor(wanted);
        const plain = lineOf(given);
        const begin = plain.indexOf('"level"');
        // As Go writes some characters, and others could write any.
        const rest = plain.slice(begin).replace(escaped ? /[aeg<]/g : /</g, unicode);
        const line = plain.slice(0, begin) + rest;
        const event = readJson(line)?.[0]?.event;
        if (event !== undefined && filter.passes(event))
          expect(filter.mayPass(Buffer.from(line))).toBe(true);
      }),
    );
  });

  it('where they hold none of the words', () => {
    const unread = (conditions: Partial<Conditions>, line: string) =>
      !filterFor(conditions).mayPass(Buffer.from(line));
    expect(unread({}, lineOf({ stage: 'RequestReceived' }))).toBe(true);
    expect(unread({ verbs: ['delete'] }, lineOf())).toBe(true);
    expect(unread({ codes: ['404'] }, lineOf())).toBe(true);
    expect(unread({ users: ['bob*'] }, lineOf())).toBe(true);
    expect(unread({ resources: ['secrets'] }, lineOf())).toBe(true);
    // What is not whole has to be counted.
    expect(unread({ verbs: ['delete'] }, lineOf().slice(0, -3))).toBe(false);
    expect(unread({ verbs: ['delete'] }, '{"level":"info"}')).toBe(false);
  });

  it.each([
    ['delete', String.raw`d\u0065lete`],
    ['a"b', String.raw`a\"b`],
    ['a\\b', String.raw`a\\b`],
    ['a/b', String.raw`a\/b`],
    ['\u2028', String.raw`\u2028`],
    ['*', 'anybody'],
  ])('not where %j is written as %s', (user, written) => {
    const line = lineOf({ user: { username: 'WHO' } }).replace('WHO', written);
    expect(filterFor({ users: [user] }).mayPass(Buffer.from(line))).toBe(true);
  });
});

function unicode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

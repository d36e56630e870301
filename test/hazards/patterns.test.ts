// 3.3: what the filter flags say, they mean as kubectl's do, and in linear time.
import { describe, expect, it } from 'vitest';
import type { ProxyOptions } from '../../src/proxy.ts';
import { splitPatterns } from '../../src/server/patterns.ts';
import { runPorthole } from '../support/cli.ts';
import * as accept from '../support/differential/policy-accept.ts';
import * as prefixes from '../support/differential/policy-prefixes.ts';
import { get } from '../support/differential/policy-row.ts';
import { request } from '../support/raw-client.ts';
import { openDoor } from './door.ts';
import { type Asked, holdAll } from './policy.ts';

type Flags = () => Partial<ProxyOptions>;

/** Rows of the tables, those without an id of ours with `id`; asked with some flags. */
function holdWith(id: string, rows: readonly Asked[], proxy: Flags, last = 200): void {
  const named = rows.map((row) =>
    /^[A-Z]\d\d /.test(row.id) ? row : { ...row, id: `${id} ${row.id}` },
  );
  holdAll(named, () => ({ proxy: proxy(), last: { status: last } }));
}

const rejectMethods =
  (methods: string): Flags =>
  () => ({ rejectMethods: splitPatterns(methods) });

describe('by default', () => {
  const byDefault = accept.accept.map((row) =>
    row.id.startsWith('TestExtractHost') || /TestAccept 1[012]$/.test(row.id)
      ? { ...row, id: `H01 ${row.id}` }
      : row,
  );
  holdWith('F17', byDefault, () => ({}));
});

describe('--reject-methods', () => {
  holdWith('F17', accept.withoutGet, rejectMethods('GET'), 403);
  holdWith('F17', accept.withoutPost, rejectMethods('POST'));
  holdWith('F17', accept.withoutPut, rejectMethods('PUT'));
  holdWith('F17', accept.withoutPatch, rejectMethods('PATCH'));
  holdWith('F17', accept.withoutWrites, rejectMethods('POST,PUT,PATCH'));
});

describe('--accept-paths and --reject-paths', () => {
  const acceptPaths =
    (paths: string): Flags =>
    () => ({ acceptPaths: splitPatterns(paths) });
  const rejectPaths =
    (paths: string): Flags =>
    () => ({ rejectPaths: splitPatterns(paths) });
  holdWith('F10', accept.barOrAll, acceptPaths('bar,.*'));
  holdWith('F10', accept.barOrFo, acceptPaths('bar,fo.*'), 403);
  holdAll(
    [
      { id: 'F10 a path in the query', request: get('/secrets?/healthz'), porthole: 403 },
      {
        id: 'F10 a path in the query of another',
        request: get('/secrets?x=/healthz'),
        porthole: 403,
      },
      {
        id: 'F10 the path, with a query',
        request: get('/healthz?/secrets'),
        porthole: 'forwarded',
      },
    ],
    () => ({ proxy: acceptPaths('^/healthz')(), last: { status: 403 } }),
  );
  holdWith('F18', accept.withoutRejects, rejectPaths(''));
  holdWith('F18', accept.commas, rejectPaths('^/a{1,2}$,[x,y]9'));
  holdWith('F19', accept.re2, rejectPaths(accept.RE2_PATTERNS.join(',')));
});

describe('--api-prefix', () => {
  const apiPrefix =
    (prefix: string): Flags =>
    () => ({ apiPrefix: prefix });
  holdWith('F22', prefixes.noPrefix, apiPrefix('/'));
  holdWith('F22', prefixes.apiPrefix, apiPrefix('/api/'), 404);
  holdWith('F22', prefixes.customPrefix, apiPrefix('/custom/'), 404);
  holdWith('F22', prefixes.prefixLikeApi, apiPrefix('/api-x/'), 404);
  const near = [
    '/custo',
    '/custom%2Fapi',
    '/Custom/api',
    '/x/custom/api',
    '//custom/api',
    '/custom;/api',
  ];
  holdAll(
    near.map((path) => ({ id: `F22 near: ${path}`, request: get(path), porthole: 404 })),
    () => ({ proxy: apiPrefix('/custom/')(), last: { status: 404 } }),
  );
});

it.each([
  ['that does not compile', '('],
  ['with look-ahead', '^/api(?!/v1)'],
  ['with look-behind', '(?<=x)y'],
  ['with more than 1,000 repetitions', 'a{1,1001}'],
  ['cut at a comma that is not in braces', 'a[,b'],
  ['of another dialect', String.raw`a\Z`],
  ['that is empty', 'a,'],
])('F18 a rule %s is an error at the start', async (_, pattern) => {
  for (const flag of ['--reject-paths', '--accept-paths', '--accept-hosts', '--reject-methods']) {
    const { code, stdout, stderr } = await runPorthole('--kubeconfig=/none', `${flag}=${pattern}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(`${flag} has `);
  }
});

// A matcher that tries every way would not be done with any of these before the test's time is over.
const SLOW = ['^/(a+)+$', '^/(a|a)*$', '^/(a|aa)+$', '^/(.*a){20}$', '^/([a-z]+)*!!$', '(x+x+)+y'];

it.each(SLOW)('F20 %s takes no longer than another pattern', async (pattern) => {
  const door = await openDoor(undefined, { proxy: { rejectPaths: [pattern] } });
  for (const path of [`${'a'.repeat(8_000)}!`, 'x'.repeat(8_000)]) {
    const answer = await door.ask(request(`GET /${path}`, { headers: 'Connection: close\r\n' }));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  }
});

it('F20 nor do 100 of them', async () => {
  const rejectPaths = Array.from({ length: 100 }, (_, i) => `^/(a+)+${i}$`);
  const door = await openDoor(undefined, { proxy: { rejectPaths } });
  const ask = (path: string) =>
    door.ask(request(`GET ${path}`, { headers: 'Connection: close\r\n' }));
  expect(await ask(`/${'a'.repeat(8_000)}!`)).toMatch(/^HTTP\/1\.1 200 /);
  expect(await ask(`/${'a'.repeat(8_000)}99`)).toMatch(/^HTTP\/1\.1 403 /);
});

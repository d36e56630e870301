import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../../src/server/guard.ts';
import { requestInfo } from '../../../src/server/request-info.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { outcomeOf, requestOf } from './request-of.ts';

const guard = createGuard({ readOnly: true, deny: ['secrets', 'nodes.metrics.k8s.io'] });

function outcome(text: string): string {
  const target = parseRequestTarget(text);
  return outcomeOf(() => guard(requestOf({ target: text }), target, requestInfo('GET', target)));
}

describe('a path that hides what it is', () => {
  it.each([
    ['an escaped letter', '/api/v1/%73ecrets'],
    ['every letter escaped', '/%61%70%69/%76%31/%73%65%63%72%65%74%73'],
    ['an escaped slash', '/api/v1%2Fsecrets'],
    ['every slash escaped', '/api%2fv1%2fsecrets'],
    ['an escaped slash behind a slash', '/api/v1/%2Fsecrets'],
    [
      'an escaped slash in a name, for servers that split first',
      '/api/v1/namespaces/a%2Fb/secrets',
    ],
    ['one that makes a subresource', '/api/v1/namespaces/n/pods/p%2Fexec'],
    ['one that hides a subresource', '/api/v1/namespaces/n/pods/a%2Fb/exec'],
    ['both, and duplicate slashes', '//api/v1//namespaces/a%2fb/secrets'],
    ['an escaped slash for an empty namespace', '/api//v1/namespaces/%2Fsecrets'],
    ['a slash too many in front', '//api/v1/secrets'],
    ['in the middle', '/api//v1/secrets'],
    ['before the resource', '/api/v1//secrets'],
    ['in place of the namespace', '/api/v1/namespaces//secrets'],
    ['behind the namespace', '/api/v1/namespaces/n//secrets'],
    ['many', '///api///v1///namespaces///n///secrets///s///'],
    ['a group that is empty', '/apis//v1/secrets'],
    ['a group behind two slashes', '/apis//metrics.k8s.io/v1beta1/nodes'],
    ['a parameter', '/api/v1/secrets;x=y'],
    ['a parameter in the prefix', '/api;x/v1;y/namespaces;z/n/secrets/s'],
    ['a parameter on a subresource', '/api/v1/namespaces/n/pods/p/exec;x'],
    ['an escaped semicolon', '/api/v1/secrets%3Bx'],
    ['a parameter that holds an escaped slash', '/api/v1/secrets;a%2Fb'],
    ['a segment that is only a parameter', '/api/;x/v1/secrets'],
    ['the path of a gateway to many clusters', '/k8s/clusters/c-1/api/v1/secrets'],
    ['the same, escaped', '/k8s%2Fclusters/c/%61pi/v1/secrets'],
    ['a group below a prefix', '/clusters/root:x/apis/metrics.k8s.io/v1beta1/nodes/n'],
    ['the longest path below a prefix', '/c/apis/g/v1/watch/namespaces/n/pods/p/exec'],
    ['a prefix that holds the word', '/apis/x/api/v1/namespaces/n/secrets'],
    [
      'a cluster behind an aggregated API',
      '/apis/cluster.example.com/v1/clusters/c/proxy/api/v1/secrets',
    ],
  ])('is refused for %s: %s', (_, target) => {
    expect(outcome(target)).toBe('ERR_DENIED');
  });

  it.each([
    ['an object called so', '/api/v1/namespaces/n/configmaps/a%2Fsecrets'],
    ['a slash at the end', '/api/v1/namespaces/n/pods//'],
    ['a service in a namespace called api', '/api/v1/namespaces/api/services/v1'],
    ['a file with a parameter', '/openapi/v2;x=secrets'],
    ['discovery below a prefix', '/k8s/clusters/c/apis/apps/v1'],
  ])('is let through for %s: %s', (_, target) => {
    expect(outcome(target)).toBe('ok');
  });

  it('is judged in bounded work however often it names an API', () => {
    const rest = ';%2f'.padEnd(16_000, '/apis');
    expect(outcome(`//${rest}`)).toBe('ok');
    expect(outcome(`//${rest}/api/v1/secrets`)).toBe('ERR_DENIED');
  });
});

const coins = fc.infiniteStream(fc.boolean());

/** The text with the characters escaped that `more` picks, and in no other way changed. */
function escapeSome(text: string, more: Iterator<boolean>): string {
  return text.replace(/%2f|[^/]/gi, (character) =>
    character.length === 1 && more.next().value
      ? `%${character.charCodeAt(0).toString(16)}`
      : character,
  );
}

describe('property', () => {
  const root = fc.constantFrom('/api/v1', '/apis/example.com/v1', '/k8s/clusters/c/api/v1');
  const scope = fc.constantFrom('', '/namespaces/n', '/namespaces/api', '/namespaces/status');
  const rest = fc.constantFrom('/secrets', '/secrets/s', '/secrets/s/status', '/pods/p/exec');
  const slash = fc.constantFrom('/', '//', '%2F', '%2f', '/%2F', '%2f/', ';x/', '/;/');

  it('a denied resource is refused whatever its letters and slashes are escaped or doubled to', () => {
    const watch = fc.constantFrom('', '/watch');
    const slashes = fc.infiniteStream(slash);
    fc.assert(
      fc.property(root, watch, scope, rest, slashes, coins, (a, b, c, d, separators, more) => {
        const [, ...segments] = escapeSome(`${a}${b}${c}${d}`, more).split('/');
        const joined = segments.reduce((path, one) => path + separators.next().value + one);
        expect(outcome(`/${joined}`)).toBe('ERR_DENIED');
      }),
      { numRuns: 2_000 },
    );
  });

  it('a name that holds escaped slashes hides no resource from a server that splits first', () => {
    const name = fc.constantFrom('a%2Fb', '%2f', 'a%2F%2Fpods%2Fp', 'x%2Fstatus');
    const slashes = fc.infiniteStream(fc.constantFrom('/', '//'));
    fc.assert(
      fc.property(name, rest, slashes, coins, (namespace, what, separators, more) => {
        const [, ...segments] =
          `${escapeSome('/api/v1/namespaces', more)}/${namespace}${what}`.split('/');
        const joined = segments.reduce((path, one) => path + separators.next().value + one);
        expect(outcome(`/${joined}`)).toBe('ERR_DENIED');
      }),
    );
  });

  it('what the API server takes for a denied resource is refused, and nothing else that has one reading', () => {
    const segment = fc.constantFrom(
      ...['api', 'apis', 'v1', 'watch', 'proxy', 'namespaces', 'n', 'secrets', 'pods', 'exec'],
      ...['status', 'finalize', 'apps', '', 'a%2Fsecrets', 'secrets%2Fa', 'p;x'],
    );
    const deny = createGuard({ readOnly: false, deny: ['secrets', 'pods/exec'] });
    const path = fc.tuple(
      fc.constantFrom('/api/v1', '/apis/apps/v1', '/api', ''),
      fc.array(segment, { maxLength: 7 }),
    );
    fc.assert(
      fc.property(path, coins, ([start, segments], more) => {
        const text = escapeSome(`${start}/${segments.join('/')}`, more);
        const target = parseRequestTarget(text);
        const asked = requestInfo('GET', target);
        const proxied = asked.verb === 'proxy';
        const isDenied =
          asked.resource === 'secrets' ||
          (asked.resource === 'pods' && !proxied && asked.subresource === 'exec');
        const found = outcomeOf(() => deny(requestOf({ target: text }), target, asked));
        if (isDenied) expect(found).toBe('ERR_DENIED');
        else if (!/%2f|;|\/\/|.\/api/i.test(`${text} ${target.decodedPath}`))
          expect(found).toBe('ok');
      }),
      { numRuns: 5_000 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { KubeconfigFlags } from '../../../src/kubeconfig/kubeconfig.ts';
import { config, HTTPS, loadText, messageOf } from './support.ts';

const TWO = `current-context: one
contexts:
- {name: one, context: {cluster: c1, user: u1, namespace: n1}}
- {name: two, context: {cluster: c2, user: u2}}
- {name: no-cluster, context: {user: u1}}
- {name: no-user, context: {cluster: c1}}
- {name: lost-cluster, context: {cluster: cc, user: u1}}
- {name: lost-user, context: {cluster: c1, user: uu}}
clusters:
- {name: c1, cluster: {server: 'https://one.example'}}
- {name: c2, cluster: {server: 'https://two.example'}}
- {name: bare, cluster: {}}
users:
- {name: u1, user: {token: t1}}
- {name: u2, user: {token: t2}}
`;

describe('which context, cluster and user', () => {
  it.each<[string, KubeconfigFlags, object]>([
    [
      'the current context',
      {},
      { contextName: 'one', host: 'one.example', token: 't1', namespace: 'n1' },
    ],
    [
      '--context',
      { context: 'two' },
      { contextName: 'two', host: 'two.example', token: 't2', namespace: 'default' },
    ],
    [
      '--cluster',
      { cluster: 'c2' },
      { contextName: 'one', host: 'two.example', token: 't1', namespace: 'n1' },
    ],
    [
      '--user',
      { user: 'u2' },
      { contextName: 'one', host: 'one.example', token: 't2', namespace: 'n1' },
    ],
    [
      '--namespace',
      { namespace: 'ns/other' },
      { contextName: 'one', host: 'one.example', token: 't1', namespace: 'other' },
    ],
    [
      'empty flags',
      { context: '', cluster: '', user: '', namespace: '' },
      { contextName: 'one', host: 'one.example', token: 't1', namespace: 'n1' },
    ],
    [
      '--cluster for a context that names a lost one',
      { context: 'lost-cluster', cluster: 'c2' },
      { contextName: 'lost-cluster', host: 'two.example', token: 't1', namespace: 'default' },
    ],
    [
      '--user for a context that names a lost one',
      { context: 'lost-user', user: 'u2' },
      { contextName: 'lost-user', host: 'one.example', token: 't2', namespace: 'default' },
    ],
    [
      '--server for a context without cluster',
      { context: 'no-cluster', server: 'https://s' },
      { contextName: 'no-cluster', host: 's', token: 't1', namespace: 'default' },
    ],
  ])('%s', (_, flags, expected) => {
    const { contextName, cluster, user, namespace } = loadText(TWO, flags);
    expect({ contextName, host: cluster.server.hostname, token: user.token, namespace }).toEqual(
      expected,
    );
  });

  it.each<[string, string, KubeconfigFlags, RegExp]>([
    [
      '--context zzzz',
      TWO,
      { context: 'zzzz' },
      /^context "zzzz" does not exist; the contexts are "one", "two", .* and 1 more$/,
    ],
    [
      '--context twoo',
      TWO,
      { context: 'twoo' },
      /^context "twoo" does not exist; did you mean "two"/,
    ],
    [
      '--cluster c3',
      TWO,
      { cluster: 'c3' },
      /^cluster "c3" does not exist; did you mean "c1" or "c2"\?$/,
    ],
    [
      '--user u3',
      TWO,
      { user: 'u3' },
      /^auth info "u3" does not exist; did you mean "u1" or "u2"\?$/,
    ],
    [
      'a dangling current-context',
      'current-context: zz',
      {},
      /^context was not found for specified context: zz \(it is the current-context\); there are no contexts$/,
    ],
    [
      'a lost cluster',
      TWO,
      { context: 'lost-cluster' },
      /^\/.*config: cluster "cc" was not found for context "lost-cluster"; did you mean/,
    ],
    [
      'a lost user',
      TWO,
      { context: 'lost-user' },
      /^\/.*config: user "uu" was not found for context "lost-user"; did you mean/,
    ],
    [
      'a context without cluster',
      TWO,
      { context: 'no-cluster' },
      /^cluster was not specified for context "no-cluster"; pass --cluster or --server$/,
    ],
    [
      'a cluster without server',
      TWO,
      { cluster: 'bare' },
      /^\/.*config: no server found for cluster "bare"; add one, or pass --server$/,
    ],
    [
      'no current-context',
      'contexts: [{name: a}, {name: b}]',
      {},
      /^no context is chosen: config sets no current-context; pass --context, for example one of "a", "b"$/,
    ],
    [
      'nothing at all',
      '',
      {},
      /^Missing or incomplete configuration info \(searched: config\).*--kubeconfig.*KUBECONFIG.*~\/\.kube\/config$/,
    ],
    [
      'several at once',
      TWO,
      { context: 'x', cluster: 'y', user: 'z' },
      /^3 problems: \[\(1\) auth info "z".*\(2\) cluster "y".*\(3\) context "x"/,
    ],
  ])('%s is an error', (_, text, flags, message) => {
    expect(messageOf(() => loadText(text, flags))).toMatch(message);
  });

  it('names of Object.prototype are not found where they are not', () => {
    expect(messageOf(() => loadText(TWO, { context: '__proto__' }))).toMatch(
      /"__proto__" does not exist/,
    );
    expect(messageOf(() => loadText(TWO, { cluster: 'constructor' }))).toMatch(
      /"constructor" does not exist/,
    );
  });

  it('names of Object.prototype are found where they are', () => {
    const text = config(HTTPS)
      .replaceAll(/\bx\b/g, '__proto__')
      .replace('name: u\n', 'name: constructor\n')
      .replace('user: u}', 'user: constructor}');
    expect(loadText(text)).toMatchObject({
      contextName: '__proto__',
      user: { name: 'constructor', token: 't0ken' },
    });
  });

  it('5,000 contexts, clusters and users', () => {
    const each = (make: (i: number) => string) =>
      Array.from({ length: 5000 }, (_, i) => make(i)).join('');
    const text = `current-context: x4999
clusters:
${each((i) => `- name: c${i}\n  cluster:\n    server: https://c${i}.example\n`)}contexts:
${each((i) => `- name: x${i}\n  context:\n    cluster: c${i}\n    user: u${i}\n`)}users:
${each((i) => `- name: u${i}\n  user:\n    token: t${i}\n`)}`;
    expect(loadText(text)).toMatchObject({ cluster: { name: 'c4999' }, user: { token: 't4999' } });
    expect(messageOf(() => loadText(text, { context: 'y' }))).toMatch(
      /^context "y" does not exist/,
    );
  });
});

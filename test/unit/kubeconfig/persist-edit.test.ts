import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import { setAuthProviderConfig } from '../../../src/kubeconfig/persist/edit.ts';
import { readYaml } from '../../../src/kubeconfig/yaml.ts';

const NEW = new Map([
  ['id-token', 'eyJhbGciOi.eyJleHAiOjF9.new-'],
  ['refresh-token', '0.AX/+: #new'],
]);

/** A kubeconfig around the lines of a user's `config`. */
const around = (...lines: string[]): string =>
  [
    '# mine',
    'apiVersion: v1   # yes, v1',
    "kind: 'Config'",
    'users:',
    '- name: bob',
    '  user: {token: bobs}',
    '-   name: "alice"',
    '    user:',
    '      auth-provider:',
    '          config:',
    ...lines.map((line) => `            ${line}`),
    '          name: oidc   # the provider',
    '',
    '# the end',
    'contexts: []',
    '',
  ].join('\n');

const set = (text: string, user = 'alice') => setAuthProviderConfig(text, user, NEW);

/** What stands in `config` of the last user of a kubeconfig. */
function configIn(text: string): Map<string, string> {
  const get = (node: unknown, key: string) => (node as Map<string, unknown>).get(key);
  const user = get((get(readYaml(text), 'users') as unknown[]).at(-1), 'user');
  return get(get(user, 'auth-provider'), 'config') as Map<string, string>;
}

describe('setAuthProviderConfig changes the values and nothing else', () => {
  const id = '"eyJhbGciOi.eyJleHAiOjF9.new-"';
  const plain = 'eyJhbGciOi.eyJleHAiOjF9.new-';
  const refresh = '"0.AX/+: #new"';

  it.each<[string, string[], string[]]>([
    [
      'plain values, with comments beside and between',
      ['id-token: old # the old one', '# secret:', 'refresh-token:   r1', 'client-id: c'],
      [
        `id-token: ${plain} # the old one`,
        '# secret:',
        `refresh-token:   ${refresh}`,
        'client-id: c',
      ],
    ],
    [
      'quoted values',
      [`id-token: 'old'`, 'refresh-token: "r"'],
      [`id-token: '${plain}'`, `refresh-token: ${refresh}`],
    ],
    [
      'values over several lines',
      ['id-token: "old', '  er"', 'refresh-token: >-', '  r', '  s', 'client-id: c'],
      [`id-token: ${id}`, `refresh-token: ${refresh}`, 'client-id: c'],
    ],
    [
      'no values',
      ['id-token:', 'refresh-token: # none', 'client-id: c'],
      [`id-token: ${plain}`, `refresh-token: ${refresh} # none`, 'client-id: c'],
    ],
    [
      'null',
      ['id-token: ~', 'refresh-token: null'],
      [`id-token: ${plain}`, `refresh-token: ${refresh}`],
    ],
    [
      'no lines',
      ['client-id: c # me', '# below'],
      ['client-id: c # me', `id-token: ${plain}`, `refresh-token: ${refresh}`, '# below'],
    ],
    [
      'no lines after a block scalar',
      ['client-id: |-', '  c'],
      ['client-id: |-', '  c', `id-token: ${plain}`, `refresh-token: ${refresh}`],
    ],
    [
      'the last of duplicate keys',
      ['id-token: first', 'refresh-token: r', 'id-token: last'],
      ['id-token: first', `refresh-token: ${refresh}`, `id-token: ${plain}`],
    ],
    [
      'tags',
      ['id-token: !!str old', 'refresh-token: r'],
      [`id-token: !!str ${plain}`, `refresh-token: ${refresh}`],
    ],
  ])('where there are %s', (_, lines, expected) => {
    const edited = set(around(...lines));
    expect(edited).toBe(around(...expected));
    expect(configIn(edited)).toEqual(new Map([...configIn(around(...lines)), ...NEW]));
  });

  it('keeps CRLF', () => {
    const text = around('client-id: c', 'id-token: x').replaceAll('\n', '\r\n');
    const expected = around('client-id: c', `id-token: ${plain}`, `refresh-token: ${refresh}`);
    expect(set(text)).toBe(expected.replaceAll('\n', '\r\n'));
  });

  it('needs no line break at the end', () => {
    const text =
      'users:\n- name: a\n  user:\n    auth-provider:\n      config:\n        client-id: c';
    expect(set(text, 'a')).toBe(
      `${text}\n        id-token: ${plain}\n        refresh-token: ${refresh}`,
    );
  });

  const json = (config: object, indent?: number | string) =>
    JSON.stringify(
      { users: [{ name: 'alice', user: { 'auth-provider': { config, name: 'oidc' } } }], x: [] },
      null,
      indent,
    );

  it.each<[string, number | string | undefined]>([
    ['on one line', undefined],
    ['with indentation', 2],
    ['with tabs', '\t'],
  ])('keeps JSON %s', (_, indent) => {
    const before = { 'client-id': 'c', 'id-token': 'old', 'refresh-token': null };
    expect(set(json(before, indent))).toBe(
      json({ 'client-id': 'c', ...Object.fromEntries(NEW) }, indent),
    );
    const added = set(json({ 'client-id': 'c' }, indent));
    expect(JSON.parse(added)).toEqual(
      JSON.parse(json({ 'client-id': 'c', ...Object.fromEntries(NEW) })),
    );
    expect(added.split('\n').length).toBe(
      json({ 'client-id': 'c', ...Object.fromEntries(NEW) }, indent).split('\n').length,
    );
  });

  it('keeps flow mappings', () => {
    const text = around('').replace('config:\n', 'config: {client-id: c, id-token: old}\n');
    expect(set(text)).toBe(
      text.replace('id-token: old', `id-token: ${id}, refresh-token: ${refresh}`),
    );
  });

  it('gives a config that merges another one values of its own', () => {
    const text = around('<<: {id-token: shared}', 'client-id: c');
    expect(set(text)).toBe(
      around(
        '<<: {id-token: shared}',
        'client-id: c',
        `id-token: ${plain}`,
        `refresh-token: ${refresh}`,
      ),
    );
  });

  it('looks at the first document only', () => {
    const text = around('id-token: x', 'refresh-token: y');
    expect(set(`${text}---\n: [broken`)).toBe(`${set(text)}---\n: [broken`);
  });
});

describe('setAuthProviderConfig refuses', () => {
  it.each<[string, string, RegExp]>([
    ['a user that is gone', 'users: []\n', /^user "alice" is not in the kubeconfig any more$/],
    ['no users at all', 'x: 1\n', /not in the kubeconfig any more/],
    ['a user with a token now', 'users: [{name: alice, user: {token: t}}]', /no auth-provider/],
    [
      'a value that others share',
      around('id-token: &t old', 'extra: *t'),
      /written in a way that porthole cannot change/,
    ],
    [
      'a config that stands elsewhere',
      'x: &c {client-id: c, id-token: old}\nusers: [{name: alice, user: {auth-provider: {config: *c}}}]',
      /written in a way that porthole cannot change/,
    ],
    ['text that is no YAML any more', 'users: [', /not valid YAML/],
  ])('%s', (_, text, message) => {
    expect(() => set(text)).toThrow(PortholeError);
    expect(() => set(text)).toThrow(message);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadPluginPolicy } from '../../../src/kubeconfig/kuberc.ts';

const HEAD = 'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n';
const DENY = `${HEAD}credentialPluginPolicy: DenyAll\n`;
const ALLOW_ALL = { policy: 'AllowAll', allowlist: [] };
const DENY_ALL = { policy: 'DenyAll', allowlist: [] };

/** A home folder with these files in it. */
function home(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-kuberc-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, '.kube'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function load(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  flag?: string,
) {
  const cwd = home(files);
  const warnings: string[] = [];
  const options = { flag, env: { HOME: cwd, ...env }, platform: 'linux', cwd } as const;
  return { policy: loadPluginPolicy(options, (sentence) => warnings.push(sentence)), warnings };
}

describe('where the plugin policy is read from', () => {
  it.each<[string, Record<string, string>, Record<string, string>, string | undefined, object]>([
    ['nowhere', {}, {}, undefined, ALLOW_ALL],
    ['~/.kube/kuberc', { '.kube/kuberc': DENY }, {}, undefined, DENY_ALL],
    [
      'beside the usual kubeconfig, whatever KUBECONFIG is',
      { '.kube/kuberc': DENY },
      { KUBECONFIG: '/x/y' },
      undefined,
      DENY_ALL,
    ],
    [
      'KUBERC, before that',
      { '.kube/kuberc': DENY, mine: HEAD },
      { KUBERC: 'mine' },
      undefined,
      ALLOW_ALL,
    ],
    [
      '--kuberc, before all',
      { '.kube/kuberc': DENY, mine: DENY, flag: HEAD },
      { KUBERC: 'mine' },
      'flag',
      ALLOW_ALL,
    ],
    ['nowhere: KUBERC=off', { '.kube/kuberc': DENY }, { KUBERC: 'off' }, undefined, ALLOW_ALL],
    [
      'nowhere: KUBECTL_KUBERC=False',
      { '.kube/kuberc': DENY },
      { KUBECTL_KUBERC: 'False' },
      undefined,
      ALLOW_ALL,
    ],
    [
      'there: KUBECTL_KUBERC=true',
      { '.kube/kuberc': DENY },
      { KUBECTL_KUBERC: 'true' },
      undefined,
      DENY_ALL,
    ],
  ])('%s', (_, files, env, flag, expected) => {
    expect(load(files, env, flag)).toEqual({ policy: expected, warnings: [] });
  });

  it.each([
    [
      { KUBERC: 'off' },
      'disabling kuberc via KUBERC=off and passing kuberc flag are mutually exclusive',
    ],
    [
      { KUBECTL_KUBERC: 'false' },
      'disabling kuberc via KUBECTL_KUBERC=false and passing kuberc flag',
    ],
  ])('refuses --kuberc beside %j', (env, message) => {
    expect(() => load({ flag: DENY }, env, 'flag')).toThrow(message);
  });

  it('fails for a bad file that somebody named', () => {
    expect(() => load({}, {}, 'none')).toThrow(
      /kuberc: open .*\/none: no such file or directory; .*--kuberc/,
    );
    expect(() => load({}, { KUBERC: '/none' })).toThrow(
      'kuberc: open /none: no such file or directory',
    );
    expect(() => load({}, { KUBERC: '.kube' })).toThrow(/kuberc: read .*: is a directory/);
    expect(() => load({ mine: 'a: b' }, { KUBERC: 'mine' })).toThrow(
      'no valid preferences found in',
    );
  });

  it('warns of a bad file in the usual place, quoting nothing', () => {
    const { policy, warnings } = load({ '.kube/kuberc': `${HEAD}s3cret: [\n` });
    expect(policy).toEqual(ALLOW_ALL);
    expect(warnings).toEqual([
      expect.stringMatching(/^kuberc: no preferences loaded from .*: no valid preferences/),
    ]);
    expect(warnings[0]).not.toContain('s3cret');
  });
});

describe('what it says', () => {
  const read = (text: string) => load({ '.kube/kuberc': text });
  const allowlist = (list: string): string =>
    `${HEAD}credentialPluginPolicy: Allowlist\n${list === '' ? '' : `credentialPluginAllowlist: ${list}\n`}`;

  it.each<[string, string, object]>([
    ['an empty file', '', ALLOW_ALL],
    ['no policy', HEAD, ALLOW_ALL],
    ['AllowAll', `${HEAD}credentialPluginPolicy: AllowAll\n`, ALLOW_ALL],
    ['DenyAll', DENY, DENY_ALL],
    [
      'JSON',
      `{"apiVersion":"kubectl.config.k8s.io/v1beta1","kind":"Preference","credentialPluginPolicy":"DenyAll"}`,
      DENY_ALL,
    ],
    [
      'a list',
      allowlist('[{name: a}, {command: /b/c}, {name: d, command: d}]'),
      { policy: 'Allowlist', allowlist: ['a', '/b/c', 'd'] },
    ],
    ['a list of null without a policy', `${HEAD}credentialPluginAllowlist: null\n`, ALLOW_ALL],
    ['defaults and aliases too', `${DENY}defaults: []\naliases: []\n`, DENY_ALL],
    ['it in a second document', `a: b\n--- # next\n${DENY}---\n${HEAD}`, DENY_ALL],
    ['it after a document that is broken', `{\n---\n${DENY}`, DENY_ALL],
  ])('is read from %s', (_, text, expected) => {
    expect(read(text)).toEqual({ policy: expected, warnings: [] });
  });

  it.each([
    ['Foo', `${HEAD}credentialPluginPolicy: Foo\n`, 'unknown plugin policy: "Foo"'],
    [
      'a list with DenyAll',
      `${DENY}credentialPluginAllowlist: [{name: a}]\n`,
      'misconfigured credential plugin allowlist: plugin policy is "DenyAll" but allowlist is non-nil',
    ],
    [
      'an empty list without a policy',
      `${HEAD}credentialPluginAllowlist: []\n`,
      'misconfigured credential plugin allowlist: plugin policy is "" but allowlist is non-nil',
    ],
    [
      'no list',
      allowlist(''),
      'credential plugin policy set to "Allowlist", but allowlist is unspecified',
    ],
    [
      'an empty list',
      allowlist('[]'),
      'credential plugin policy set to "Allowlist", but allowlist is empty; use "DenyAll" policy instead',
    ],
    [
      'an empty entry',
      allowlist('[{name: a}, {}]'),
      'misconfigured credential plugin allowlist: empty allowlist entry #2',
    ],
    ['a//b', allowlist('[{name: a//b}]'), 'non-normalized file path: "a//b" vs "a/b"'],
    ['/a/', allowlist('[{command: /a/}]'), 'non-normalized file path: "/a/" vs "/a"'],
    ['./a', allowlist('[{command: ./a}]'), 'non-normalized file path: "./a" vs "a"'],
  ])('is refused for %s, in the usual place too', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'ERR_KUBECONFIG' }));
  });

  it.each([
    [
      'of the file',
      `${HEAD}credentialPluginPolcy: DenyAll\n`,
      'unknown field "credentialPluginPolcy"',
      ALLOW_ALL,
    ],
    [
      'of an entry',
      allowlist('[{name: a, path: b}]'),
      'unknown field "credentialPluginAllowlist[0].path"',
      { policy: 'Allowlist', allowlist: ['a'] },
    ],
    [
      'of v1alpha1, which has no policy',
      DENY.replace('v1beta1', 'v1alpha1'),
      'unknown field "credentialPluginPolicy"',
      ALLOW_ALL,
    ],
  ])('warns of an unknown field %s', (_, text, warning, expected) => {
    const { policy, warnings } = read(text);
    expect(policy).toEqual(expected);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });

  it.each([
    ['a policy that is a number', `${HEAD}credentialPluginPolicy: 5\n`],
    ['a list of words', allowlist('[a]')],
    ['no list at all', allowlist('a')],
    ['two names', allowlist('[{name: a, command: b}]')],
    ['another kind', DENY.replace('Preference', 'Config')],
    ['another version', DENY.replace('v1beta1', 'v2')],
    ['only a comment', '# nothing\n'],
  ])('is not taken from %s', (_, text) => {
    expect(() => load({ mine: text }, { KUBERC: 'mine' })).toThrow('no valid preferences found in');
  });
});

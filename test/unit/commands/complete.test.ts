import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { complete } from '../../../src/commands/complete.ts';
import { FLAGS, flagsOf } from '../../../src/flags/table.ts';
import { LOG_FORMATS, parseWord } from '../../../src/flags/values.ts';
import { parseDenyRule } from '../../../src/server/guard.ts';

const FILES = ':0';
const NOTHING_ELSE = ':4';
const DIRECTORIES = ':16';

const home = mkdtempSync(join(tmpdir(), 'porthole-complete-'));
mkdirSync(join(home, '.kube'));
writeFileSync(join(home, '.kube/config'), kubeconfigOf('home', 'home-2'));
writeFileSync(join(home, 'one'), kubeconfigOf('one'));
writeFileSync(join(home, 'two'), kubeconfigOf('two'));
writeFileSync(join(home, 'broken'), 'contexts: [');
writeFileSync(
  join(home, 'odd'),
  kubeconfigOf('a b', 'a:b', 'tab\t', 'line\nend', '\u202eevil', ''),
);

function kubeconfigOf(...names: readonly string[]): string {
  return JSON.stringify({
    contexts: names.map((name) => ({ name, context: { cluster: 'k', user: 'u' } })),
    clusters: names.map((name) => ({ name: `k-${name}`, cluster: { server: 'https://k' } })),
    users: names.map((name) => ({ name: `u-${name}`, user: { token: 'secret' } })),
  });
}

/** The lines of the answer, without descriptions. */
function answer(words: readonly string[], env: Record<string, string> = {}): string[] {
  const text = complete(words, { env: { HOME: home, ...env }, cwd: home, platform: 'linux' });
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => line.replace(/\t.*/, ''));
}

describe('commands', () => {
  it('are offered with a description in front of all else', () => {
    const text = complete([''], { env: {}, cwd: home, platform: 'linux' });
    const lines = text.trimEnd().split('\n');
    expect(lines.pop()).toBe(NOTHING_ELSE);
    expect(lines.map((line) => line.split('\t')[0])).toEqual([
      'proxy',
      'run',
      'trace',
      'audit',
      'kubeconfig',
      'doctor',
      'demo',
      'completion',
      'help',
    ]);
    for (const line of lines) expect(line).toMatch(/^[a-z]+\t[A-Z][^\t]+$/);
  });

  it.each<[readonly string[], readonly string[]]>([
    [[], ['proxy', 'run', 'trace', 'audit', 'kubeconfig', 'doctor', 'demo', 'completion', 'help']],
    [['do'], ['doctor']],
    [['x'], []],
    [['--port', '0', 'de'], ['demo']],
    [['--disable-filter', 'de'], ['demo']],
    [
      ['help', 'd'],
      ['doctor', 'demo'],
    ],
    [['help', 'h'], []],
    [['help', 'demo', ''], []],
    [['demo', ''], []],
    [['constructor', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', 'powershell'],
    ],
    [['completion', 'p'], ['powershell']],
    [['completion', 'bash', ''], []],
  ])('%j', (words, candidates) => {
    expect(answer(words)).toEqual([...candidates, NOTHING_ELSE]);
  });
});

describe('flags', () => {
  it('are offered by both names, with their help', () => {
    const text = complete(['--por'], { env: {}, cwd: home, platform: 'linux' });
    const help = FLAGS.find(({ long }) => long === 'port')?.help;
    expect(text).toBe(`--port\t${help}\n${NOTHING_ELSE}\n`);
    expect(answer(['-'])).toEqual(expect.arrayContaining(['-p', '--port']));
    expect(answer(['-p'])).toEqual(['-p', NOTHING_ELSE]);
  });

  it.each([
    ['', 'serve'],
    ['proxy', 'serve'],
    ['demo', 'demo'],
    ['run', 'run'],
    ['trace', 'trace'],
    ['audit', 'audit'],
    ['kubeconfig', 'kubeconfig'],
    ['doctor', 'doctor'],
    ['completion', 'completion'],
  ] as const)('of "%s" are those it knows', (command, name) => {
    const expected = flagsOf(name).map(({ long }) => `--${long}`);
    const before = command === '' ? [] : [command];
    expect(answer([...before, '--'])).toEqual([...expected, NOTHING_ELSE]);
  });

  it.each<[readonly string[], string, boolean]>([
    [['--port', '1'], '--port', false],
    [['-p1'], '--port', false],
    [['--accept_paths=x'], '--accept-paths', false],
    [['--disable-filter'], '--disable-filter', false],
    [['--as-group=a'], '--as-group', true],
    [['--deny', 'secrets'], '--deny', true],
    [['--allow-origin=x'], '--allow-origin', true],
    [['--www=x'], '--www-prefix', true],
    [['--token', '--port'], '--port', true],
  ])('behind %j, is %s offered? %s', (before, flag, offered) => {
    expect(answer([...before, '--']).includes(flag)).toBe(offered);
  });

  it.each<[readonly string[]]>([
    [['--', '--']],
    [['--', '--port']],
    [['demo', '--', '-']],
    [['--bogus', 'd']],
    [['--bogus=']],
    [['-?=']],
  ])('%j offers nothing', (words) => {
    expect(answer(words)).toEqual([NOTHING_ELSE]);
  });
});

describe('values', () => {
  it.each<[readonly string[], readonly string[]]>([
    [
      ['--log-format', ''],
      ['auto', 'pretty', 'json', 'combined', 'off', NOTHING_ELSE],
    ],
    [['--log-format=p'], ['pretty', NOTHING_ELSE]],
    [['--log_format=p'], ['pretty', NOTHING_ELSE]],
    [
      ['demo', '--log-format', 'o'],
      ['off', NOTHING_ELSE],
    ],
    [
      ['--deny', 'pods/e'],
      ['pods/exec', 'pods/ephemeralcontainers', NOTHING_ELSE],
    ],
    [['--disable-filter='], ['true', 'false', NOTHING_ELSE]],
    [['--disable-filter=f'], ['false', NOTHING_ELSE]],
    [['-h='], ['true', 'false', NOTHING_ELSE]],
    [['--port', ''], [NOTHING_ELSE]],
    [['--token', ''], [NOTHING_ELSE]],
    [['--namespace', ''], [NOTHING_ELSE]],
    [['--port', '-'], [NOTHING_ELSE]],
    [['--kubeconfig', ''], [FILES]],
    [['--kubeconfig=x'], [FILES]],
    [['--log-file', ''], [FILES]],
    [['--www', ''], [DIRECTORIES]],
    [['-w='], [DIRECTORIES]],
    [['-w', 'x'], [DIRECTORIES]],
    [['demo', '--dir', ''], [DIRECTORIES]],
    [['run', ''], [FILES]],
    [['run', '--', ''], [FILES]],
    [['run', '--port=0', '--', 'kubectl', '--con'], [FILES]],
    [['run', 'kubectl', '--con'], [FILES]],
    [['trace', '--', 'kubectl', '--con'], [FILES]],
    [
      ['trace', '--output', ''],
      ['text', 'json', 'har', 'audit', NOTHING_ELSE],
    ],
    [['audit', ''], [FILES]],
    [
      ['audit', '--output', ''],
      ['text', 'json', NOTHING_ELSE],
    ],
    [['audit', '--user', ''], [NOTHING_ELSE]],
    [['--audit-mode='], ['batch', 'blocking-strict', NOTHING_ELSE]],
    [['run', 'kubectl', '--context', ''], [FILES]],
  ])('%j', (words, lines) => {
    expect(answer(words)).toEqual(lines);
  });

  it.each(
    FLAGS.filter(({ takes }) => takes === 'file').map(({ long, commands }) => [long, commands[0]]),
  )('--%s takes a file', (long, command = 'serve') => {
    expect(answer([command === 'serve' ? 'proxy' : command, `--${long}`, ''])).toEqual([FILES]);
  });

  it('are such as porthole accepts', () => {
    for (const word of answer(['--log-format=']).slice(0, -1)) {
      expect(() => parseWord(LOG_FORMATS)(word)).not.toThrow();
    }
    for (const word of answer(['--deny=']).slice(0, -1))
      expect(() => parseDenyRule(word)).not.toThrow();
  });
});

describe('names of the kubeconfig', () => {
  it.each<[string, readonly string[], Record<string, string>, readonly string[]]>([
    ['of the home folder', ['--context', ''], {}, ['home', 'home-2']],
    ['with a beginning', ['--context', 'home-'], {}, ['home-2']],
    ['of KUBECONFIG', ['--context='], { KUBECONFIG: 'one:two:missing' }, ['one', 'two']],
    ['of the flag', ['--kubeconfig', 'one', '--context', ''], { KUBECONFIG: 'two' }, ['one']],
    ['of the last flag', ['--kubeconfig=one', '--kubeconfig=two', '--context='], {}, ['two']],
    ['of the home folder, as typed', ['--kubeconfig=~/one', '--context='], {}, ['one']],
    ['clusters', ['--cluster', ''], {}, ['k-home', 'k-home-2']],
    ['users', ['--user', ''], {}, ['u-home', 'u-home-2']],
    ['of doctor', ['doctor', '--context', ''], {}, ['home', 'home-2']],
    ['with odd characters', ['--kubeconfig=odd', '--context='], {}, ['a b', 'a:b']],
    ['of a broken file', ['--kubeconfig=broken', '--context='], {}, []],
    ['beside a broken file', ['--context='], { KUBECONFIG: 'one:broken' }, []],
    ['of a file that is not there', ['--kubeconfig=missing', '--context='], {}, []],
    ['of a folder', ['--kubeconfig=.', '--context='], {}, []],
  ])('%s', (_name, words, env, names) => {
    expect(answer(words, env)).toEqual([...names, NOTHING_ELSE]);
  });
});

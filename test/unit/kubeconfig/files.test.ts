import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadingList, readKubeconfigs } from '../../../src/kubeconfig/files.ts';
import { folder, messageOf } from './support.ts';

describe('loadingList', () => {
  it.each<[string, string | undefined, Record<string, string>, NodeJS.Platform, string, string[]]>([
    ['the flag alone', 'f', { KUBECONFIG: 'a:b', HOME: '/h' }, 'linux', 'flag', ['f']],
    ['an empty flag is none', '', { KUBECONFIG: 'a' }, 'linux', 'KUBECONFIG', ['a']],
    [
      'KUBECONFIG in order',
      undefined,
      { KUBECONFIG: 'b:a:c', HOME: '/h' },
      'linux',
      'KUBECONFIG',
      ['b', 'a', 'c'],
    ],
    ['without duplicates', undefined, { KUBECONFIG: 'a:b:a' }, 'linux', 'KUBECONFIG', ['a', 'b']],
    ['without empty elements', undefined, { KUBECONFIG: ':a::' }, 'linux', 'KUBECONFIG', ['a']],
    [
      'nothing but separators: never the home',
      undefined,
      { KUBECONFIG: ':', HOME: '/h' },
      'linux',
      'KUBECONFIG',
      [],
    ],
    [
      '; on Windows',
      undefined,
      { KUBECONFIG: 'C:\\a;D:\\b' },
      'win32',
      'KUBECONFIG',
      ['C:\\a', 'D:\\b'],
    ],
    [
      'an empty KUBECONFIG is none',
      undefined,
      { KUBECONFIG: '', HOME: '/h' },
      'linux',
      'home',
      ['/h/.kube/config'],
    ],
    ['the home', undefined, { HOME: '/h' }, 'darwin', 'home', ['/h/.kube/config']],
    ['no home: below the working directory', undefined, {}, 'linux', 'home', ['.kube/config']],
    [
      'the home on Windows',
      undefined,
      { USERPROFILE: 'C:\\u' },
      'win32',
      'home',
      ['C:\\u\\.kube\\config'],
    ],
    [
      'drive and path on Windows',
      undefined,
      { HOMEDRIVE: 'C:', HOMEPATH: '\\u' },
      'win32',
      'home',
      ['C:\\u\\.kube\\config'],
    ],
    ['no home on Windows', undefined, {}, 'win32', 'home', ['.kube\\config']],
  ])('%s', (_, flag, env, platform, from, paths) => {
    expect(loadingList(flag, env, platform)).toEqual({ from, paths });
  });
});

const list = (...paths: string[]) => ({ from: 'KUBECONFIG' as const, paths });

describe('readKubeconfigs merges', () => {
  it('the first file that has a name gives its entry whole, and the first current-context counts', () => {
    const dir = folder({
      a: 'clusters: [{name: c, cluster: {server: https://a}}]\nusers: [{name: u, user: {token: a}}]\n',
      b: 'current-context: b\nclusters: [{name: c, cluster: {server: https://b, proxy-url: http://p}}, {name: d, cluster: {server: https://d}}]\n',
      c: 'current-context: c\nusers: [{name: u, user: {token: c, as: x}}]\ncontexts: [{name: k}]\n',
    });
    const { kubeconfig, files } = readKubeconfigs(list('a', 'b', 'c'), dir);
    expect(kubeconfig.currentContext).toBe('b');
    expect(kubeconfig.clusters.get('c')).toMatchObject({
      server: 'https://a',
      proxyUrl: undefined,
    });
    expect(kubeconfig.clusters.get('d')?.file).toBe(join(dir, 'b'));
    expect(kubeconfig.users.get('u')).toMatchObject({ token: 'a', as: undefined });
    expect([...kubeconfig.contexts.keys()]).toEqual(['k']);
    expect(files).toEqual(['a', 'b', 'c'].map((name) => join(dir, name)));
  });

  it('passes over missing files, and resolves paths against each file of its own', () => {
    const dir = folder({
      'one/config': 'users: [{name: u, user: {tokenFile: t}}]',
      'two/config': 'users: [{name: v, user: {tokenFile: t}}]',
    });
    const { kubeconfig, files } = readKubeconfigs(list('nope', 'one/config', 'two/config'), dir);
    expect(kubeconfig.users.get('u')?.tokenFile).toBe(join(dir, 'one/t'));
    expect(kubeconfig.users.get('v')?.tokenFile).toBe(join(dir, 'two/t'));
    expect(files).toHaveLength(2);
  });

  it('nothing found is an empty kubeconfig', () => {
    const { kubeconfig, files } = readKubeconfigs(list('nope'), folder());
    expect(kubeconfig.contexts.size).toBe(0);
    expect(files).toEqual([]);
  });
});

describe('readKubeconfigs reads', () => {
  const utf16 = Buffer.from('\ufeffcurrent-context: a', 'utf16le');
  it.each<[string, Buffer]>([
    ['UTF-8', Buffer.from('current-context: a')],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffcurrent-context: a')],
    ['UTF-16, little endian', utf16],
    ['UTF-16, big endian', Buffer.from(utf16).swap16()],
    ['CRLF', Buffer.from('kind: Config\r\ncurrent-context: a\r\n')],
  ])('%s', (_, bytes) => {
    const dir = folder({ config: bytes });
    expect(readKubeconfigs(list('config'), dir).kubeconfig.currentContext).toBe('a');
  });

  it.each([
    ['empty', ''],
    ['a single byte', '#'],
    ['a comment', '# x\n'],
  ])('%s', (_, text) => {
    const dir = folder({ config: text });
    expect(readKubeconfigs(list('config'), dir).kubeconfig.currentContext).toBeUndefined();
  });
});

describe('readKubeconfigs refuses', () => {
  it.each<[string, string | Buffer, string]>([
    [
      'binary',
      Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0]),
      'not text in UTF-8; is it a kubeconfig?',
    ],
    [
      'control characters',
      'current-context: a\x01',
      'control characters are not allowed; is it a kubeconfig?',
    ],
    ['broken YAML', 'a: "', 'line 1: not valid YAML: a quote, bracket, comma or colon is missing'],
    [
      'a wrong type',
      'users: [{name: u, user: {token: 1}}]',
      'users[0] "u": token must be a string; quote it',
    ],
    ['a scalar', 'text', 'must be a mapping, not a string'],
    ['deep nesting', '['.repeat(200_000), 'nested deeper than 64 levels'],
  ])('%s, and names the file', (_, content, problem) => {
    const dir = folder({ config: content });
    expect(messageOf(() => readKubeconfigs(list('config'), dir))).toBe(
      `error loading config file "${join(dir, 'config')}": ${problem}`,
    );
  });

  it('a file of more than 8 MiB', () => {
    const dir = folder({ config: Buffer.alloc(8 * 1024 * 1024 + 1, '#') });
    expect(messageOf(() => readKubeconfigs(list('config'), dir))).toMatch(/larger than 8 MiB$/);
  });

  it('an endless one, whose size says nothing', () => {
    expect(messageOf(() => readKubeconfigs(list('/dev/zero'), '/'))).toMatch(/larger than 8 MiB$/);
  });

  it('a directory', () => {
    const dir = folder({ 'sub/file': '' });
    const sub = join(dir, 'sub');
    expect(messageOf(() => readKubeconfigs(list('sub'), dir))).toBe(
      `error loading config file "${sub}": read ${sub}: is a directory`,
    );
  });

  it('a missing file that the flag names', () => {
    const action = () => readKubeconfigs({ from: 'flag', paths: ['nope'] }, folder());
    expect(messageOf(action)).toBe('stat "nope": no such file or directory; check --kubeconfig');
  });

  it('all of them when one is bad, and tells about each bad one', () => {
    const dir = folder({ good: 'current-context: a', bad: 'a: [', worse: '- a' });
    const message = messageOf(() => readKubeconfigs(list('good', 'bad', 'worse'), dir));
    expect(message).toMatch(
      /^2 problems: \[\(1\) .*bad": line 1: .*, \(2\) .*worse": must be a mapping/,
    );
  });
});

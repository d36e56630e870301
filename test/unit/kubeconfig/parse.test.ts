import { describe, expect, it } from 'vitest';
import { parseKubeconfig } from '../../../src/kubeconfig/parse.ts';
import { base64, messageOf } from './support.ts';

const parse = (text: string) => parseKubeconfig(text, '/home/a/.kube/config');
const user = (text: string) => parse(`users:\n- name: u\n  user: ${text}`).users.get('u');
const cluster = (text: string) =>
  parse(`clusters:\n- name: c\n  cluster: ${text}`).clusters.get('c');

describe('what a kubeconfig may leave out or add', () => {
  it.each([
    ['nothing at all', ''],
    ['only a comment', '# mine\n'],
    ['null', '~'],
    [
      'lists that are null, as kubectl writes them',
      'clusters: null\nusers: null\ncontexts: null\npreferences: {}',
    ],
    ['only a kind', 'kind: Config'],
    ['only a version', 'apiVersion: v1'],
    ['an empty kind', 'apiVersion: v1\nkind:'],
    ['unknown fields', 'colour: blue\nclusters:\n- shape: round\n  name: c\n'],
    ['field names in another case', 'Current-Context: x\nCURRENT-CONTEXT: x'],
  ])('%s', (_, text) => {
    expect(parse(text).currentContext).toBeUndefined();
  });

  it('null and empty strings are absent', () => {
    expect(user('{as: ~, tokenFile: "", token: ""}')).toMatchObject({
      as: undefined,
      tokenFile: undefined,
      token: undefined,
    });
  });

  it('an entry without a body or without a name', () => {
    const { clusters } = parse('clusters:\n- name: c\n- cluster: {server: https://x}\n');
    expect(clusters.get('c')?.server).toBeUndefined();
    expect(clusters.get('')?.server).toBe('https://x');
  });

  it('names of Object.prototype', () => {
    const { contexts } = parse(
      'contexts:\n- {name: __proto__, context: {cluster: a}}\n- {name: constructor, context: {cluster: b}}\n',
    );
    expect([...contexts.keys()]).toEqual(['__proto__', 'constructor']);
    expect(contexts.get('__proto__')?.cluster).toBe('a');
    expect(({} as Record<string, unknown>)['cluster']).toBeUndefined();
  });
});

describe('strict types, with the entry named and no value shown', () => {
  it.each([
    ['scalar', 'just text', 'must be a mapping, not a string'],
    ['- a', '- a', 'must be a mapping, not a list'],
    ['current-context', 'current-context: 1', 'current-context must be a string; quote it'],
    ['clusters', 'clusters: {a: b}', 'clusters must be a list, not a mapping'],
    ['entry', 'clusters: [1]', 'clusters[0]: must be a mapping, not a number'],
    ['name', 'contexts: [{name: yes}]', 'contexts[0]: name must be a string; quote it'],
    ['body', 'users: [{name: u, user: x}]', 'users[0] "u": must be a mapping, not a string'],
    [
      'kind',
      'kind: Pod',
      'no kind "Pod" is registered for version "v1"; a kubeconfig has kind "Config", apiVersion "v1"',
    ],
    [
      'apiVersion',
      'apiVersion: v2\nkind: Config',
      'no kind "Config" is registered for version "v2"; a kubeconfig has kind "Config", apiVersion "v1"',
    ],
    [
      'clusters twice',
      'clusters: [{name: c}, {name: c}]',
      'duplicate name "c" in clusters; rename or remove one of them',
    ],
    [
      'contexts twice',
      'contexts: [{name: c}, {name: c}]',
      'duplicate name "c" in contexts; rename or remove one of them',
    ],
    [
      'extensions twice',
      'clusters: [{name: c, cluster: {extensions: [{name: e}, {name: e}]}}]',
      'clusters[0] "c": duplicate name "e" in extensions; rename or remove one of them',
    ],
  ])('%s', (_, text, message) => {
    expect(messageOf(() => parse(text))).toBe(message);
  });

  it.each(['1e3', '0123', '12345678901234567890', 'yes', 'true', '0x10', '1.5'])(
    'token: %s is no string',
    (value) => {
      expect(messageOf(() => user(`{token: ${value}}`))).toBe(
        'users[0] "u": token must be a string; quote it',
      );
    },
  );

  it.each(['token', 'username', 'password'])('%s: ~ is a mistake', (field) => {
    expect(messageOf(() => user(`{${field}: ~}`))).toBe(
      `users[0] "u": ${field} must be a string; quote it, or remove the line`,
    );
  });

  it.each([
    ['{token: [a]}', 'token must be a string, not a list'],
    ['{tokenFile: {a: b}}', 'tokenFile must be a string, not a mapping'],
    ['{as-groups: a}', 'as-groups must be a list, not a string'],
    ['{as-groups: [a, 1]}', 'as-groups[1] must be a string; quote it'],
    ['{as-user-extra: {k: v}}', 'as-user-extra: k must be a list, not a string'],
    [
      '{client-key-data: "Y WJj"}',
      'illegal base64 data in client-key-data; it must be the base64 of PEM text',
    ],
    [
      '{client-key-data: YWI}',
      'illegal base64 data in client-key-data; it must be the base64 of PEM text',
    ],
    [
      '{client-certificate-data: "-----BEGIN"}',
      'illegal base64 data in client-certificate-data; it must be the base64 of PEM text',
    ],
    ['{exec: [a]}', 'exec: must be a mapping, not a list'],
    ['{exec: {args: [a, 1]}}', 'exec: args[1] must be a string; quote it'],
    ['{exec: {env: [{name: A, value: 1}]}}', 'exec: env[0]: value must be a string; quote it'],
    [
      '{exec: {provideClusterInfo: "no"}}',
      'exec: provideClusterInfo must be true or false, without quotes, not a string',
    ],
    [
      '{auth-provider: {name: oidc, config: {a: 1}}}',
      'auth-provider: config: a must be a string; quote it',
    ],
  ])('user %s', (text, message) => {
    expect(messageOf(() => user(text))).toBe(`users[0] "u": ${message}`);
  });

  it.each([
    ['off', false],
    ['no', false],
    ['~', false],
    ['on', true],
    ['yes', true],
  ])('C04: insecure-skip-tls-verify: %s is %s', (text, value) => {
    expect(cluster(`{insecure-skip-tls-verify: ${text}}`)?.insecureSkipTlsVerify).toBe(value);
  });

  it.each(['"true"', '"false"', '1', '"off"'])(
    'insecure-skip-tls-verify: %s is refused',
    (text) => {
      expect(messageOf(() => cluster(`{insecure-skip-tls-verify: ${text}}`))).toMatch(
        /insecure-skip-tls-verify must be true or false/,
      );
    },
  );

  it('never shows the entries beside a duplicate user', () => {
    const text = 'users:\n- {name: u, user: {token: s3cret}}\n- {name: u, user: {token: s3cret}}\n';
    expect(messageOf(() => parse(text))).toBe(
      'duplicate name "u" in users; rename or remove one of them',
    );
  });

  it('makes control characters in names visible', () => {
    expect(messageOf(() => parse('users: [{name: "a\\e[31m\\x9b\\u2028", user: 1}]'))).toBe(
      'users[0] "a\\u{1b}[31m\\u{9b}\\u{2028}": must be a mapping, not a number',
    );
  });
});

describe('fields', () => {
  it('base64 may be broken into lines', () => {
    expect(user('\n    client-key-data: |\n      YWJj\n      YWJj\n')?.clientKeyData).toBe(
      'abcabc',
    );
  });

  it('paths are relative to the file; exec.command only if it has a separator', () => {
    const entry = user(
      '{client-certificate: a.crt, client-key: ../k, tokenFile: /t, exec: {command: bin/plugin, args: [./x]}}',
    );
    expect(entry).toMatchObject({
      clientCertificate: '/home/a/.kube/a.crt',
      clientKey: '/home/a/k',
      tokenFile: '/t',
      exec: { command: '/home/a/.kube/bin/plugin', args: ['./x'] },
    });
    expect(user('{exec: {command: aws}}')?.exec?.command).toBe('aws');
    expect(user('{tokenFile: ~/token}')?.tokenFile).toBe('/home/a/.kube/~/token');
    expect(cluster('{certificate-authority: ca.pem}')?.certificateAuthority).toBe(
      '/home/a/.kube/ca.pem',
    );
    expect(cluster('{proxy-url: ./p}')?.proxyUrl).toBe('./p');
  });

  it('all of a user', () => {
    const entry = user(
      `{username: me, password: p, as: r, as-uid: "1", as-groups: [a, b], as-user-extra: {k: [v, w]}, client-certificate-data: ${base64('C')}}`,
    );
    expect(entry).toMatchObject({
      username: 'me',
      password: 'p',
      as: 'r',
      asUid: '1',
      asGroups: ['a', 'b'],
      asUserExtra: new Map([['k', ['v', 'w']]]),
      clientCertificateData: 'C',
    });
  });

  it.each([
    ['client.authentication.k8s.io/v1beta1', 'IfAvailable'],
    ['client.authentication.k8s.io/v1alpha1', 'IfAvailable'],
    ['client.authentication.k8s.io/v1', undefined],
  ])('interactiveMode is defaulted for %s: %s', (apiVersion, mode) => {
    expect(user(`{exec: {apiVersion: ${apiVersion}}}`)?.exec?.interactiveMode).toBe(mode);
  });

  it('the exec extension is plain data, other extensions are ignored', () => {
    const entry = cluster(
      '{extensions: [{name: minikube, extension: 1}, {name: client.authentication.k8s.io/exec, extension: {__proto__: [a, {b: c}]}}]}',
    );
    expect(JSON.stringify(entry?.execExtension)).toBe('{"__proto__":["a",{"b":"c"}]}');
  });

  it('an exec extension made deep by aliases is refused', () => {
    const wrap = (i: number) => `${'['.repeat(40)}*a${i}${']'.repeat(40)}`;
    const text = `x: &a0 [${'['.repeat(39)}${']'.repeat(39)}]\ny: &a1 ${wrap(0)}\nclusters:\n- name: c\n  cluster:\n    extensions:\n    - name: client.authentication.k8s.io/exec\n      extension: *a1\n`;
    expect(messageOf(() => parse(text))).toMatch(/extensions are nested deeper than 64/);
  });
});

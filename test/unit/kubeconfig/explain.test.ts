import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Explanation, explainKubeconfig } from '../../../src/kubeconfig/explain.ts';
import type { KubeconfigFlags } from '../../../src/kubeconfig/kubeconfig.ts';
import type { LoadOptions } from '../../../src/kubeconfig/load.ts';
import { config, folder, HTTPS, load, messageOf, NOW } from './support.ts';

function explain(
  dir: string,
  flags: KubeconfigFlags = {},
  more: Partial<LoadOptions> = {},
): Explanation {
  return explainKubeconfig({
    flags,
    env: { HOME: dir },
    cwd: dir,
    platform: 'linux',
    now: NOW,
    serviceAccountDir: join(dir, 'no-service-account'),
    ...more,
  });
}

/** `--server`, `cluster "c" in config` of every field that is set. */
function sources(
  entry: { readonly sources: ReadonlyMap<string, { what: string; file: string | undefined }> },
  dir: string,
): Record<string, string> {
  return Object.fromEntries(
    [...entry.sources]
      .filter(([field]) => field !== 'file')
      .map(([field, { what, file }]) => [
        field,
        file === undefined ? what : `${what} in ${file.slice(dir.length + 1)}`,
      ]),
  );
}

describe('who sets a field of the cluster', () => {
  const FULL = `${HTTPS}\ntls-server-name: a.example\nproxy-url: http://p\ncertificate-authority-data: Y2E=`;

  it.each<[string, KubeconfigFlags, object, string[]]>([
    [
      'the entry',
      {},
      {
        server: 'cluster "c" in config',
        tlsServerName: 'cluster "c" in config',
        certificateAuthorityData: 'cluster "c" in config',
        proxyUrl: 'cluster "c" in config',
      },
      [],
    ],
    [
      '--server, which takes tls-server-name away',
      { server: 'https://s' },
      {
        server: '--server',
        certificateAuthorityData: 'cluster "c" in config',
        proxyUrl: 'cluster "c" in config',
      },
      ['tlsServerName'],
    ],
    [
      'the other flags',
      { tlsServerName: 'b.example', certificateAuthority: 'ca', proxyUrl: 'http://q' },
      {
        server: 'cluster "c" in config',
        tlsServerName: '--tls-server-name',
        certificateAuthority: '--certificate-authority',
        proxyUrl: '--proxy-url',
      },
      ['certificateAuthorityData'],
    ],
    [
      '--insecure-skip-tls-verify, which takes the CA away',
      { insecureSkipTlsVerify: true, disableCompression: true },
      {
        server: 'cluster "c" in config',
        tlsServerName: 'cluster "c" in config',
        insecureSkipTlsVerify: '--insecure-skip-tls-verify',
        proxyUrl: 'cluster "c" in config',
        disableCompression: '--disable-compression',
      },
      ['certificateAuthorityData'],
    ],
    [
      'no flag that says nothing',
      { server: '', tlsServerName: '', insecureSkipTlsVerify: false },
      {
        server: 'cluster "c" in config',
        tlsServerName: 'cluster "c" in config',
        certificateAuthorityData: 'cluster "c" in config',
        proxyUrl: 'cluster "c" in config',
      },
      [],
    ],
  ])('%s', (_, flags, expected, setAside) => {
    const dir = folder({ config: config(FULL) });
    const { choice } = explain(dir, { kubeconfig: 'config', ...flags });
    expect(choice && sources(choice.cluster, dir)).toEqual(expected);
    expect(choice?.cluster.setAside).toEqual(setAside);
  });

  it('KUBERNETES_MASTER, where nobody else does', () => {
    const env = { KUBERNETES_MASTER: 'https://m' };
    const of = (text: string) => {
      const dir = folder({ config: config(text) });
      const { choice } = explain(dir, { kubeconfig: 'config' }, { env });
      return choice?.cluster.sources.get('server')?.what;
    };
    expect(of('{}')).toBe('KUBERNETES_MASTER');
    expect(of(HTTPS)).toBe('cluster "c"');
  });
});

describe('who sets a field of the user', () => {
  it('the entry', () => {
    const user = 'tokenFile: t\nas: a\nas-uid: "1"\nas-groups: [g]\nas-user-extra: {k: [v]}';
    const dir = folder({ config: config(HTTPS, user), t: 'token' });
    const { choice } = explain(dir, { kubeconfig: 'config' });
    const entry = 'user "u" in config';
    expect(choice && sources(choice.user, dir)).toEqual({
      tokenFile: entry,
      as: entry,
      asUid: entry,
      asGroups: entry,
      asUserExtra: entry,
    });
  });

  it.each<[string, KubeconfigFlags, object, string[]]>([
    [
      '--token, which takes tokenFile away',
      { token: 't' },
      { token: '--token', as: 'user "u" in config', asUserExtra: 'user "u" in config' },
      ['tokenFile'],
    ],
    [
      'the other flags',
      {
        clientCertificate: 'c',
        clientKey: 'k',
        username: 'n',
        password: 'p',
        as: 'b',
        asUid: '2',
        asGroup: ['h'],
        asUserExtra: ['l=w'],
      },
      {
        clientCertificate: '--client-certificate',
        clientKey: '--client-key',
        tokenFile: 'user "u" in config',
        username: '--username',
        password: '--password',
        as: '--as',
        asUid: '--as-uid',
        asGroups: '--as-group',
        asUserExtra: '--as-user-extra and user "u" in config',
      },
      [],
    ],
  ])('%s', (_, flags, expected, setAside) => {
    const dir = folder({ config: config(HTTPS, 'tokenFile: t\nas: a\nas-user-extra: {k: [v]}') });
    const { choice } = explain(dir, { kubeconfig: 'config', ...flags });
    expect(choice && sources(choice.user, dir)).toEqual(expected);
    expect(choice?.user.setAside).toEqual(setAside);
  });
});

describe('who chooses', () => {
  const TWO = `${config(HTTPS)}- name: v\n  user: {token: t}\n`;

  it.each<[string, KubeconfigFlags, object]>([
    ['the files', {}, { context: 'current-context', cluster: 'context "x"', user: 'context "x"' }],
    ['--context', { context: 'x' }, { context: '--context', cluster: 'context "x"' }],
    ['--cluster', { cluster: 'c' }, { context: 'current-context', cluster: '--cluster' }],
    ['--user', { user: 'v' }, { context: 'current-context', user: '--user' }],
    ['--namespace', { namespace: 'ns/n' }, { namespace: '--namespace' }],
    ['nobody', {}, { namespace: 'default' }],
  ])('%s', (_, flags, expected) => {
    const { choice } = explain(folder({ config: TWO }), { kubeconfig: 'config', ...flags });
    expect({
      context: choice?.context?.source.what,
      cluster: choice?.cluster.name?.source.what,
      user: choice?.user.name?.source.what,
      namespace: choice?.namespace.source.what,
    }).toMatchObject(expected);
  });

  it('the namespace of a context', () => {
    const text = config(HTTPS).replace('user: u}', 'user: u, namespace: ns1}');
    const dir = folder({ config: text });
    expect(explain(dir, { kubeconfig: 'config' }).choice?.namespace).toEqual({
      value: 'ns1',
      source: { what: 'context "x"', file: join(dir, 'config') },
    });
  });
});

describe('several files', () => {
  const files = {
    users: 'users: [{name: u, user: {token: t}}]',
    contexts: 'current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]',
    clusters: 'current-context: other\nclusters: [{name: c, cluster: {server: "https://c"}}]',
    bad: 'clusters: [',
  };

  it('each value is of the file that it stands in', () => {
    const dir = folder(files);
    const env = { KUBECONFIG: 'users:nope:contexts:clusters' };
    const { from, files: sought, choice, problem } = explain(dir, {}, { env });
    expect(problem).toBeUndefined();
    expect(from).toBe('KUBECONFIG');
    expect(sought).toEqual([
      { path: join(dir, 'users'), state: 'loaded' },
      { path: join(dir, 'nope'), state: 'missing' },
      { path: join(dir, 'contexts'), state: 'loaded' },
      { path: join(dir, 'clusters'), state: 'loaded' },
    ]);
    expect(choice?.context?.source.file).toBe(join(dir, 'contexts'));
    expect(choice?.cluster.name?.source.file).toBe(join(dir, 'contexts'));
    expect(choice?.cluster.sources.get('server')?.file).toBe(join(dir, 'clusters'));
    expect(choice?.user.sources.get('token')?.file).toBe(join(dir, 'users'));
  });

  it('one that is bad is told from the others', () => {
    const dir = folder(files);
    const env = { KUBECONFIG: `users:bad:nope:${dir}` };
    const { files: sought, choice, problem } = explain(dir, {}, { env });
    expect(sought.map(({ state }) => state)).toEqual(['loaded', 'unusable', 'missing', 'unusable']);
    expect(choice).toBeUndefined();
    expect(problem).toMatch(/bad": line 1: .*is a directory/);
  });
});

describe('a patient that is ill', () => {
  it.each<[string, string, KubeconfigFlags, object]>([
    [
      'a current-context that is not there',
      'current-context: x',
      {},
      { context: { value: 'x', source: { what: 'current-context' } } },
    ],
    [
      'a context whose cluster is not there',
      config(HTTPS).replace('cluster: c,', 'cluster: d,'),
      {},
      {
        cluster: { name: { value: 'd' }, entry: { server: undefined } },
        user: { name: { value: 'u' }, entry: { token: 't0ken' } },
      },
    ],
    [
      'a --user that is not there',
      config(HTTPS),
      { user: 'w' },
      {
        cluster: { entry: { server: 'https://c.example:6443' } },
        user: { name: { value: 'w', source: { what: '--user' } } },
      },
    ],
    [
      'a server that is no address',
      config('server: ftp://c'),
      {},
      { cluster: { entry: { server: 'ftp://c' } } },
    ],
    ['nothing at all', '', {}, { context: undefined, cluster: { name: undefined } }],
  ])('with %s is described all the same', (_, text, flags, choice) => {
    const dir = folder({ config: text });
    const explanation = explain(dir, { kubeconfig: 'config', ...flags });
    expect(explanation).toMatchObject({ choice, config: undefined });
    expect(explanation.problem).toBe(
      messageOf(() => load(dir, { kubeconfig: 'config', ...flags })),
    );
  });

  it('without the file of --kubeconfig', () => {
    const dir = folder();
    expect(explain(dir, { kubeconfig: 'nope' })).toMatchObject({
      from: 'flag',
      files: [{ path: join(dir, 'nope'), state: 'missing' }],
      choice: undefined,
      problem: expect.stringContaining('no such file'),
    });
  });

  it('that is well has what loadKubeconfig returns', () => {
    const dir = folder({ '.kube/config': config(`${HTTPS}\ninsecure-skip-tls-verify: true`) });
    const explanation = explain(dir);
    expect(explanation.from).toBe('home');
    expect(explanation.config).toEqual(load(dir));
    expect(explanation.warnings).toEqual(load(dir).warnings);
    expect(explanation.warnings).toHaveLength(1);
  });
});

describe('in a pod', () => {
  const pod = () => folder({ 'sa/token': 'jwt', 'sa/namespace': 'n', config: '' });
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

  it.each<[string, KubeconfigFlags, string | undefined]>([
    ['--in-cluster looks for no file', { inCluster: true }, undefined],
    ['an empty kubeconfig leaves the service account', { kubeconfig: 'config' }, 'flag'],
  ])('%s', (_, flags, from) => {
    const dir = pod();
    const explanation = explain(dir, flags, { env, serviceAccountDir: join(dir, 'sa') });
    const source = { what: 'the service account of this pod', file: undefined };
    expect(explanation).toMatchObject({ from, inCluster: true });
    expect(explanation.choice?.cluster.sources.get('server')).toEqual(source);
    expect(explanation.choice?.user.sources.get('tokenFile')).toEqual(source);
    expect(explanation.choice?.namespace).toEqual({ value: 'n', source });
  });

  it('--server leaves the service account alone', () => {
    const dir = pod();
    const flags = { kubeconfig: 'config', server: 'https://s' };
    const explanation = explain(dir, flags, { env, serviceAccountDir: join(dir, 'sa') });
    expect(explanation.inCluster).toBe(false);
    expect(explanation.choice?.cluster.sources.get('server')?.what).toBe('--server');
  });

  it('--in-cluster elsewhere is a problem', () => {
    const explanation = explain(folder(), { inCluster: true });
    expect(explanation).toMatchObject({ from: undefined, files: [], choice: undefined });
    expect(explanation.problem).toMatch(/^--in-cluster: .*this is not a pod/);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { type Connect, doctorCommand, OLDEST_NODE } from '../../../src/commands/doctor.ts';
import type { Terminal } from '../../../src/commands/terminal.ts';
import { PortholeError } from '../../../src/errors.ts';
import type { KubeconfigFlags } from '../../../src/kubeconfig/kubeconfig.ts';
import { quietTerminal } from '../../support/quiet-terminal.ts';
import { base64, config, folder, HTTPS } from '../kubeconfig/support.ts';

const NOWHERE: Connect = () =>
  Promise.reject(new PortholeError('ERR_CREDENTIALS', 'an exec plugin, which cannot be run'));

interface Case {
  readonly flags?: KubeconfigFlags;
  readonly terminal?: Partial<Terminal>;
  readonly connect?: Connect;
}

/** The report on the kubeconfig of `dir`, which is home and working directory. */
async function doctor(dir: string, { flags, terminal, connect = NOWHERE }: Case = {}) {
  let report = '';
  const code = await doctorCommand(
    { kubeconfig: flags ?? {}, requestTimeoutMs: 0, execTimeoutMs: 60_000, kuberc: undefined },
    {
      ...quietTerminal((text) => {
        report += text;
      }),
      env: { HOME: dir },
      cwd: dir,
      ...terminal,
    },
    connect,
  );
  return { code, report, words: report.replace(/\s+/g, ' ') };
}

const home = (text: string, more: Record<string, string> = {}) =>
  folder({ '.kube/config': text, ...more });

const authority = mintAuthority({ commonName: 'kubernetes' });

describe('the report', () => {
  it('says where everything is from, in columns, and does not pass 80 of them', async () => {
    const alice = authority.issueClient({
      commonName: 'alice',
      organizations: ['system:masters'],
      notAfter: new Date(Date.now() + 12.5 * 24 * 60 * 60_000),
    });
    const user = [
      `client-certificate-data: ${base64(alice.cert)}`,
      `client-key-data: ${base64(alice.key)}`,
    ].join('\n');
    const cluster = `${HTTPS}\ncertificate-authority: ../ca.pem`;
    const dir = home(config(cluster, user), { 'ca.pem': authority.pem + authority.pem });
    const { report } = await doctor(dir, { flags: { tlsServerName: 'api.example' } });
    const day = '\\d{4}-\\d\\d-\\d\\d';
    const expected = `Kubeconfig
  named by         nobody, so it is the one of the home folder
  loaded           ~/.kube/config
  context          "x" (current-context in ~/.kube/config)
  namespace        "default" (default)

Cluster
  entry            "c" (context "x" in ~/.kube/config)
  server           https://c.example:6443 (cluster "c" in ~/.kube/config)
  tls-server-name  api.example (--tls-server-name)
  CA               ~/ca.pem (cluster "c" in ~/.kube/config)
                   2 certificates
                   subject CN=kubernetes
                   until DAY, in 364 days
  insecure         no (default)
  proxy-url        none (default)

User
  entry            "u" (context "x" in ~/.kube/config)
  certificate      DATA+OMITTED (user "u" in ~/.kube/config)
                   subject O=system:masters, CN=alice
                   issuer CN=kubernetes
                   until DAY, in 12 days
  key              DATA+OMITTED (user "u" in ~/.kube/config)

Checks
  ok   kubeconfig  valid
  FAIL API server  an exec plugin, which cannot be run
                   -> `;
    expect(report.replaceAll(new RegExp(day, 'g'), 'DAY')).toContain(expected);
    for (const line of report.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each<[string, string, Case, string]>([
    ['a token', 'token: t', {}, 'token REDACTED (user "u" in ~/.kube/config)'],
    [
      'the claims of a JWT',
      `token: e30.${Buffer.from('{"sub":"bob","iss":"https://i","exp":0}').toString('base64url')}.c`,
      {},
      'token REDACTED (user "u" in ~/.kube/config) JWT for bob issuer https://i expired on 1970-01-01, ',
    ],
    ['a token file', 'tokenFile: ../t', {}, 'tokenFile ~/t (user "u" in ~/.kube/config)'],
    [
      'a password',
      'username: bob\npassword: p',
      { flags: { username: 'eve' } },
      'username "eve" (--username) password REDACTED (user "u" in ~/.kube/config)',
    ],
    [
      'a plugin, without arguments and variables',
      'exec: {command: get, args: [a, b], env: [{name: E, value: v}], installHint: "brew\\ninstall", apiVersion: client.authentication.k8s.io/v1beta1}',
      {},
      'exec get with 2 arguments, 1 variable (user "u" in ~/.kube/config) install hint brew install Checks',
    ],
    [
      'a plugin that another credential keeps idle',
      'exec: {command: get, apiVersion: client.authentication.k8s.io/v1beta1}',
      { flags: { token: 't' } },
      'exec get (user "u" in ~/.kube/config) not used: other credentials come first',
    ],
    [
      'an auth provider, without its settings',
      'auth-provider: {name: oidc, config: {client-secret: s}}',
      {},
      'auth-provider "oidc" (user "u" in ~/.kube/config) Checks',
    ],
    [
      'impersonation',
      'token: t\nas: a\nas-user-extra: {k: [hidden]}',
      { flags: { asGroup: ['g', 'h'] } },
      'as "a" (user "u" in ~/.kube/config) as-groups "g", "h" (--as-group) as-user-extra "k" (user "u" in ~/.kube/config)',
    ],
    ['nothing', '{}', {}, 'credentials none'],
    [
      'a token that takes the place of a token file',
      'tokenFile: ../t',
      { flags: { token: 't' } },
      'token REDACTED (--token) set aside by flags: tokenFile',
    ],
  ])('shows of the user %s', async (_, user, given, expected) => {
    const { words } = await doctor(home(config(HTTPS, user), { t: 'token' }), given);
    expect(words).toContain(expected);
  });

  const env = (variables: Record<string, string>): Case => ({ terminal: { env: variables } });

  it.each<[string, string, (dir: string) => Case, string | RegExp]>([
    [
      'KUBERNETES_MASTER',
      '{}',
      (HOME) => env({ HOME, KUBERNETES_MASTER: 'https://m' }),
      'server https://m (KUBERNETES_MASTER)',
    ],
    [
      'a proxy, without what proves us to it',
      `${HTTPS}\nproxy-url: http://joe:pass@proxy:3128/path?key=k`,
      () => ({}),
      'proxy-url http://REDACTED@proxy:3128 (cluster "c" in ~/.kube/config)',
    ],
    [
      'a proxy of the environment',
      HTTPS,
      (HOME) => env({ HOME, https_proxy: 'joe:pass@proxy:3128', NO_PROXY: 'a.example,b' }),
      'proxy-url none (default) https_proxy http://REDACTED@proxy:3128 (environment; used)',
    ],
    [
      'one that NO_PROXY spares the server',
      HTTPS,
      (HOME) => env({ HOME, HTTPS_PROXY: 'proxy:3128', NO_PROXY: 'a.example, .example' }),
      'HTTPS_PROXY http://proxy:3128 (environment; not used: NO_PROXY has .example)',
    ],
    [
      'the one for http',
      'server: c.example',
      (HOME) => env({ HOME, HTTPS_PROXY: 'http://no', HTTP_PROXY: 'http://yes' }),
      /^(?!.*HTTPS_PROXY).* HTTP_PROXY http:\/\/yes \(environment; used\)/,
    ],
    [
      'no proxy for this machine',
      'server: https://127.0.0.1:6443',
      (HOME) => env({ HOME, HTTPS_PROXY: 'http://no' }),
      'HTTPS_PROXY http://no (environment; not used: a server on this machine is reached directly)',
    ],
    [
      'nothing of the environment beside proxy-url',
      `${HTTPS}\nproxy-url: socks5://proxy`,
      (HOME) => env({ HOME, HTTPS_PROXY: 'http://no', NO_PROXY: '*' }),
      /^(?!.*HTTPS_PROXY).* proxy-url socks5:\/\/proxy \(cluster/,
    ],
    ["the system's roots", HTTPS, () => ({}), "CA the system's root certificates (default)"],
    [
      'SSL_CERT_FILE',
      HTTPS,
      (HOME) => env({ HOME, SSL_CERT_FILE: `${HOME}/roots` }),
      'CA ~/roots (SSL_CERT_FILE)',
    ],
    [
      'a server that is not verified',
      HTTPS,
      () => ({ flags: { insecureSkipTlsVerify: true } }),
      'CA none insecure yes, the server is not verified (--insecure-skip-tls-verify)',
    ],
    [
      'a server that takes the name of another away',
      `${HTTPS}\ntls-server-name: api`,
      () => ({ flags: { server: 'https://s' } }),
      /server https:\/\/s \(--server\) tls-server-name the server's host \(default\).* set aside by flags: tls-server-name/,
    ],
  ])('shows of the cluster %s', async (_, cluster, given, expected) => {
    const dir = home(config(cluster));
    expect((await doctor(dir, given(dir))).words).toEqual(
      typeof expected === 'string'
        ? expect.stringContaining(expected)
        : expect.stringMatching(expected),
    );
  });

  it('shows each file that was looked for', async () => {
    const dir = folder({ good: config(HTTPS), bad: '[' });
    const given = (KUBECONFIG: string) => env({ HOME: dir, KUBECONFIG });
    expect((await doctor(dir, given('nope:good'))).words).toContain(
      'named by the variable KUBECONFIG missing ~/nope loaded ~/good context "x"',
    );
    const { code, words } = await doctor(dir, given('good:bad'));
    expect(words).toContain('loaded ~/good unusable ~/bad Checks FAIL kubeconfig error loading');
    expect(code).toBe(1);
  });
});

describe('the version of Node.js', () => {
  it('is old where package.json says so', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(engines.node).toBe(`>=${OLDEST_NODE.join('.')}`);
  });

  it.each([
    ['v18.20.8', true],
    ['v20.18.0', true],
    ['v20.18.1', false],
    ['v20.20.0', false],
    ['v22.0.0', false],
    ['v24.1.0-nightly', false],
  ])('%s is warned of: %s', async (nodeVersion, warned) => {
    const { report } = await doctor(folder(), { terminal: { nodeVersion } });
    expect(report).toMatch(new RegExp(`^porthole \\d.*, Node\\.js ${nodeVersion}, linux/x64\n`));
    expect(report.includes('warning: Node.js older than 20.18.1 is not supported')).toBe(warned);
  });
});

describe('a kubeconfig that cannot be used', () => {
  it.each<[string, string, string]>([
    ['nothing chosen', '', 'FAIL kubeconfig Missing or incomplete configuration info'],
    [
      'a dangling current-context',
      'current-context: nope',
      'context "nope" (current-context in ~/.kube/config)',
    ],
    [
      'several problems',
      config('server: ftp://c', 'exec: {}'),
      'FAIL kubeconfig 4 problems: [(1) ',
    ],
  ])('with %s is told, and nothing is asked', async (_, text, expected) => {
    const connect: Connect = () => Promise.reject(new Error('asked'));
    const { code, words } = await doctor(home(text), { connect });
    expect(words).toContain(expected);
    expect(words).toContain('skip API server not asked skip identity not asked');
    expect(words).toContain('Not all is well');
    expect(code).toBe(1);
  });

  it('warnings are told and do no harm', async () => {
    const dir = home(config(HTTPS), {});
    const { words } = await doctor(dir, { flags: { insecureSkipTlsVerify: true } });
    expect(words).toContain('ok kubeconfig valid warn kubeconfig insecure-skip-tls-verify is on');
  });
});

describe('no secret is shown', () => {
  const CANARY = 'canary';
  const secret = (name: string) => `${CANARY}-${name}`;
  const jwt = `e30.${Buffer.from('{"sub":"bob"}').toString('base64url')}.${CANARY}`;
  const cluster = `${HTTPS}\nproxy-url: http://${secret('u')}:${secret('p')}@proxy\ncertificate-authority-data: ${base64(secret('ca'))}`;
  const users: [string, string][] = [
    ['a token', `token: ${secret('token')}`],
    ['a JWT', `token: ${jwt}`],
    ['a password', `username: bob\npassword: ${secret('password')}`],
    [
      'a certificate',
      `client-certificate-data: ${base64(secret('cert'))}\nclient-key-data: ${base64(secret('key'))}`,
    ],
    [
      'a plugin',
      `exec: {command: c, args: [${secret('arg')}], env: [{name: E, value: ${secret('env')}}], apiVersion: client.authentication.k8s.io/v1beta1}`,
    ],
    [
      'a provider',
      `auth-provider: {name: oidc, config: {client-secret: ${secret('cs')}, refresh-token: ${secret('rt')}, id-token: ${secret('id')}}}`,
    ],
    ['extra', `token: t\nas: a\nas-user-extra: {k: [${secret('extra')}]}`],
    ['a token file', 'tokenFile: ../file'],
    ['too much', `token: ${secret('a')}\nusername: bob\npassword: ${secret('b')}`],
    ['a token with a line break', `token: "${secret('a')}\\n${secret('b')}"`],
    ['a token of another type', `token: [${secret('a')}]`],
  ];
  const clusters: [string, string][] = [
    ['a good cluster', HTTPS],
    ['a cluster full of them', cluster],
    ['a server with a password', `server: https://bob:${secret('server')}@c`],
    ['a server with a query', `server: https://c/?key=${secret('query')}`],
    ['a bad proxy', `${HTTPS}\nproxy-url: "ftp://bob:${secret('proxy')}@p"`],
  ];
  const flags: [string, KubeconfigFlags][] = [
    ['no flags', {}],
    [
      'all flags',
      {
        token: secret('flag-token'),
        password: secret('flag-password'),
        proxyUrl: `http://a:${secret('flag-proxy')}@p`,
        asUserExtra: [`k=${secret('flag-extra')}`],
      },
    ],
  ];
  const cases = users.flatMap(([u, user]) =>
    clusters.flatMap(([c, text]) =>
      flags.map(([f, given]) => [u, c, f, user, text, given] as const),
    ),
  );

  it.each(cases)('of %s, %s, %s', async (...row) => {
    const [, , , user, text, given] = row;
    const dir = home(config(text, user), { file: secret('file') });
    const terminal = {
      env: { HOME: dir, HTTPS_PROXY: `http://a:${secret('env-proxy')}@proxy` },
    };
    const { report } = await doctor(dir, { flags: given, terminal });
    expect(report).toContain('Checks');
    expect(report).not.toContain(CANARY);
    expect(report).not.toContain(base64(CANARY));
  });

  it('and the names of files and entries reach the terminal without control characters', async () => {
    const name = '"\\u001b]0;evil\\u0007\\u202e"';
    const text = `current-context: ${name}
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}, namespace: ${name}}}]
clusters: [{name: ${name}, cluster: {server: "https://c", tls-server-name: ${name}, certificate-authority: ${name}}}]
users: [{name: ${name}, user: {username: ${name}, as: ${name}, as-groups: [${name}], exec: {command: ${name}, installHint: ${name}}, auth-provider: {name: ${name}}}}]`;
    const dir = folder({ 'a\u001b[31m': text });
    const { report } = await doctor(dir, { flags: { kubeconfig: join(dir, 'a\u001b[31m') } });
    expect(report).toContain('evil');
    expect(report).not.toMatch(/[^\n\P{C}]/u);
  });
});

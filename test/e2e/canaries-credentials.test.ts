import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Canaries, filesBelow } from '../support/canaries.ts';
import { emptyFolder, portholeWith } from '../support/cli.ts';
import { type KubeconfigFields, writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { crashing, execCredential, prints, writePlugin } from '../support/plugin.ts';
import { run } from '../support/process.ts';
import { recordEverything, recordingAll } from '../support/recording-everything.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';

const CLOSE = 'Host: localhost\r\nConnection: close\r\n';
const GET = `GET /api/v1/pods HTTP/1.1\r\n${CLOSE}\r\n`;
const NO_PAIR = { 'client-certificate-data': undefined, 'client-key-data': undefined };
const V1 = 'client.authentication.k8s.io/v1';
const FAILING = 'a plugin that fails';
const CLOSED = '127.0.0.1:9';
/** What a plugin says for its user is passed on there, but for what it was given: an address to log in at has a code in it. */
const OWN_WORDS = /^(?:token|bearer|password|JSON) in last words in (?:stderr|doctor)\b/;

/** The lines of a key in PEM, each of which would be a part of it. */
function plantKey(canaries: Canaries, pem: string): void {
  for (const line of pem.split('\n').slice(1, -2)) canaries.plantText('client key', line);
}

interface Setup extends KubeconfigFields {
  readonly env?: Readonly<Record<string, string>>;
}

/** Kubeconfigs with canaries, by what they are about. */
const SETUPS: Readonly<Record<string, (canaries: Canaries) => Setup>> = {
  token: (canaries) => ({ user: { ...NO_PAIR, token: canaries.plant('token') } }),
  'name and password': (canaries) => ({
    user: { ...NO_PAIR, username: 'alice', password: canaries.plant('password') },
  }),
  'a plugin that gives a token': (canaries) => {
    const { command } = writePlugin(
      prints(execCredential({ token: canaries.plant('token of a plugin') })),
    );
    const env = [{ name: 'PLUGIN_SECRET', value: canaries.plant('variable of a plugin') }];
    const args = ['--secret', canaries.plant('argument of a plugin')];
    return {
      user: { ...NO_PAIR, exec: { apiVersion: V1, command, args, env, interactiveMode: 'Never' } },
    };
  },
  [FAILING]: (canaries) => {
    const words = [
      `token=${canaries.plant('token in last words')}`,
      `Authorization: Bearer ${canaries.plant('bearer in last words')}`,
      `https://u:${canaries.plant('password in last words')}@h/`,
      `{"refresh_token": "${canaries.plant('JSON in last words')}"}`,
    ].join('\n');
    const { command } = writePlugin(`echo "it has $PLUGIN_SECRET $2" >&2\n${crashing(1, words)}`);
    const env = [{ name: 'PLUGIN_SECRET', value: canaries.plant('variable in last words') }];
    const args = ['--secret', canaries.plant('argument in last words')];
    return {
      user: { ...NO_PAIR, exec: { apiVersion: V1, command, args, env, interactiveMode: 'Never' } },
    };
  },
  ...Object.fromEntries(
    (
      [
        ['no JSON', (c) => `token: ${c}`],
        ['no ExecCredential', (c) => JSON.stringify({ token: c })],
        ['another version', (c) => execCredential({ token: c }, 'a/v9')],
        ['a token with a line end', (c) => execCredential({ token: `${c}\n${c}` })],
        ['no key', (c) => execCredential({ clientCertificateData: c })],
        ['a broken pair', (c) => execCredential({ clientCertificateData: c, clientKeyData: c })],
      ] satisfies [string, (canary: string) => string][]
    ).map(([name, output]) => [
      `a plugin that prints ${name}`,
      (canaries: Canaries) => {
        const { command } = writePlugin(prints(output(canaries.plant(`output: ${name}`))));
        return {
          user: { ...NO_PAIR, exec: { apiVersion: V1, command, interactiveMode: 'Never' } },
        };
      },
    ]),
  ),
  'a password of a proxy in the environment': (canaries) => ({
    env: { HTTPS_PROXY: `http://u:${canaries.plant('HTTPS_PROXY')}@${CLOSED}`, NO_PROXY: 'x' },
    cluster: { server: 'https://api.example' },
  }),
  'a password of a proxy in the kubeconfig': (canaries) => ({
    cluster: {
      server: 'https://api.example',
      'proxy-url': `http://u:${canaries.plant('proxy-url')}@${CLOSED}`,
    },
  }),
};

describe('L01: credentials of the kubeconfig', () => {
  it.each(Object.entries(SETUPS))('are in no output: %s', async (_, setup) => {
    const canaries = new Canaries();
    const { env = {}, ...fields } = setup(canaries);
    const proxy = await recordEverything(undefined, {
      flags: ['--log-file=log'],
      env,
      requestCert: false,
      kubeconfig: () => fields,
    });
    plantKey(canaries, proxy.upstream.client.key);
    const received = await proxy.ask(GET);
    const [program, args, options] = portholeWith(['doctor', `--kubeconfig=${proxy.kubeconfig}`]);
    const doctor = await run(program, args, { ...options, env: { ...options.env, ...env } });
    const outputs = await proxy.outputs();
    const found = canaries.find({ ...outputs, received, doctor: doctor.stdout + doctor.stderr });
    expect(found.filter((hit) => !OWN_WORDS.test(hit))).toEqual([]);
  });

  it.each([
    ['user information in its address', (c: string) => ({ server: `https://u:${c}@${CLOSED}` })],
    ['a port that is none', (c: string) => ({ server: `https://u:${c}@h:port` })],
    ['a proxy that is none', (c: string) => ({ 'proxy-url': `gopher://u:${c}@h` })],
    ['a broken proxy', (c: string) => ({ 'proxy-url': `http://u:${c}@h:port` })],
  ])('are in no error about a cluster: %s', async (_, cluster) => {
    const canaries = new Canaries();
    const upstream = { port: 1, ca: '', client: { cert: '', key: '' } };
    const kubeconfig = writeTestKubeconfig(upstream, { cluster: cluster(canaries.plant('it')) });
    for (const command of ['proxy', 'doctor']) {
      const done = await run(...portholeWith([command, `--kubeconfig=${kubeconfig}`]));
      expect(done.code).not.toBe(0);
      expect(canaries.find({ out: done.stdout, err: done.stderr })).toEqual([]);
    }
  });
});

describe('L01: the token that clients need', () => {
  it.each(['json', 'pretty'])('is in no output: --log-format=%s', async (format) => {
    const canaries = new Canaries();
    const token = canaries.plant('token') + canaries.plant('token, its end');
    const file = join(emptyFolder(), 'token');
    writeFileSync(file, token, { mode: 0o600 });
    const proxy = await recordEverything(undefined, {
      flags: [`--require-token-file=${file}`, `--log-format=${format}`],
    });
    const get = (target: string, field = '') => `GET ${target} HTTP/1.1\r\n${CLOSE}${field}\r\n`;
    const allowed = await proxy.ask(get('/api', `Authorization: Bearer ${token}\r\n`));
    expect(allowed).toMatch(/^HTTP\/1\.1 200 /);
    const wrong = canaries.plant('wrong token');
    const logins = Object.entries(filesBelow(proxy.folder)).filter(([name]) => /login$/.test(name));
    for (const [name, text] of logins) {
      canaries.plantText('login', new URL(text.trim()).href.split(/[/=]/).at(-1) ?? '');
      const path = text.trim().replace(/^https?:\/\/[^/]*/, '');
      const cookie = /\r\nset-cookie: ([^;]*)/i.exec(await proxy.ask(get(path)))?.[1] ?? '';
      expect(cookie).not.toBe('');
      canaries.plantText('cookie', cookie.slice(cookie.indexOf('=') + 1));
      await proxy.ask(get('/api', `Cookie: ${cookie}\r\n`));
      expect(name).toMatch(/login/);
    }
    expect(logins).toHaveLength(1);
    for (const request of [
      get('/api', `Authorization: Bearer ${wrong}\r\n`),
      get('/api', `User-Agent: ${token}\r\nKubectl-Command: ${token}\r\n`),
      get(`/api/${token}?x=${encodeURIComponent(token)}`, `Authorization: Bearer ${token}\r\n`),
      get('/api', `Authorization: Bearer ${token}${wrong}\r\n`),
    ])
      await proxy.ask(request);
    const outputs = Object.entries(await proxy.outputs());
    const others = outputs.filter(([name]) => !/login$/.test(name));
    expect(canaries.find(Object.fromEntries(others))).toEqual([]);
    expect(proxy.upstream.bytes).not.toContain(wrong);
  });
});

const CLIENT = `
  const server = /server: (.*)/.exec(require('node:fs').readFileSync(process.env.KUBECONFIG, 'utf8'))[1];
  const { headers, path, body } = JSON.parse(process.argv[1]);
  fetch(server + path, { method: 'POST', headers, body }).then((answer) => answer.text()).then(() => {});
`;

describe('L01: porthole trace', () => {
  it.each(['text', 'json', 'har', 'audit'])('shows no secret: --output=%s', async (output) => {
    const canaries = new Canaries();
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      stringData: { a: canaries.plant('Secret') },
    };
    const upstream = await startUpstream(() =>
      OK.replace('\r\n', `\r\nSet-Cookie: a=${canaries.plant('Set-Cookie')}\r\n`),
    );
    const kubeconfig = writeTestKubeconfig(upstream);
    const asked = {
      path: `/api/v1/namespaces/a/secrets?token=${canaries.plant('query')}`,
      headers: {
        authorization: `Bearer ${canaries.plant('Authorization')}`,
        'x-api-key': canaries.plant('X-Api-Key'),
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    };
    const flags = [`--kubeconfig=${kubeconfig}`, `--output=${output}`, '-o', 'calls'];
    const client = ['--', process.execPath, '-e', CLIENT, JSON.stringify(asked)];
    const [program, args, options] = recordingAll('trace', flags, client);
    const { code, stdout, stderr } = await run(program, args, options);
    const bytes = upstream.bytes;
    await upstream.close();
    expect(code).toBe(0);
    expect(bytes).toContain(asked.body);
    expect(readFileSync(join(options.cwd, 'calls'), 'utf8')).toContain('secrets');
    expect(canaries.find({ stdout, stderr, ...filesBelow(options.cwd) })).toEqual([]);
  });
});

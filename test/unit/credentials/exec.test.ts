import { execFileSync } from 'node:child_process';
import { fstatSync, realpathSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mintAuthority } from '../../../certs/mint.ts';
import {
  crashing,
  execCredential,
  good,
  prints,
  ROTATING,
  V1,
  V1BETA1,
  writePlugin,
} from '../../support/plugin.ts';
import { CLUSTER, failureOf, NOW, type Setup, source } from './exec-support.ts';

const authority = mintAuthority({ commonName: 'test' });
const pair = authority.issueClient({ commonName: 'me' });
const other = authority.issueClient({ commonName: 'you' });
const status = { clientCertificateData: pair.cert, clientKeyData: pair.key };

/** Notes what it is told in `info`, and gives a token. */
const NOTES_INFO = `printf '%s' "$KUBERNETES_EXEC_INFO" >"$0.info"\n${good('t')}`;
const BASIC = { kind: 'ExecCredential', apiVersion: V1, spec: { interactive: false } };

describe('what a plugin is told (client-go TestRefreshCreds)', () => {
  const told = async (setup: Setup = {}): Promise<string> => {
    const plugin = writePlugin(`printf '%s' "$KUBERNETES_EXEC_INFO" >"$0.info"\ncat "$0.info"`);
    await source(plugin.command, setup)
      .obtain()
      .catch(() => {});
    return plugin.wrote('info');
  };

  it('is JSON with a line break at its end, in the order of client-go', async () => {
    expect(await told()).toBe(
      `{"kind":"ExecCredential","apiVersion":"${V1}","spec":{"interactive":false}}\n`,
    );
  });

  it.each<[string, Setup, object]>([
    ['v1beta1', { config: { apiVersion: V1BETA1 } }, { ...BASIC, apiVersion: V1BETA1 }],
    ['Never at a terminal', { surroundings: { stdinIsTTY: true } }, BASIC],
    ['IfAvailable without a terminal', { config: { interactiveMode: 'IfAvailable' } }, BASIC],
    [
      'IfAvailable at a terminal',
      { config: { interactiveMode: 'IfAvailable' }, surroundings: { stdinIsTTY: true } },
      { ...BASIC, spec: { interactive: true } },
    ],
    [
      'Always at a terminal',
      { config: { interactiveMode: 'Always' }, surroundings: { stdinIsTTY: true } },
      { ...BASIC, spec: { interactive: true } },
    ],
    [
      'the cluster, unless asked for, not at all',
      { cluster: { tlsServerName: 'bar', execExtension: { audience: 'snorlax' } } },
      BASIC,
    ],
    [
      'a plain cluster: no configuration is null',
      { config: { provideClusterInfo: true } },
      {
        ...BASIC,
        spec: {
          cluster: { server: 'https://example.test:6443/k8s/clusters/c-1', config: null },
          interactive: false,
        },
      },
    ],
    [
      'a cluster with all that there is, its CA from a file inlined',
      {
        config: { provideClusterInfo: true },
        cluster: {
          server: { ...CLUSTER.server, pathPrefix: '' },
          tlsServerName: 'bar',
          certificateAuthority: { kind: 'file', path: '/nowhere/ca.crt', pem: 'baz' },
          proxyUrl: 'http://proxy.test:3128',
          insecureSkipTlsVerify: true,
          disableCompression: true,
          execExtension: { apiVersion: 'group/v1', spec: { audience: 'snorlax' } },
        },
      },
      {
        ...BASIC,
        spec: {
          cluster: {
            server: 'https://example.test:6443',
            'tls-server-name': 'bar',
            'insecure-skip-tls-verify': true,
            'certificate-authority-data': 'YmF6',
            'proxy-url': 'http://proxy.test:3128',
            'disable-compression': true,
            config: { apiVersion: 'group/v1', spec: { audience: 'snorlax' } },
          },
          interactive: false,
        },
      },
    ],
  ])('tells %s', async (_, setup, expected) => {
    expect(JSON.parse(await told(setup))).toEqual(expected);
  });

  it('refuses Always without a terminal, and runs nothing', async () => {
    const plugin = writePlugin(good('t'));
    const { obtain } = source(plugin.command, { config: { interactiveMode: 'Always' } });
    expect((await failureOf(obtain())).message).toContain(
      'getting credentials: exec plugin cannot support interactive mode: standard input is not a terminal',
    );
    expect(plugin.runs()).toBe(0);
  });
});

describe('how a plugin is run', () => {
  it('has its arguments as they are: no shell reads them, nor the spaces of its name', async () => {
    const plugin = writePlugin(
      `for a in "$@"; do printf '<%s>' "$a"; done >"$0.args"\n${good('t')}`,
      'my plugin; touch x $(id)',
    );
    const args = ['a b', '; touch x', '$HOME', '`id`', '', '*', '"q"'];
    await source(plugin.command, {
      config: { args },
      surroundings: { cwd: plugin.folder },
    }).obtain();
    expect(plugin.wrote('args')).toBe(args.map((arg) => `<${arg}>`).join(''));
  });

  it('has our environment, then the kubeconfig’s, then KUBERNETES_EXEC_INFO: the last one counts', async () => {
    const plugin = writePlugin(`echo "$A-$B-$C" >"$0.env"\n${NOTES_INFO}`);
    const info = { name: 'KUBERNETES_EXEC_INFO', value: 'stale' };
    await source(plugin.command, {
      config: { env: [{ name: 'B', value: 'theirs' }, { name: 'C', value: 'new' }, info] },
      surroundings: {
        env: { PATH: process.env['PATH'], A: 'ours', B: 'ours', KUBERNETES_EXEC_INFO: 'stale' },
      },
    }).obtain();
    expect(plugin.wrote('env')).toBe('ours-theirs-new\n');
    expect(JSON.parse(plugin.wrote('info'))).toEqual(BASIC);
  });

  it('runs in our working directory, with the name that the kubeconfig gives it', async () => {
    const plugin = writePlugin(`pwd -P >"$0.cwd"\n${good('t')}`, 'by-name');
    await source('by-name', {
      surroundings: {
        cwd: plugin.folder,
        env: { PATH: `/nowhere:${plugin.folder}:/usr/bin:/bin` },
      },
    }).obtain();
    expect(plugin.wrote('cwd').trim()).toBe(realpathSync(plugin.folder));
  });

  /** Whether its stdin is ours, and whether it is in our process group. */
  const NOTES_PLACE = `
node -p 'const s = require("node:fs").fstatSync(0); s.isCharacterDevice() ? "null" : s.ino' >"$0.stdin"
ps -o pgid= -p $$ >"$0.group"
${good('t')}`;
  const ourGroup = (): string =>
    execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)], { encoding: 'utf8' }).trim();

  it('has an empty stdin and a process group of its own when it is not interactive', async () => {
    const plugin = writePlugin(NOTES_PLACE);
    await source(plugin.command, { surroundings: { stdinIsTTY: true } }).obtain();
    expect(plugin.wrote('stdin').trim()).toBe('null');
    expect(plugin.wrote('group').trim()).not.toBe(ourGroup());
  });

  it('has our stdin and our process group, which the terminal belongs to, when it is', async () => {
    const plugin = writePlugin(NOTES_PLACE);
    await source(plugin.command, {
      config: { interactiveMode: 'IfAvailable' },
      surroundings: { stdinIsTTY: true },
    }).obtain();
    expect(plugin.wrote('stdin').trim()).toBe(String(fstatSync(0).ino));
    expect(plugin.wrote('group').trim()).toBe(ourGroup());
  });
});

describe('what is made of its answer', () => {
  const obtained = async (answer: string, apiVersion = V1) =>
    await source(writePlugin(prints(answer)).command, { config: { apiVersion } }).obtain();

  it('takes a token, from YAML too', async () => {
    const yaml = `kind: ExecCredential\napiVersion: ${V1BETA1}\nstatus: {token: foo-bar}`;
    const expected = {
      credential: { authorization: 'Bearer foo-bar', clientCertificate: undefined },
      expiresAt: undefined,
    };
    expect(await obtained(execCredential({ token: 'foo-bar' }))).toEqual(expected);
    expect(await obtained(yaml, V1BETA1)).toEqual(expected);
  });

  it('takes a pair, with a token or without; a pair lasts until its certificate ends', async () => {
    const alone = await obtained(execCredential(status));
    expect(alone.credential).toEqual({ authorization: undefined, clientCertificate: pair });
    expect(alone.expiresAt).toBeGreaterThan(NOW);
    const both = await obtained(execCredential({ ...status, token: 't' }));
    expect(both.credential).toEqual({ authorization: 'Bearer t', clientCertificate: pair });
  });

  it('keeps the ClientCertificate while the pair is the same, and no longer', async () => {
    const second = { clientCertificateData: other.cert, clientKeyData: other.key };
    const plugin = writePlugin(
      `if [ $(($(wc -l <"$0.runs"))) -lt 3 ]\nthen ${prints(execCredential(status))}\nelse ${prints(execCredential(second))}\nfi`,
    );
    const { obtain } = source(plugin.command);
    const first = (await obtain()).credential.clientCertificate;
    expect((await obtain()).credential.clientCertificate).toBe(first);
    expect((await obtain()).credential.clientCertificate).toEqual(other);
  });

  it('runs it once for each attempt', async () => {
    const plugin = writePlugin(ROTATING);
    const { obtain } = source(plugin.command);
    expect((await obtain()).credential.authorization).toBe('Bearer token-1');
    expect((await obtain()).credential.authorization).toBe('Bearer token-2');
    expect(plugin.runs()).toBe(2);
  });

  it('takes one that has expired, and says so once', async () => {
    const expirationTimestamp = '2006-01-02T15:04:05Z';
    const plugin = writePlugin(prints(execCredential({ token: 't', expirationTimestamp })));
    const { obtain, said } = source(plugin.command);
    expect((await obtain()).expiresAt).toBe(Date.UTC(2006, 0, 2, 15, 4, 5));
    await obtain();
    expect(said).toEqual([expect.stringContaining('expired at 2006-01-02T15:04:05.000Z')]);
  });

  it.each([
    [
      'that is no PEM',
      { clientCertificateData: 'bar', clientKeyData: 'foo' },
      'failed parsing client key/certificate: the client certificate is not a PEM certificate',
    ],
    [
      'that does not match',
      { clientCertificateData: pair.cert, clientKeyData: other.key },
      'failed parsing client key/certificate: the client key does not belong to the client certificate',
    ],
  ])('refuses a pair %s', async (_, bad, message) => {
    const error = await failureOf(obtained(execCredential(bad)));
    expect(error).toMatchObject({ code: 'ERR_CREDENTIALS' });
    expect(error.message).toContain(`getting credentials: ${message}`);
    expect(error.message).not.toContain('PRIVATE KEY');
  });
});

describe('what it says', () => {
  it('C19: passes its stderr on line by line, harmless', async () => {
    const plugin = writePlugin(
      `printf 'open https://login.test/?a=eyJhbGciOi.eyJz.x\\r\\n\\033[31mred\\033[0m\\033[2Jgone\\rover\\n\\033]8;;http://x\\007link\\n' >&2\n${good('t')}`,
    );
    const { obtain, said } = source(plugin.command);
    await obtain();
    expect(said).toEqual([
      'open https://login.test/?a=eyJhbGciOi.eyJz.x',
      'red\\u{1b}[2Jgone',
      'over',
      '\\u{1b}]8;;http://x\\u{7}link',
    ]);
  });

  it('says what a crashed one said last, and its exit code, but no secret', async () => {
    const words = [
      'Error: no session; token: invalid_grant',
      'Authorization: Bearer abcdefghijkl',
      'got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl',
      'env says hunter2hunter2',
      'client_secret=s3cr3t&x=1',
      '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----',
    ].join('\n');
    const { obtain } = source(writePlugin(crashing(73, words)).command, {
      config: { env: [{ name: 'PASSPHRASE', value: 'hunter2hunter2' }] },
    });
    const error = await failureOf(obtain());
    expect(error).toMatchObject({ code: 'ERR_CREDENTIALS' });
    expect(error).not.toHaveProperty('cause');
    expect(error.message).toMatch(
      /^getting credentials: exec: executable .* failed with exit code 73; its last words: "/,
    );
    expect(error.message).toContain('token: invalid_grant');
    expect(error.message).not.toMatch(/abcdefghijkl|eyJ|hunter2|s3cr3t|MIIEvQ/);
  });

  it('quotes only the end of many words', async () => {
    const script = `i=0; while [ $i -lt 500 ]; do echo "line $i of many" >&2; i=$((i+1)); done; exit 1`;
    const error = await failureOf(source(writePlugin(script).command).obtain());
    expect(error.message).toContain('line 499 of many');
    expect(error.message).not.toContain('line 300 of many');
  });
});

describe('execSource', () => {
  it.each(['client.authentication.k8s.io/v1alpha1', 'v1', '', 'a\u001b[2J'])(
    'refuses the API version %j at once',
    (apiVersion) => {
      const shown = apiVersion.replace('\u001b', '\\u{1b}');
      expect(() => source('x', { config: { apiVersion } })).toThrow(
        `exec plugin: invalid apiVersion "${shown}"`,
      );
    },
  );

  it('tells those who wait what they wait for', () => {
    const interactive: Setup = {
      config: { interactiveMode: 'IfAvailable' },
      surroundings: { stdinIsTTY: true, timeoutMs: 5_000 },
    };
    const { source: made } = source('aws\u001b', interactive);
    expect(made).toMatchObject({
      kind: 'exec plugin',
      name: 'exec plugin "aws\\u{1b}"',
      waitMs: 5_000,
    });
    expect(made.waitMessage).toContain("waiting for somebody at porthole's terminal");
    // It has a deadline of its own.
    expect(source('aws').source.waitMs).toBe(0);
  });
});

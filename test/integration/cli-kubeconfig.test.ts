import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { emptyFolder, runPorthole, startPorthole } from '../support/cli.ts';
import { base64 } from '../support/in-front.ts';

/** Stands wherever a secret may stand, and never in what is printed. */
const CANARY = 'canary-3f9d';
const authority = mintAuthority({ commonName: 'ca' });
const alice = authority.issueClient({ commonName: 'alice' });
const bob = authority.issueClient({ commonName: 'bob' });

const CLUSTER = {
  server: 'https://127.0.0.1:6443',
  'certificate-authority-data': base64(authority.pem),
};

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly more?: object;
}

/** The text of a kubeconfig that is right but for the given parts. */
function kubeconfigWith({ cluster = {}, user = {}, context = {}, more = {} }: Parts): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', ...context } }],
    clusters: [{ name: 'k', cluster: { ...CLUSTER, ...cluster } }],
    users: [{ name: 'u', user: { token: CANARY, ...user } }],
    ...more,
  });
}

const pair = (cert: string | undefined, key: string | undefined): object => ({
  'client-certificate-data': cert && base64(cert),
  'client-key-data': key && base64(key),
  token: undefined,
});

describe('a kubeconfig that can not be used ends porthole with one sentence', () => {
  it.concurrent.each<[string, string | Buffer, RegExp]>([
    ['an empty one', '', /Missing or incomplete configuration info/],
    ['bytes', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 0xff, 0xfe]), /not text|control char/],
    ['no YAML', `token: "${CANARY}\n\tx: [`, /line \d+: not valid YAML/],
    ['YAML with a tab', `users:\n\t- token: ${CANARY}\n`, /line 2: .*use spaces/],
    ['another kind', kubeconfigWith({ more: { kind: 'Secret' } }), /no kind "Secret"/],
    ['a list', `[${CANARY}]`, /object|mapping/],
    [
      'a context that is not there',
      kubeconfigWith({ more: { 'current-context': 'd' } }),
      /context was not found for specified context: d/,
    ],
    ['an unknown user', kubeconfigWith({ context: { user: 'v' } }), /user "v" was not found/],
    ['an unknown cluster', kubeconfigWith({ context: { cluster: 'l' } }), /cluster "l" was not/],
    [
      'a CA and no verification',
      kubeconfigWith({ cluster: { 'insecure-skip-tls-verify': true } }),
      /insecure flag is not allowed/,
    ],
    [
      'bad base64',
      kubeconfigWith({ user: { 'client-key-data': `%${CANARY}%` } }),
      /client-key-data.*base64/,
    ],
    [
      'a CA that is no PEM',
      kubeconfigWith({ cluster: { 'certificate-authority-data': base64(CANARY) } }),
      /unable to parse bytes as PEM/,
    ],
    ['a key that is no PEM', kubeconfigWith({ user: pair(alice.cert, CANARY) }), /not a PEM priv/],
    ['a key without certificate', kubeconfigWith({ user: pair(undefined, alice.key) }), /client-c/],
    [
      'a certificate without key',
      kubeconfigWith({ user: pair(alice.cert, undefined) }),
      /client-k/,
    ],
    [
      "another certificate's key",
      kubeconfigWith({ user: pair(alice.cert, bob.key) }),
      /does not belong to the client certificate/,
    ],
    [
      'a name twice',
      kubeconfigWith({ more: { users: [{ name: 'u' }, { name: 'u', user: { token: CANARY } }] } }),
      /duplicate name "u" in users/,
    ],
    ['a number for a token', kubeconfigWith({ user: { token: 12345 } }), /token.*string/],
    ['9 MiB', ' '.repeat(9 * 1024 * 1024), /larger than 8 MiB/],
    ['65 levels', '['.repeat(65), /nested deeper than 64/],
  ])('%s', async (_, text, reason) => {
    const path = join(emptyFolder(), 'config');
    writeFileSync(path, text);
    await expectRefusal(path, reason);
  });

  it('no file', () => expectRefusal('/nowhere/config', /no such file or directory/));

  it('a folder', async () => {
    const path = join(emptyFolder(), 'config');
    mkdirSync(path);
    await expectRefusal(path, /is a directory/);
  });

  async function expectRefusal(path: string, reason: RegExp): Promise<void> {
    const { code, stdout, stderr } = await runPorthole(`--kubeconfig=${path}`, '--port=0');
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      // One line, hence no stack trace.
      stderr: expect.stringMatching(/^error: [^\n]{10,1000}\n$/),
    });
    expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/canary|12345|node:internal| at /);
  }
});

describe('a kubeconfig that can be used after all', () => {
  it('warns of an expired client certificate at start, with the date', async () => {
    const notAfter = new Date(Date.now() - 60_000);
    const expired = authority.issueClient({ commonName: 'alice', notAfter });
    const path = join(emptyFolder(), 'config');
    writeFileSync(path, kubeconfigWith({ user: pair(expired.cert, expired.key) }));
    const { command } = await startPorthole(`--kubeconfig=${path}`);
    const date = `${notAfter.toISOString().slice(0, 19)}Z`;
    await command.waitFor('stderr', /\n/);
    expect(JSON.parse(command.stderr)).toMatchObject({
      level: 'warn',
      msg: `the client certificate of user "u" expired on ${date}`,
    });
    expect(await command.stop()).toEqual({ code: 0, signal: null });
  });
});

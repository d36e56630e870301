import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCredentials } from '../../../src/credentials/create.ts';
import { PortholeError } from '../../../src/errors.ts';
import type { ResolvedConfig, User } from '../../../src/kubeconfig/kubeconfig.ts';

const NOBODY: User = {
  name: 'u',
  clientCertificate: undefined,
  clientKey: undefined,
  token: undefined,
  tokenFile: undefined,
  username: undefined,
  password: undefined,
  impersonate: undefined,
  exec: undefined,
  authProvider: undefined,
};

function configOf(user: Partial<User>): ResolvedConfig {
  return {
    contextName: 'x',
    cluster: {
      name: 'c',
      server: { scheme: 'https', hostname: 'c', port: 443, authority: 'c', pathPrefix: '' },
      certificateAuthority: undefined,
      insecureSkipTlsVerify: false,
      tlsServerName: undefined,
      proxyUrl: undefined,
      disableCompression: false,
      execExtension: undefined,
    },
    user: { ...NOBODY, ...user },
    namespace: 'default',
    files: [],
    warnings: [],
  };
}

const create = (user: Partial<User>) =>
  createCredentials(configOf(user), { now: () => 0, warn: () => {} });

const data = (pem: string) => ({ kind: 'data', pem }) as const;
const pair = { clientCertificate: data('CERT'), clientKey: data('KEY') };

describe('createCredentials', () => {
  it.each<[string, Partial<User>, object]>([
    ['nothing', {}, { authorization: undefined, clientCertificate: undefined }],
    ['a token', { token: 't' }, { authorization: 'Bearer t', clientCertificate: undefined }],
    [
      'basic',
      { username: 'bob', password: 'p:\u20ac' },
      {
        authorization: `Basic ${Buffer.from('bob:p:\u20ac').toString('base64')}`,
        clientCertificate: undefined,
      },
    ],
    [
      'a username alone',
      { username: 'bob' },
      { authorization: 'Basic Ym9iOg==', clientCertificate: undefined },
    ],
    ['a pair', pair, { authorization: undefined, clientCertificate: { cert: 'CERT', key: 'KEY' } }],
    [
      'a pair and a token',
      { ...pair, token: 't' },
      { authorization: 'Bearer t', clientCertificate: { cert: 'CERT', key: 'KEY' } },
    ],
  ])('%s: one object for ever', (_, user, expected) => {
    const credentials = create(user);
    expect(credentials.current()).toEqual(expected);
    expect(credentials.current()).toBe(credentials.current());
  });

  it('reads a pair from files, once', () => {
    const dir = mkdtempSync(join(tmpdir(), 'porthole-credentials-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const [cert, key] = [join(dir, 'cert'), join(dir, 'key')];
    writeFileSync(cert, 'CERT');
    writeFileSync(key, 'KEY');
    const credentials = create({
      clientCertificate: { kind: 'file', path: cert },
      clientKey: { kind: 'file', path: key },
    });
    rmSync(cert);
    expect(credentials.current()).toMatchObject({
      clientCertificate: { cert: 'CERT', key: 'KEY' },
    });
  });

  it('takes a token from its file, and the pair with it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'porthole-credentials-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'token'), 'from-file\n');
    const credentials = create({ ...pair, token: 'static', tokenFile: join(dir, 'token') });
    expect(await credentials.current()).toEqual({
      authorization: 'Bearer from-file',
      clientCertificate: { cert: 'CERT', key: 'KEY' },
    });
  });

  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'aws',
    args: [],
    env: [{ name: 'A', value: 's3cret' }],
    installHint: undefined,
    provideClusterInfo: false,
    interactiveMode: 'Never',
  } as const;
  const provider = (name: string) => ({
    authProvider: { name, config: new Map([['id-token', 's3cret']]) },
  });
  it.each<[string, Partial<User>, RegExp]>([
    [
      'a missing file',
      { ...pair, clientCertificate: { kind: 'file', path: '/nope' } },
      /^cannot read "\/nope"/,
    ],
    [
      'exec',
      { exec },
      /^user "u" gets credentials from an exec plugin, which porthole cannot run yet; use a client certificate, a token or a tokenFile, or pass --token$/,
    ],
    [
      'oidc',
      provider('oidc'),
      /^user "u" gets credentials from the auth provider oidc, which porthole does not support yet; use/,
    ],
    [
      'gcp',
      provider('gcp'),
      /^The gcp auth plugin has been removed\. Please use the "gke-gcloud-auth-plugin" kubectl\/client-go credential plugin instead\. See https:\S+gke for further details$/,
    ],
    [
      'azure',
      provider('azure'),
      /^The azure auth plugin has been removed\. Please use the https:\/\/github\.com\/Azure\/kubelogin kubectl\/client-go credential plugin instead\. See https:\S+ for further details$/,
    ],
    [
      'another provider',
      provider('foo'),
      /^no Auth Provider found for name "foo" \(user "u"\); use/,
    ],
    [
      'a provider named like a method',
      provider('constructor'),
      /^no Auth Provider found for name "constructor"/,
    ],
  ])('refuses %s', (_, user, message) => {
    let thrown: unknown;
    try {
      create(user);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PortholeError);
    expect(thrown).toMatchObject({
      code: 'ERR_CREDENTIALS',
      message: expect.stringMatching(message),
    });
    expect(String(thrown)).not.toContain('s3cret');
  });
});

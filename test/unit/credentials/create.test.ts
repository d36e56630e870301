import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CredentialsOptions, createCredentials } from '../../../src/credentials/create.ts';
import type { CredentialKind, CredentialSource } from '../../../src/credentials/credentials.ts';
import { staticCertificate } from '../../../src/credentials/static.ts';
import { PortholeError } from '../../../src/errors.ts';
import type { ResolvedConfig, User } from '../../../src/kubeconfig/kubeconfig.ts';
import { NOBODY } from '../../support/nobody.ts';

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
    sources: [],
    warnings: [],
  };
}

const OPTIONS: CredentialsOptions = {
  now: () => 0,
  monotonic: () => 0,
  inform: () => {},
  warn: () => {},
  onChange: () => {},
  clientCertificate: undefined,
  execSource: () => sourceOf('exec plugin'),
  oidcSource: () => sourceOf('oidc'),
};

const sourceOf = (kind: CredentialKind): CredentialSource => ({
  kind,
  name: kind,
  waitMs: 0,
  waitMessage: '',
  obtain: () =>
    Promise.resolve({
      credential: { authorization: `Bearer by ${kind}`, clientCertificate: undefined },
      expiresAt: undefined,
    }),
  close: () => {},
});

const create = (user: Partial<User>, options: Partial<CredentialsOptions> = {}) => {
  const config = configOf(user);
  const clientCertificate = staticCertificate(config.user);
  return createCredentials(config, { ...OPTIONS, clientCertificate, ...options });
};

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

  it('uses the text of files that was judged when the configuration was loaded', () => {
    const file = (pem: string) => ({ kind: 'file', path: '/nowhere', pem }) as const;
    const credentials = create({ clientCertificate: file('CERT'), clientKey: file('KEY') });
    expect(credentials.current()).toMatchObject({
      clientCertificate: { cert: 'CERT', key: 'KEY' },
    });
  });

  it('keeps the object of a certificate that has not changed, so that its connections stay', () => {
    const certificate = { cert: 'CERT', key: 'KEY' };
    const { user } = configOf(pair);
    expect(staticCertificate(user, certificate)).toBe(certificate);
    expect(staticCertificate(user)).toEqual(certificate);
    expect(staticCertificate(user, { cert: 'CERT', key: 'OTHER' })).toEqual(certificate);
    expect(staticCertificate(configOf({}).user, certificate)).toBeUndefined();
  });

  it('sends the certificate with the token of a provider', async () => {
    expect(await create({ ...pair, ...provider('oidc') }).current()).toEqual({
      authorization: 'Bearer by oidc',
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
  it.each([
    ['an exec plugin', { exec }, 'exec plugin'],
    ['the provider oidc', provider('oidc'), 'oidc'],
  ])('gets them from %s when a request needs them', async (_, user, kind) => {
    const credentials = create(user);
    expect(credentials.state.kind).toBe(kind);
    expect(await credentials.current()).toMatchObject({ authorization: `Bearer by ${kind}` });
  });

  it.each<[Partial<User>, object]>([
    [{}, { kind: 'none' }],
    [{ token: 't' }, { kind: 'token' }],
    [{ ...pair, token: 't' }, { kind: 'token' }],
    [{ username: 'bob' }, { kind: 'basic' }],
    [pair, { kind: 'client certificate', expiresAt: undefined }],
    [{ tokenFile: '/t' }, { kind: 'token file' }],
  ])('tells the kind of %j', (user, state) => {
    expect(create(user).state).toMatchObject(state);
  });

  function provider(name: string) {
    return { authProvider: { name, config: new Map([['id-token', 's3cret']]) } };
  }
  it.each<[string, Partial<User>, RegExp]>([
    [
      'gcp',
      provider('gcp'),
      /^The gcp auth plugin has been removed\.\nPlease use the "gke-gcloud-auth-plugin" kubectl\/client-go credential plugin instead\.\nSee https:\S+gke for further details$/,
    ],
    [
      'azure',
      provider('azure'),
      /^The azure auth plugin has been removed\.\nPlease use the https:\/\/github\.com\/Azure\/kubelogin kubectl\/client-go credential plugin instead\.\nSee https:\S+ for further details$/,
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

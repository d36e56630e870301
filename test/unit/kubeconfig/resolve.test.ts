import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NOBODY as NO_CREDENTIALS } from '../../support/nobody.ts';
import { base64, config, ecPair, folder, HTTPS, load, loadText } from './support.ts';

const ec = ecPair();
const PAIR = `client-certificate-data: ${base64(ec.cert)}\nclient-key-data: ${base64(ec.key)}`;
const EXEC = 'exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}';
const OIDC = 'auth-provider: {name: oidc, config: {client-id: a}}';
const userOf = (user: string, cluster = HTTPS) => loadText(config(cluster, user)).user;

const NOBODY = { ...NO_CREDENTIALS, file: expect.stringMatching(/\/config$/) };
const pair = {
  clientCertificate: { kind: 'data', pem: ec.cert },
  clientKey: { kind: 'data', pem: ec.key },
};
const aws = {
  apiVersion: 'client.authentication.k8s.io/v1beta1',
  command: 'aws',
  args: [],
  env: [],
  installHint: undefined,
  provideClusterInfo: false,
  interactiveMode: 'IfAvailable',
};
const oidc = { name: 'oidc', config: new Map([['client-id', 'a']]) };

describe('a user, without what client-go ignores', () => {
  it.each<[string, string, object]>([
    ['token', 'token: t', { token: 't' }],
    ['basic', 'username: me\npassword: p', { username: 'me', password: 'p' }],
    ['username alone', 'username: me', { username: 'me' }],
    ['password alone', 'password: p', {}],
    ['a pair', PAIR, pair],
    ['a pair and a token', `token: t\n${PAIR}`, { token: 't', ...pair }],
    ['a key alone beside a token', 'token: t\nclient-key: nope', { token: 't' }],
    ['exec', EXEC, { exec: aws }],
    ['exec beside a token', `token: t\n${EXEC}`, { token: 't' }],
    ['exec beside basic', `username: me\n${EXEC}`, { username: 'me' }],
    ['exec beside a pair', `${PAIR}\n${EXEC}`, pair],
    ['exec beside a key alone', `client-key: nope\n${EXEC}`, { exec: aws }],
    ['a provider', OIDC, { authProvider: oidc }],
    ['a provider beside a pair', `${PAIR}\n${OIDC}`, { ...pair, authProvider: oidc }],
    ['a provider beside a token', `token: t\n${OIDC}`, { token: 't' }],
  ])('%s', (_, user, expected) => {
    expect(userOf(user)).toEqual({ ...NOBODY, ...expected });
  });

  it('tokenFile and token are both kept, the file with its absolute path', () => {
    const dir = folder({ t: ' file-token\n', config: config(HTTPS, 'token: t\ntokenFile: t') });
    expect(load(dir, { kubeconfig: 'config' }).user).toMatchObject({
      token: 't',
      tokenFile: join(dir, 't'),
    });
  });

  it('files stay files, with the text that was judged', () => {
    const dir = folder({
      c: ec.cert,
      k: ec.key,
      config: config(HTTPS, 'client-certificate: c\nclient-key: k'),
    });
    expect(load(dir, { kubeconfig: 'config' }).user).toMatchObject({
      clientCertificate: { kind: 'file', path: join(dir, 'c'), pem: ec.cert },
      clientKey: { kind: 'file', path: join(dir, 'k'), pem: ec.key },
    });
  });

  it('impersonation', () => {
    const user = 'as: a\nas-uid: "1"\nas-groups: [g, h]\nas-user-extra: {example.com/k: [v, w]}';
    expect(userOf(user).impersonate).toEqual({
      user: 'a',
      uid: '1',
      groups: ['g', 'h'],
      extra: new Map([['example.com/k', ['v', 'w']]]),
    });
  });

  it.each(['token: t', 'username: me\npassword: p', PAIR, EXEC, OIDC, 'tokenFile: nope'])(
    'over http only impersonation is left of %j',
    (credentials) => {
      for (const server of ['server: http://c.example', 'server: c.example:443']) {
        const user = userOf(`as: a\n${credentials}`, server);
        expect(user).toMatchObject({ ...NOBODY, impersonate: { user: 'a' } });
      }
    },
  );
});

describe('a cluster', () => {
  it('has every field', () => {
    const lines = `${HTTPS}/prefix/\ncertificate-authority-data: ${base64(ec.cert)}\ntls-server-name: sni\nproxy-url: socks5://p:1080\ndisable-compression: yes\nextensions: [{name: client.authentication.k8s.io/exec, extension: {a: 1}}]`;
    expect(loadText(config(lines)).cluster).toEqual({
      name: 'c',
      server: {
        scheme: 'https',
        hostname: 'c.example',
        port: 6443,
        authority: 'c.example:6443',
        pathPrefix: '/prefix',
      },
      certificateAuthority: { kind: 'data', pem: ec.cert },
      insecureSkipTlsVerify: false,
      tlsServerName: 'sni',
      proxyUrl: 'socks5://p:1080',
      disableCompression: true,
      execExtension: { a: 1 },
    });
  });

  it('without a CA trusts the system', () => {
    expect(loadText(config(HTTPS)).cluster.certificateAuthority).toBeUndefined();
  });

  it('over http has nothing of TLS', () => {
    const lines = 'server: http://c.example\ninsecure-skip-tls-verify: yes\ntls-server-name: sni';
    expect(loadText(config(lines)).cluster).toMatchObject({
      certificateAuthority: undefined,
      insecureSkipTlsVerify: false,
      tlsServerName: undefined,
    });
  });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubeconfigFlags } from '../../../src/kubeconfig/kubeconfig.ts';
import { config, ecPair, folder, HTTPS, load, messageOf } from './support.ts';

const { cert } = ecPair();
const ENV = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const ACCOUNT = { 'sa/token': 'pod-token\n', 'sa/ca.crt': cert, 'sa/namespace': 'pods\n' };

function loadPod(
  flags: KubeconfigFlags = {},
  files: Record<string, string> = ACCOUNT,
  env: Record<string, string> = ENV,
) {
  const dir = folder(files);
  const options = { env: { HOME: dir, ...env }, serviceAccountDir: join(dir, 'sa') };
  return { dir, run: () => load(dir, flags, options) };
}

describe('in a pod without kubeconfig', () => {
  it('the service account is used', () => {
    const { dir, run } = loadPod();
    expect(run()).toMatchObject({
      contextName: undefined,
      cluster: {
        server: { scheme: 'https', hostname: '10.0.0.1', port: 443 },
        certificateAuthority: { kind: 'file', path: join(dir, 'sa/ca.crt'), pem: cert },
      },
      user: { token: undefined, tokenFile: join(dir, 'sa/token') },
      namespace: 'pods',
      files: [],
      warnings: [],
    });
  });

  it('IPv6 is put in brackets', () => {
    const { run } = loadPod({}, ACCOUNT, { ...ENV, KUBERNETES_SERVICE_HOST: 'fd00::1' });
    expect(run().cluster.server).toMatchObject({ hostname: 'fd00::1', authority: '[fd00::1]:443' });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'missing',
      { 'sa/token': 't' },
      /ca.crt: no such file or directory: the system's root certificates are used/,
    ],
    [
      'garbage',
      { 'sa/token': 't', 'sa/ca.crt': 'x' },
      /ca.crt: unable to parse bytes as PEM block: the system's/,
    ],
  ])('a CA that is %s leaves the roots of the system', (_, files, warning) => {
    const resolved = loadPod({}, files).run();
    expect(resolved.cluster.certificateAuthority).toBeUndefined();
    expect(resolved.warnings).toEqual([expect.stringMatching(warning)]);
  });

  it('flags apply: token, server, CA, impersonation', () => {
    const flags = {
      inCluster: true,
      token: 't',
      server: 'https://s',
      certificateAuthority: 'sa/ca.crt',
      as: 'a',
      namespace: 'n',
    };
    const { dir, run } = loadPod(flags);
    expect(run()).toMatchObject({
      cluster: {
        server: { hostname: 's' },
        certificateAuthority: { path: join(dir, 'sa/ca.crt') },
      },
      user: { token: 't', tokenFile: undefined, impersonate: { user: 'a' } },
      namespace: 'n',
    });
    expect(loadPod({ as: 'a' }).run().user).toMatchObject({
      impersonate: { user: 'a' },
      tokenFile: expect.any(String),
    });
  });

  it.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['POD_NAMESPACE', ACCOUNT, { ...ENV, POD_NAMESPACE: 'p' }, 'p'],
    ['the file', ACCOUNT, ENV, 'pods'],
    ['an empty file', { ...ACCOUNT, 'sa/namespace': '\n' }, ENV, 'default'],
    ['no file', { 'sa/token': 't', 'sa/ca.crt': cert }, ENV, 'default'],
  ])('namespace from %s', (_, files, env, namespace) => {
    expect(loadPod({}, files, env).run().namespace).toBe(namespace);
  });

  it('comes before KUBERNETES_MASTER', () => {
    const env = { ...ENV, KUBERNETES_MASTER: 'https://m' };
    expect(loadPod({}, ACCOUNT, env).run().cluster.server.hostname).toBe('10.0.0.1');
  });

  it('is used when a kubeconfig chooses nothing', () => {
    const files = { ...ACCOUNT, '.kube/config': 'contexts: [{name: a}]' };
    expect(loadPod({}, files).run().user.tokenFile).toBeDefined();
  });
});

describe('the service account is left alone', () => {
  const files = { ...ACCOUNT, '.kube/config': config(HTTPS) };
  it('when a kubeconfig chooses a context', () => {
    expect(loadPod({}, files).run().contextName).toBe('x');
  });

  it('when --server is given', () => {
    expect(loadPod({ server: 'https://s' }).run().user.tokenFile).toBeUndefined();
  });

  it('unless --in-cluster asks for it', () => {
    expect(loadPod({ inCluster: true }, files).run()).toMatchObject({
      contextName: undefined,
      files: [],
    });
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['no host', ACCOUNT, { KUBERNETES_SERVICE_PORT: '443' }],
    ['no port', ACCOUNT, { KUBERNETES_SERVICE_HOST: 'h' }],
    ['an empty host', ACCOUNT, { ...ENV, KUBERNETES_SERVICE_HOST: '' }],
    ['no token', { 'sa/ca.crt': cert }, ENV],
    ['a token that is a folder', { 'sa/token/x': '' }, ENV],
  ])('with %s', (_, account, env) => {
    expect(messageOf(loadPod({}, account, env).run)).toMatch(
      /^Missing or incomplete configuration/,
    );
    expect(messageOf(loadPod({ inCluster: true }, account, env).run)).toMatch(
      /^--in-cluster: .*; use a kubeconfig/,
    );
  });
});

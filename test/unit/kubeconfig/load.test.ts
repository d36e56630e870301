import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { config, folder, HTTPS, load, loadText, messageOf } from './support.ts';

describe('where it comes from', () => {
  it('names the files that were read', () => {
    const dir = folder({ '.kube/config': config(HTTPS) });
    expect(load(dir).files).toEqual([join(dir, '.kube/config')]);
  });

  it('KUBECONFIG files that are all missing are named', () => {
    const dir = folder({ '.kube/config': config(HTTPS) });
    const options = { env: { HOME: dir, KUBECONFIG: 'nope1:nope2' } };
    expect(load(dir, { server: 'http://s' }, options).warnings).toEqual([
      'Config not found: nope1, nope2',
    ]);
    expect(messageOf(() => load(dir, {}, options))).toMatch(/^Missing .*searched: nope1, nope2/);
  });

  it('--server needs no kubeconfig', () => {
    const { cluster, user, contextName } = load(folder(), { server: 'https://s:1', token: 't' });
    expect([contextName, cluster.name, user.name]).toEqual([undefined, undefined, undefined]);
    expect(cluster.server.authority).toBe('s:1');
    expect(user.token).toBe('t');
  });

  it('KUBERNETES_MASTER stands in for a missing server', () => {
    const env = { KUBERNETES_MASTER: 'https://master.example' };
    expect(load(folder(), {}, { env }).cluster.server.hostname).toBe('master.example');
    const dir = folder({ config: config('{}') });
    const flags = { kubeconfig: 'config' };
    expect(load(dir, flags, { env }).cluster).toMatchObject({
      name: 'c',
      server: { hostname: 'master.example' },
    });
    const own = folder({ config: config(HTTPS) });
    expect(load(own, flags, { env }).cluster.server.hostname).toBe('c.example');
  });
});

describe('warnings', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'an insecure server',
      `${HTTPS}\ninsecure-skip-tls-verify: yes`,
      'token: t',
      /^insecure-skip-tls-verify is on: the server is not verified/,
    ],
    ['no credentials', HTTPS, '{}', /^user "u" has no credentials, so requests are anonymous$/],
    ['a password without username', HTTPS, 'password: p', /^user "u" has no credentials/],
    [
      'credentials over http',
      'server: http://c.example:80',
      'token: t',
      /^the server http:\/\/c.example:80 is plain http, so the credentials of user "u" are not sent$/,
    ],
    [
      'exec over http',
      'server: c.example',
      'exec: {command: a, apiVersion: client.authentication.k8s.io/v1beta1}',
      /is plain http/,
    ],
  ])('%s', (_, cluster, user, warning) => {
    expect(loadText(config(cluster, user)).warnings).toEqual([expect.stringMatching(warning)]);
  });

  it.each([
    ['a token over https', HTTPS, 'token: t'],
    ['nobody over http', 'server: http://c.example', '{}'],
    ['impersonation over http', 'server: http://c.example', 'as: a'],
  ])('none for %s', (_, cluster, user) => {
    expect(loadText(config(cluster, user)).warnings).toEqual([]);
  });

  it('a context without user is anonymous', () => {
    expect(
      loadText(
        'current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "https://c"}}]\n',
      ).warnings,
    ).toEqual(['no user is chosen, so requests are anonymous']);
  });

  it('a namespace that is no DNS label', () => {
    expect(loadText(config(HTTPS), { namespace: 'No_Label' }).warnings).toEqual([
      'namespace "No_Label" for context "x" does not conform to the kubernetes DNS_LABEL rules',
    ]);
  });
});

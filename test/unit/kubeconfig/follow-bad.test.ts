import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import { follow, swap } from './following.ts';
import { config, ecPair, folder, HTTPS, rsaPair } from './support.ts';

const ec = ecPair();
const rsa = rsaPair(new Date('2029-01-01T00:00:00Z'), new Date('2031-01-01T00:00:00Z'));
const token = (name: string) => config(HTTPS, `token: ${name}`);
const PAIR = config(HTTPS, 'client-certificate: c\nclient-key: k');
const CA = config(`${HTTPS}\ncertificate-authority: ca`);
const STAYS = /; the configuration in use stays$/;

describe('what cannot be used leaves what is in use', () => {
  it.each<[string, string, RegExp]>([
    ['broken', '{', /not valid YAML/],
    ['empty', '', /^Missing or incomplete/],
    ['cut', token('b').split('users:')[0] ?? '', /user "u" was not found/],
    ['secret', `${token('b')}    password: [s3cret]\n`, /password must be a string/],
  ])('a kubeconfig that is %s, until it is good again', async (_, text, reason) => {
    const dir = folder({ config: token('a') });
    const following = follow(dir);
    await following.follower.check();
    swap(join(dir, 'config'), text);
    await following.said(STAYS);
    expect(following.warned).toEqual([expect.stringMatching(reason)]);
    expect(following.warned[0]).not.toContain('s3cret');
    swap(join(dir, 'config'), token('b'));
    await following.said(/^the kubeconfig can be used again: credentials changed$/);
    expect(following.taken).toHaveLength(1);
  });

  it('a kubeconfig that is deleted, until it returns', async () => {
    const dir = folder({ config: token('a') });
    const following = follow(dir);
    await following.follower.check();
    rmSync(join(dir, 'config'));
    await following.said(/^stat "config": no such file.*the configuration in use stays$/);
    writeFileSync(join(dir, 'config'), token('a'));
    await following.said(/^the kubeconfig can be used again: nothing has changed$/);
    expect(following.taken).toEqual([]);
  });

  it('a folder that is deleted, until it returns, again and again', async () => {
    const dir = folder({ 'd/config': token('t0') });
    const following = follow(dir, { kubeconfig: 'd/config' });
    await following.follower.check();
    for (const name of ['t1', 't2']) {
      rmSync(join(dir, 'd'), { recursive: true });
      await following.until(() => following.warned.length === Number(name.slice(1)));
      mkdirSync(join(dir, 'd'));
      writeFileSync(join(dir, 'd/config'), token(name));
      await following.until(() => following.token === name);
    }
  });

  it('a pair of which only the certificate is new yet', async () => {
    const dir = folder({ config: PAIR, c: ec.cert, k: ec.key });
    const following = follow(dir);
    await following.follower.check();
    writeFileSync(join(dir, 'c'), rsa.cert);
    await following.said(/the client key does not belong to the client certificate.*stays$/);
    expect(following.taken).toEqual([]);
    writeFileSync(join(dir, 'k'), rsa.key);
    await following.said(/^the kubeconfig can be used again: the client certificate was renewed/);
    const [user] = following.taken.map((taken) => taken.user);
    expect([user?.clientCertificate?.pem, user?.clientKey?.pem]).toEqual([rsa.cert, rsa.key]);
  });

  it('a CA that becomes empty or garbage', async () => {
    const dir = folder({ config: CA, ca: ec.cert });
    const following = follow(dir);
    await following.follower.check();
    swap(join(dir, 'ca'), '');
    await following.said(/certificate-authority is empty.*stays$/);
    swap(join(dir, 'ca'), 'garbage');
    await following.said(/unable to parse bytes as PEM block.*stays$/);
    expect(following.taken).toEqual([]);
    swap(join(dir, 'ca'), rsa.cert);
    await following.until(() => following.taken.length === 1);
  });

  it("a pod's CA that goes away", async () => {
    const dir = folder({ 'sa/token': 't', 'sa/ca.crt': ec.cert });
    const env = { KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '1', HOME: dir };
    const following = follow(dir, {}, { env, serviceAccountDir: join(dir, 'sa') });
    await following.follower.check();
    rmSync(join(dir, 'sa/ca.crt'));
    await following.said(/^the cluster's CA cannot be used: .*no such file.*stays$/);
    swap(join(dir, 'sa/ca.crt'), rsa.cert);
    await following.until(() => following.taken.length === 1);
  });

  it('a configuration that cannot be put to use', async () => {
    const dir = folder({ config: token('a') });
    const following = follow(dir, undefined, {
      take({ user }) {
        if (user.token === 'b') throw new PortholeError('ERR_CREDENTIALS', 'not that one');
        return true;
      },
    });
    await following.follower.check();
    swap(join(dir, 'config'), token('b'));
    await following.said(/^not that one; the configuration in use stays$/);
    swap(join(dir, 'config'), token('a'));
    await following.said(/^the kubeconfig can be used again: nothing has changed$/);
    expect(following.taken).toEqual([]);
  });
});

describe('files that are named before they are there', () => {
  it.each<[string, string, string]>([
    ['a CA', `${HTTPS}\ncertificate-authority: new/folder/file`, 'token: b'],
    ['a token', HTTPS, 'tokenFile: new/folder/file'],
  ])('%s is waited for', async (_, cluster, user) => {
    const dir = folder({ config: token('a') });
    const following = follow(dir);
    await following.follower.check();
    swap(join(dir, 'config'), config(cluster, user));
    await following.said(/new\/folder\/file: no such file or directory.*stays$/);
    mkdirSync(join(dir, 'new/folder'), { recursive: true });
    writeFileSync(join(dir, 'new/folder/file'), cluster === HTTPS ? 't0ken' : ec.cert);
    await following.said(/^the kubeconfig can be used again: /);
    expect(following.taken).toHaveLength(1);
  });
});

describe('a kubeconfig of several that is away', () => {
  const list = (dir: string) => ({ env: { KUBECONFIG: `${dir}/one:${dir}/two` } });

  it('leaves nobody else to act as, unless the operator says so', async () => {
    const dir = folder({ one: token('a'), two: token('b') });
    const following = follow(dir, {}, list(dir));
    await following.follower.check();
    rmSync(join(dir, 'one'));
    await following.said(/^kubeconfig ".*\/one" is gone; the configuration in use stays$/);
    expect(following.taken).toEqual([]);
    await following.follower.reload();
    expect(following.token).toBe('b');
  });
});

describe('warnings', () => {
  it('come once for each reason, and each time when the operator asks', async () => {
    const dir = folder({ config: token('a') });
    const following = follow(dir);
    await following.follower.check();
    swap(join(dir, 'config'), '{');
    following.nextSecond();
    await following.follower.check();
    swap(join(dir, 'config'), '{ ');
    following.nextSecond();
    await following.follower.check();
    expect(following.warned).toHaveLength(1);
    await following.follower.reload();
    expect(following.warned).toHaveLength(2);
  });

  it('of the new configuration are told, those of the old not again', async () => {
    const insecure = `${HTTPS}\ninsecure-skip-tls-verify: yes`;
    const dir = folder({ config: config(insecure) });
    const following = follow(dir);
    await following.follower.check();
    swap(join(dir, 'config'), config(insecure, 'as: a'));
    await following.said(/requests are anonymous/);
    expect(following.warned).toHaveLength(1);
  });
});

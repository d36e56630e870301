import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { traceLoading } from '../../../src/kubeconfig/load.ts';
import { follow, swap } from './following.ts';
import { config, ecPair, folder, HTTPS, NOW, rsaPair } from './support.ts';

const ec = ecPair();
const rsa = rsaPair(new Date('2029-01-01T00:00:00Z'), new Date('2031-01-01T00:00:00Z'));
const token = (name: string) => config(HTTPS, `token: ${name}`);
const CA = config(`${HTTPS}\ncertificate-authority: ca`);

function relink(link: string, target: string): void {
  symlinkSync(target, `${link}.new`);
  renameSync(`${link}.new`, link);
}

describe('a kubeconfig that changes is taken', () => {
  it.each<[string, (dir: string) => void, (dir: string) => void]>([
    [
      'another file by rename',
      (dir) => writeFileSync(join(dir, 'config'), token('a')),
      (dir) => swap(join(dir, 'config'), token('b')),
    ],
    [
      'in place',
      (dir) => writeFileSync(join(dir, 'config'), token('a')),
      (dir) => writeFileSync(join(dir, 'config'), token('b')),
    ],
    [
      'a link to another file',
      (dir) => {
        writeFileSync(join(dir, 'one'), token('a'));
        writeFileSync(join(dir, 'two'), token('b'));
        symlinkSync('one', join(dir, 'config'));
      },
      (dir) => relink(join(dir, 'config'), 'two'),
    ],
    [
      'a link on the way, in a folder of its own',
      (dir) => {
        for (const name of ['a', 'b', 'links']) mkdirSync(join(dir, name));
        for (const name of ['a', 'b']) writeFileSync(join(dir, name, 'config'), token(name));
        symlinkSync('../a', join(dir, 'links/current'));
        symlinkSync('links/current/config', join(dir, 'config'));
      },
      (dir) => relink(join(dir, 'links/current'), '../b'),
    ],
    [
      'the file that a link in another folder points at',
      (dir) => {
        mkdirSync(join(dir, 'away'));
        writeFileSync(join(dir, 'away/real'), token('a'));
        symlinkSync('away/real', join(dir, 'config'));
      },
      (dir) => swap(join(dir, 'away/real'), token('b')),
    ],
    [
      'a mounted volume (..data)',
      (dir) => {
        for (const [version, name] of [
          ['..1', 'a'],
          ['..2', 'b'],
        ] as const) {
          mkdirSync(join(dir, version));
          writeFileSync(join(dir, version, 'config'), token(name));
        }
        symlinkSync('..1', join(dir, '..data'));
        symlinkSync('..data/config', join(dir, 'config'));
      },
      (dir) => {
        relink(join(dir, '..data'), '..2');
        rmSync(join(dir, '..1'), { recursive: true });
      },
    ],
  ])('%s', async (_, before, change) => {
    const dir = folder();
    before(dir);
    const following = follow(dir);
    await following.follower.check();
    expect(following.taken).toEqual([]);
    change(dir);
    await following.said(/./);
    expect([following.token, following.warned]).toEqual(['b', []]);
    expect(following.informed).toEqual(['credentials changed']);
  });

  it('also one that was written between its loading and the start of following', async () => {
    const dir = folder({ config: token('a') });
    const following = follow(dir, undefined, {
      beforeStart: () => swap(join(dir, 'config'), token('b')),
    });
    await following.until(() => following.token === 'b');
  });

  it('a hundred times in a row: the last one counts', async () => {
    const dir = folder({ config: token('t') });
    const following = follow(dir);
    await following.follower.check();
    for (let i = 100; i < 200; i++) {
      if (i % 3 === 0) writeFileSync(join(dir, 'config'), token(`t${i}`));
      else swap(join(dir, 'config'), token(`t${i}`));
      if (i % 10 === 0) await new Promise(setImmediate);
    }
    await following.until(() => following.token === 't199');
    following.nextSecond();
    await following.follower.check();
    expect([following.token, following.warned]).toEqual(['t199', []]);
  });

  it('while it is loaded: only what stays is taken', async () => {
    const dir = folder({ config: token('a') });
    const options = {
      flags: { kubeconfig: 'config' },
      env: {},
      cwd: dir,
      platform: 'linux',
    } as const;
    let changes = 0;
    const following = follow(dir, undefined, {
      load(trace) {
        const loaded = traceLoading({ ...options, now: NOW }, trace);
        if (loaded.user.token === 'b' && changes++ === 0) swap(join(dir, 'config'), token('c'));
        return loaded;
      },
    });
    await following.follower.check();
    swap(join(dir, 'config'), token('b'));
    await following.until(() => following.taken.length > 0);
    expect(following.taken.map((taken) => taken.user.token)).toEqual(['c']);
  });
});

describe('the current context', () => {
  const two = (current: string) =>
    `current-context: ${current}
contexts: [{name: a, context: {cluster: c, user: u}}, {name: b, context: {cluster: d, user: u}}]
clusters: [{name: c, cluster: {server: "https://c"}}, {name: d, cluster: {server: "https://d:1"}}]
users: [{name: u, user: {token: t}}]
`;

  it('is followed', async () => {
    const dir = folder({ config: two('a') });
    const following = follow(dir);
    await following.follower.check();
    swap(join(dir, 'config'), two('b'));
    await following.said(/^switched from context "a" to "b": now https:\/\/d:1 as "u"$/);
    expect(following.taken[0]?.cluster.server.hostname).toBe('d');
  });

  it('is not with --context', async () => {
    const dir = folder({ config: two('a') });
    const following = follow(dir, { kubeconfig: 'config', context: 'a' });
    swap(join(dir, 'config'), two('b'));
    await following.follower.reload();
    expect(following.informed).toEqual(['kubeconfig read again: nothing has changed']);
    expect(following.taken).toEqual([]);
  });
});

describe('files that a kubeconfig depends on', () => {
  it('a kubeconfig that comes before the others, in a folder that appears later', async () => {
    const dir = folder({ second: token('b') });
    const env = { KUBECONFIG: `${dir}/new/folder/first:${dir}/second` };
    const following = follow(dir, {}, { env });
    await following.follower.check();
    mkdirSync(join(dir, 'new/folder'), { recursive: true });
    writeFileSync(join(dir, 'new/folder/first'), token('a'));
    await following.until(() => following.token === 'a');
    swap(join(dir, 'new/folder/first'), token('c'));
    await following.until(() => following.token === 'c');
  });

  it('a CA', async () => {
    const dir = folder({ config: CA, ca: ec.cert });
    const following = follow(dir);
    await following.follower.check();
    swap(join(dir, 'ca'), rsa.cert);
    await following.said(/^the cluster's certificate authority was renewed$/);
    expect(following.taken[0]?.cluster.certificateAuthority?.pem).toBe(rsa.cert);
  });

  it('are followed into a folder that takes the place of theirs', async () => {
    const dir = folder({ 'x/config': token('a'), 'y/config': token('b') });
    const following = follow(dir, { kubeconfig: 'x/config' });
    await following.follower.check();
    renameSync(join(dir, 'x'), join(dir, 'old'));
    renameSync(join(dir, 'y'), join(dir, 'x'));
    await following.until(() => following.token === 'b');
    swap(join(dir, 'x/config'), token('c'));
    await following.until(() => following.token === 'c');
  });

  it('are followed through a folder that is replaced with all above it, by looking now and then', async () => {
    const dir = folder({ 'x/y/config': token('a'), 'z/y/config': token('b') });
    const following = follow(dir, { kubeconfig: 'x/y/config' }, { pollMs: 20 });
    await following.follower.check();
    renameSync(join(dir, 'x'), join(dir, 'old'));
    renameSync(join(dir, 'z'), join(dir, 'x'));
    await following.until(() => following.token === 'b');
    swap(join(dir, 'x/y/config'), token('c'));
    await following.until(() => following.token === 'c');
  });
});

describe('what is not there to be done', () => {
  it('reads nothing while files look the same', async () => {
    const dir = folder({ config: token('a') });
    const following = follow(dir, undefined, { pollMs: 1 });
    await following.follower.check();
    const { loads } = following;
    writeFileSync(join(dir, 'another'), '');
    following.nextSecond();
    await following.follower.check();
    expect([following.loads, following.taken]).toEqual([loads, []]);
  });

  it('takes nothing when a file was written with the same text', async () => {
    const dir = folder({ config: token('a') });
    const following = follow(dir);
    await following.follower.check();
    const { loads } = following;
    swap(join(dir, 'config'), `# a comment more\n${token('a')}`);
    following.nextSecond();
    await following.follower.check();
    expect(following.loads).toBe(loads + 1);
    expect([following.taken, following.informed]).toEqual([[], []]);
  });

  it('looks for all who ask at once, and once a second', async () => {
    const dir = folder({ config: token('a') });
    const { follower, ...following } = follow(dir);
    expect(follower.check()).toBe(follower.check());
    await follower.check();
    rmSync(join(dir, 'config'));
    await follower.check();
    expect(following.warned).toEqual([]);
    following.nextSecond();
    await follower.check();
    expect(following.warned).toHaveLength(1);
  });

  it.runIf(process.platform === 'linux')('leaves no watch behind when it is closed', async () => {
    const watches = () =>
      readdirSync('/proc/self/fdinfo')
        .flatMap((fd) => {
          try {
            return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').split('\n');
          } catch {
            return [];
          }
        })
        .filter((line) => line.startsWith('inotify ')).length;
    const before = watches();
    const dir = folder({ config: CA, ca: ec.cert });
    const following = follow(dir);
    await following.follower.check();
    expect(watches()).toBeGreaterThan(before);
    expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap');
    following.follower.close();
    expect(watches()).toBe(before);
    await following.follower.reload();
    expect([watches(), following.informed]).toEqual([before, []]);
  });
});

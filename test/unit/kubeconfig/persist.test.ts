import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import {
  type PersistOptions,
  persistAuthProvider,
} from '../../../src/kubeconfig/persist/persist.ts';
import { replaceFile, snapshot } from '../../../src/kubeconfig/persist/write.ts';

const kubeconfig = (token: string): string =>
  `users:\n- name: alice\n  user:\n    auth-provider:\n      name: oidc\n      config:\n        id-token: ${token} # mine\n`;

const CHANGES = new Map([['id-token', 'new-token']]);

/** A folder with a kubeconfig `config` in it. */
function start(content: string | Buffer = kubeconfig('old-token'), mode = 0o600) {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-persist-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config');
  writeFileSync(file, content);
  chmodSync(file, mode);
  const persist = (options: Partial<PersistOptions> = {}) =>
    persistAuthProvider({
      file,
      userName: 'alice',
      changes: CHANGES,
      lockAll: [file],
      lockWaitMs: 0,
      ...options,
    });
  return { folder, file, persist, text: (path = file) => readFileSync(path, 'utf8') };
}

async function failureOf(persisting: Promise<void>): Promise<string> {
  const error = await persisting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PortholeError);
  expect((error as PortholeError).code).toBe('ERR_CREDENTIALS');
  return (error as PortholeError).message;
}

describe('persistAuthProvider', () => {
  it('writes the new value, leaves the rest, and nothing else in the folder', async () => {
    const { folder, persist, text } = start();
    await persist();
    expect(text()).toBe(kubeconfig('new-token'));
    expect(readdirSync(folder)).toEqual(['config']);
  });

  it.each([0o600, 0o640, 0o644, 0o400])('keeps mode %o', async (mode) => {
    const { file, persist, text } = start(undefined, mode);
    // Without root's rights a read-only file is left alone, as its owner wants it.
    if (mode === 0o400 && process.getuid?.() !== 0) await failureOf(persist());
    else await persist();
    expect(statSync(file).mode & 0o777).toBe(mode);
    if (process.getuid?.() === 0) expect(text()).toBe(kubeconfig('new-token'));
  });

  it('keeps the owner of the file', async () => {
    const { file, persist, text } = start();
    // Only root can give a file away.
    const isRoot = process.getuid?.() === 0;
    const { uid, gid } = isRoot ? { uid: 12_345, gid: 54_321 } : statSync(file);
    chownSync(file, uid, gid);
    await persist();
    expect(statSync(file)).toMatchObject({ uid, gid });
    expect(text()).toBe(kubeconfig('new-token'));
  });

  it('keeps a link, and writes the file that it leads to', async () => {
    const { folder, file, persist, text } = start();
    mkdirSync(join(folder, 'home'));
    const link = join(folder, 'home', 'config');
    symlinkSync('../config', link);
    await persist({ file: link, lockAll: [link] });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readlinkSync(link)).toBe('../config');
    expect(text(file)).toBe(kubeconfig('new-token'));
    expect(readdirSync(join(folder, 'home'))).toEqual(['config']);
  });

  it.each<[string, (text: string) => Buffer]>([
    ['UTF-8 with a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16 big-endian', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ])('keeps %s', async (_, encode) => {
    const { file, persist } = start(encode(kubeconfig('old-token')));
    await persist();
    expect(readFileSync(file).equals(encode(kubeconfig('new-token')))).toBe(true);
  });

  it('reads the file again: what others changed in it stays', async () => {
    const { file, persist, text } = start();
    writeFileSync(file, `${kubeconfig('of-another')}current-context: new\n`);
    await persist();
    expect(text()).toBe(`${kubeconfig('new-token')}current-context: new\n`);
  });

  it.each<[string, string | undefined, RegExp]>([
    ['the entry is gone', 'users: []\n', /^could not persist new tokens: user "alice" is not in/],
    ['the file is no kubeconfig', '[', /^could not persist new tokens: line 1: not valid YAML/],
    ['the file is gone', undefined, /^could not persist new tokens: open .*config: no such file/],
  ])('fails when %s, and leaves no lock', async (_, content, message) => {
    const { folder, file, persist } = start();
    if (content === undefined) rmSync(file);
    else writeFileSync(file, content);
    expect(await failureOf(persist())).toMatch(message);
    expect(readdirSync(folder)).toEqual(content === undefined ? [] : ['config']);
  });

  it('fails when the folder takes no new files', async () => {
    const { persist } = start();
    expect(await failureOf(persist({ file: '/proc/version', lockAll: [] }))).toMatch(
      /^could not persist new tokens: open \/proc\/version\.lock: /,
    );
  });

  it('waits for no pipe that took the place of the file', async () => {
    const { file, persist } = start();
    rmSync(file);
    execFileSync('mkfifo', [file]);
    expect(await failureOf(persist())).toMatch(/config is not a plain file$/);
  });

  it('shows no token in an error', async () => {
    const { file, persist } = start();
    writeFileSync(file, kubeconfig('s3cret-token').replace('alice', '"alice\n'));
    const message = await failureOf(persist());
    expect(message).not.toMatch(/s3cret|new-token/);
  });
});

describe('locks', () => {
  it('waits for a lock, and names it when it stays', async () => {
    const { folder, file, persist, text } = start();
    writeFileSync(`${file}.lock`, '');
    expect(await failureOf(persist({ lockWaitMs: 30 }))).toBe(
      `could not persist new tokens: the lock file ${file}.lock is held by another program; remove it if no kubectl or other program is using the kubeconfig`,
    );
    expect(text()).toBe(kubeconfig('old-token'));
    expect(readdirSync(folder)).toEqual(['config', 'config.lock']);
  });

  it('goes on once the lock is gone', async () => {
    const { file, persist, text } = start();
    writeFileSync(`${file}.lock`, '');
    const persisting = persist({ lockWaitMs: 10_000 });
    rmSync(`${file}.lock`);
    await persisting;
    expect(text()).toBe(kubeconfig('new-token'));
  });

  it('respects the lock of every file of the list, and holds none while it waits', async () => {
    const { folder, file, persist, text } = start();
    const other = join(folder, 'other');
    mkdirSync(`${other}.lock`); // not one that could be taken away by mistake
    const persisting = persist({ lockAll: [other, file], lockWaitMs: 10_000 });
    expect(readdirSync(folder)).toEqual(['config', 'other.lock']);
    expect(text()).toBe(kubeconfig('old-token'));
    rmSync(`${other}.lock`, { recursive: true });
    await persisting;
    expect(text()).toBe(kubeconfig('new-token'));
    expect(readdirSync(folder)).toEqual(['config']);
  });

  it('passes over files of the list whose folder is not there, or takes no files', async () => {
    const { folder, file, persist, text } = start();
    const lockAll = [join(folder, 'nowhere', 'config'), file, '/proc/version', `${file}/x`];
    await persist({ lockAll });
    expect(text()).toBe(kubeconfig('new-token'));
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});

describe('replaceFile', () => {
  it.each<[string, (file: string) => void]>([
    ['was written meanwhile', (file) => writeFileSync(file, 'theirs')],
    [
      'was replaced meanwhile',
      (file) => {
        const time = statSync(file).mtime;
        rmSync(file);
        writeFileSync(file, 'theirs');
        execFileSync('touch', ['-d', time.toISOString(), file]);
      },
    ],
    [
      'is behind a link that leads elsewhere now',
      (file) => {
        writeFileSync(`${file}.new`, 'theirs');
        rmSync(file);
        symlinkSync(`${file}.new`, file);
      },
    ],
  ])('fails when the file %s', (_, change) => {
    const { folder, file, text } = start('ours');
    const seen = snapshot(file);
    change(file);
    expect(() => replaceFile(seen, Buffer.from('new'))).toThrow(PortholeError);
    expect(text()).toBe('theirs');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

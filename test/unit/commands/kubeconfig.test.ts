import { execFileSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { MARK } from '../../../src/commands/client-kubeconfig.ts';
import { kubeconfigCommand, writeClientKubeconfig } from '../../../src/commands/kubeconfig.ts';
import { servingFolder, tokenFile } from '../../../src/commands/places.ts';
import type { ClientKubeconfigOptions } from '../../../src/options.ts';

const CONTENT = `${MARK}, new\n`;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-kubeconfig-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function identity(path: string) {
  const { ino, mode, size, mtimeMs } = lstatSync(path);
  return { ino, mode, size, mtimeMs };
}

describe('writeClientKubeconfig', () => {
  it('writes for the owner alone, and nothing else', async () => {
    const folder = newFolder();
    const path = join(folder, 'config');
    expect(await writeClientKubeconfig(CONTENT, 'config', folder)).toBe(path);
    expect(readFileSync(path, 'utf8')).toBe(CONTENT);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['config']);
  });

  it('replaces its own file by another one, so that a reader sees the old or the new', async () => {
    const folder = newFolder();
    const path = join(folder, 'config');
    writeFileSync(path, `${MARK}, old and longer\n`, { mode: 0o644 });
    linkSync(path, join(folder, 'reader'));
    await writeClientKubeconfig(CONTENT, path, '/');
    expect(readFileSync(path, 'utf8')).toBe(CONTENT);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'reader'), 'utf8')).toBe(`${MARK}, old and longer\n`);
    expect(readdirSync(folder)).toEqual(['config', 'reader']);
  });

  it('replaces an empty file, as mktemp makes one', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'config'), '');
    await writeClientKubeconfig(CONTENT, 'config', folder);
    expect(readFileSync(join(folder, 'config'), 'utf8')).toBe(CONTENT);
  });

  const foreign = (text: string) => (path: string) => writeFileSync(path, text);
  it.each([
    { what: "a user's kubeconfig", make: foreign('apiVersion: v1\n'), why: 'did not write' },
    { what: 'the mark further down', make: foreign(`\n${CONTENT}`), why: 'did not write' },
    { what: 'the mark cut short', make: foreign(MARK.slice(0, -1)), why: 'did not write' },
    { what: 'a folder', make: (path: string) => mkdirSync(path), why: 'a folder' },
    {
      what: 'a pipe',
      make: (path: string) => execFileSync('mkfifo', [path]),
      why: 'not a regular file',
    },
    {
      what: 'a link to a file of ours',
      make(path: string) {
        writeFileSync(`${path}-ours`, CONTENT);
        symlinkSync(`${path}-ours`, path);
      },
      why: 'a symbolic link',
    },
    {
      what: 'a link to nothing',
      make: (path: string) => symlinkSync('nowhere', path),
      why: 'a symbolic link',
    },
  ])('leaves $what as it is', async ({ make, why }) => {
    const folder = newFolder();
    const path = join(folder, 'config');
    make(path);
    const before = [readdirSync(folder), identity(path)];
    await expect(writeClientKubeconfig(CONTENT, path, '/')).rejects.toMatchObject({
      code: 'ERR_KUBECONFIG',
      message: expect.stringContaining(why),
    });
    expect([readdirSync(folder), identity(path)]).toEqual(before);
  });

  it.each([
    ['~/config', 'its folder does not exist; create that first'],
    ['file/config', 'a part of its path is not a folder'],
  ])('creates no folder for %s', async (file, why) => {
    const folder = newFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(writeClientKubeconfig(CONTENT, file, folder)).rejects.toMatchObject({
      code: 'ERR_KUBECONFIG',
      message: `cannot write "${join(folder, file)}": ${why}`,
    });
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('kubeconfigCommand', () => {
  /** Runs it with `folder` as home and working directory; the configuration folder is below. */
  async function command(folder: string, options: Partial<ClientKubeconfigOptions>) {
    const output = { stdout: '', stderr: '' };
    const terminal = {
      env: { XDG_CONFIG_HOME: folder },
      cwd: folder,
      platform: 'linux' as const,
      print(text: string) {
        output.stdout += text;
      },
      say(sentence: string) {
        output.stderr += `${sentence}\n`;
      },
    };
    const all: ClientKubeconfigOptions = {
      address: '127.0.0.1',
      port: 8001,
      apiPrefix: '/',
      tls: { kind: 'off' },
      requireToken: false,
      tokenFile: undefined,
      namespace: undefined,
      write: undefined,
      ...options,
    };
    return { code: await kubeconfigCommand(all, terminal), ...output };
  }

  const FOUR = 'token-of-the-one-on-IPv4';
  const SIX = 'token-of-the-one-on-IPv6';
  const ANY = 'token-of-the-one-everywhere';

  /** A home in which portholes with --tls --require-token have left their files. */
  function home(): string {
    const home = newFolder();
    const folder = join(home, 'porthole');
    for (const address of ['127.0.0.1', '0.0.0.0']) {
      mkdirSync(servingFolder(folder, address), { recursive: true });
      writeFileSync(join(servingFolder(folder, address), 'ca.pem'), `CA of ${address}`);
    }
    writeFileSync(tokenFile(folder, '127.0.0.1:8001'), `${FOUR}\n`);
    writeFileSync(tokenFile(folder, '[::1]:8001'), `${SIX}\n`);
    writeFileSync(tokenFile(folder, '0.0.0.0:8001'), `${ANY}\n`);
    return home;
  }

  const OWN = { kind: 'own' } as const;

  it('prints one, and nothing beside it', async () => {
    const { code, stdout, stderr } = await command(newFolder(), { namespace: 'team-a' });
    expect([code, stderr]).toEqual([0, '']);
    expect(parse(stdout)).toMatchObject({
      contexts: [{ context: { namespace: 'team-a' } }],
      clusters: [{ cluster: { server: 'http://127.0.0.1:8001' } }],
    });
  });

  it('writes one, and says where on stderr', async () => {
    const folder = newFolder();
    const { code, stdout, stderr } = await command(folder, { write: 'config' });
    expect([code, stdout, stderr]).toEqual([0, '', `Wrote ${join(folder, 'config')}\n`]);
    expect(readFileSync(join(folder, 'config'), 'utf8').startsWith(MARK)).toBe(true);
  });

  it.each([
    { address: '127.0.0.1', host: '127.0.0.1', ca: 'CA of 127.0.0.1', token: FOUR },
    { address: '::1', host: '[::1]', ca: 'CA of 127.0.0.1', token: SIX },
    { address: '0.0.0.0', host: '127.0.0.1', ca: 'CA of 0.0.0.0', token: ANY },
  ])('with --tls --require-token on $address has the CA and the token', async (row) => {
    const options = { address: row.address, tls: OWN, requireToken: true };
    const { stdout } = await command(home(), options);
    expect(parse(stdout)).toMatchObject({
      clusters: [
        {
          cluster: {
            server: `https://${row.host}:8001`,
            'certificate-authority-data': btoa(row.ca),
          },
        },
      ],
      users: [{ user: { token: row.token } }],
    });
  });

  it('finds the token by the address that a name stands for', async () => {
    const { stdout } = await command(home(), {
      address: 'localhost',
      tls: OWN,
      requireToken: true,
    });
    const { clusters, users } = parse(stdout);
    expect(clusters[0].cluster.server).toBe('https://localhost:8001');
    expect([FOUR, SIX]).toContain(users[0].user.token);
  });

  it("takes the user's own certificate and token file", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'token'), `${FOUR}\n`);
    const { stdout } = await command(folder, {
      tls: { kind: 'files', cert: 'cert.pem', key: 'key.pem' },
      requireToken: true,
      tokenFile: 'token',
    });
    const { clusters, users } = parse(stdout);
    expect(clusters[0].cluster).toEqual({ server: 'https://127.0.0.1:8001' });
    expect(users[0].user).toEqual({ token: FOUR });
  });

  it.each<[string, Partial<ClientKubeconfigOptions>, string, RegExp]>([
    ['a token without TLS', { requireToken: true }, 'ERR_USAGE', /add --tls/],
    ['a token file without TLS', { requireToken: true, tokenFile: 'x' }, 'ERR_USAGE', /--tls/],
    [
      'a port on which no porthole has left a token',
      { tls: OWN, requireToken: true, port: 8002 },
      'ERR_CREDENTIALS',
      /no such file.*a porthole with --require-token on 127\.0\.0\.1:8002 keeps it/,
    ],
    [
      'a token file that is not there',
      { tls: OWN, requireToken: true, tokenFile: 'gone' },
      'ERR_CREDENTIALS',
      /gone: no such file.*--require-token-file/,
    ],
  ])('refuses %s', async (_, options, code, message) => {
    await expect(command(home(), options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('without the files of porthole --tls says to start that first', async () => {
    await expect(command(newFolder(), { tls: OWN })).rejects.toMatchObject({
      code: 'ERR_KUBECONFIG',
      message: expect.stringMatching(/ca\.pem: no such file.*first start of porthole --tls/),
    });
  });
});

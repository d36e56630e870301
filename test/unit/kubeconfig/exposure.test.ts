import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { config, HTTPS, load } from './support.ts';

/** Of the system, where others get: the tests' own folders in it are closed to them. */
const TEMPORARY = systemTemporary(tmpdir());

function systemTemporary(path: string): string {
  return basename(path).startsWith('porthole-') ? systemTemporary(dirname(path)) : path;
}

/** A kubeconfig in a folder that others can get into, and what is said of it. */
function setup(user = 'token: t0ken') {
  const dir = realpathSync(mkdtempSync(join(TEMPORARY, 'porthole-kubeconfig-')));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'kube'));
  chmodSync(join(dir, 'kube'), 0o755);
  const file = join(dir, 'kube', 'config');
  writeFileSync(file, config(HTTPS, user), { mode: 0o600 });
  return { dir, file, warnings: (kubeconfig = file) => load(dir, { kubeconfig }).warnings };
}

describe('K09: a kubeconfig that others could use is told of, and left as it is', () => {
  it.each([
    [0o600, undefined],
    [0o400, undefined],
    [0o640, /^other users can read DIR\/kube\/config, which holds credentials; .*chmod 600/],
    [0o644, /^other users can read /],
    [0o660, /^other users can change DIR\/kube\/config, and with it what porthole runs/],
    [0o664, /^other users can change /],
    [0o602, /^other users can change /],
  ])('mode %o', (mode, words) => {
    const { dir, file, warnings } = setup();
    chmodSync(file, mode);
    const said = warnings().map((text) => text.replaceAll(dir, 'DIR'));
    expect(said).toEqual(words === undefined ? [] : [expect.stringMatching(words)]);
    expect(statSync(file).mode & 0o777).toBe(mode);
  });

  it('nothing secret may be read', () => {
    const { file, warnings } = setup(
      'exec: {command: a, apiVersion: client.authentication.k8s.io/v1beta1}',
    );
    chmodSync(file, 0o644);
    expect(warnings()).toEqual([]);
  });

  it.each([0o700, 0o600])('in a folder of mode %o nobody reaches it', (mode) => {
    const { dir, file, warnings } = setup();
    chmodSync(file, 0o666);
    chmodSync(join(dir, 'kube'), 0o777);
    chmodSync(dir, mode);
    expect(warnings()).toEqual([]);
  });

  it.each([0o775, 0o757, 0o777])('in a folder of mode %o it can be replaced', (mode) => {
    const { dir, warnings } = setup();
    chmodSync(join(dir, 'kube'), mode);
    expect(warnings()).toEqual([
      expect.stringMatching(/^other users can replace .*the folder \S*\/kube, .*chmod go-w/),
    ]);
    chmodSync(join(dir, 'kube'), mode | 0o1000);
    expect(warnings()).toEqual([]);
  });

  it('a folder above it counts too', () => {
    const { dir, warnings } = setup();
    chmodSync(dir, 0o777);
    expect(warnings().join()).toContain(`they can change the folder ${dir},`);
  });

  it('a symbolic link is as safe as where it is, and where it leads', () => {
    const { dir, file, warnings } = setup();
    mkdirSync(join(dir, 'links'));
    chmodSync(join(dir, 'links'), 0o755);
    const link = join(dir, 'links', 'config');
    symlinkSync(file, link);
    expect(warnings(link)).toEqual([]);
    chmodSync(join(dir, 'links'), 0o777);
    expect(warnings(link).join()).toContain(`the folder ${join(dir, 'links')},`);
    chmodSync(join(dir, 'links'), 0o755);
    chmodSync(join(dir, 'kube'), 0o777);
    expect(warnings(link).join()).toContain(`the folder ${join(dir, 'kube')},`);
    chmodSync(join(dir, 'kube'), 0o755);
    chmodSync(file, 0o644);
    expect(warnings(link).join()).toMatch(/^other users can read \S*\/links\/config/);
  });

  it('each file of a list is told of for itself, and only whose credentials count', () => {
    const { dir, file } = setup();
    renameSync(file, join(dir, 'one'));
    const other = setup('{}');
    chmodSync(join(dir, 'one'), 0o644);
    chmodSync(other.file, 0o644);
    const env = { HOME: dir, KUBECONFIG: `${join(dir, 'one')}:${other.file}` };
    expect(load(dir, {}, { env }).warnings).toEqual([expect.stringMatching(/read \S*\/one,/)]);
  });

  // Only root can give files away.
  it.runIf(userInfo().uid === 0)('one of another user is theirs to change', () => {
    const { dir, file, warnings } = setup();
    chownSync(file, 12_345, 0);
    expect(warnings()).toEqual([
      expect.stringMatching(/config belongs to another user \(uid 12345\), who can change it/),
    ]);
    chownSync(file, 0, 0);
    chownSync(join(dir, 'kube'), 12_345, 0);
    expect(warnings().join()).toMatch(/^other users can replace /);
  });
});

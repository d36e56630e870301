import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith } from '../support/cli.ts';
import { follow, upstreamOf } from '../support/followed.ts';
import { run } from '../support/process.ts';

const contexts = (context = 'cluster: c, user: u') =>
  `current-context: x\ncontexts: [{name: x, context: {${context}}}]\n`;
const CLUSTERS = 'clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]\n';
const USERS = 'users: [{name: u, user: {token: s3cret}}]\n';
const GOOD = contexts() + CLUSTERS + USERS;
/** What porthole says where it gets beyond the kubeconfig: it is to serve in a folder that is not there. */
const SERVES = /^error: listen unix .*there is no such folder/m;

/** Starts porthole on a kubeconfig, which ends of itself, and tells how, and what memory that took. */
async function startOn(text: string | Buffer) {
  const folder = emptyFolder();
  const file = join(folder, 'config');
  writeFileSync(file, text, { mode: 0o600 });
  const meter = join(folder, 'meter.mjs');
  const told = "process.stderr.write('maxRSS=' + process.resourceUsage().maxRSS + '\\n')";
  writeFileSync(meter, `process.on('exit', () => ${told});`);
  const flags = [`--kubeconfig=${file}`, `--unix-socket=${folder}/none/sock`];
  const [program, args, options] = portholeWith(flags);
  const done = await run(program, ['--import', meter, ...args], options);
  const [line = '', kibibytes] = /maxRSS=(\d+)\n$/.exec(done.stderr) ?? [];
  const stderr = done.stderr.replace(line, '');
  return { ...done, file, stderr, mebibytes: Number(kibibytes) / 1024 };
}

describe('K01', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['empty', '', /no context|Missing or incomplete configuration/],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0]), /not text in UTF-8/],
    ['control characters', 'a: \x01', /control characters are not allowed/],
    ['truncated', GOOD.slice(0, GOOD.length - 10), /line 4: not valid YAML/],
    [
      'cut in base64',
      `${contexts()}${CLUSTERS}users: [{name: u, user: {client-key-data: QUJ}}]`,
      /users\[0\] "u": illegal base64 data in client-key-data/,
    ],
    ['tabs', 'contexts:\n\t- name: x\n', /line 2: .*tab may not indent/],
    ['a list for a root', '- a\n', /must be a mapping, not a list/],
    ['a word for a root', 's3cret\n', /must be a mapping, not a string/],
    ['another kind', `kind: Pod\n${GOOD}`, /no kind "Pod" is registered/],
    ['another version', `apiVersion: v2\n${GOOD}`, /version "v2"/],
    ['no current context', GOOD.replace('current-context: x', ''), /no context is chosen/],
    [
      'a current context that is not there',
      GOOD.replace('current-context: x', 'current-context: other'),
      /context was not found for specified context: other \(it is the current-context\)/,
    ],
    [
      'a cluster that is not there',
      contexts('cluster: d, user: u') + CLUSTERS + USERS,
      /config: cluster "d" was not found for context "x"/,
    ],
    [
      'a user that is not there',
      contexts('cluster: c, user: v') + CLUSTERS + USERS,
      /config: user "v" was not found for context "x"/,
    ],
    [
      'no cluster',
      contexts('user: u') + CLUSTERS + USERS,
      /cluster was not specified for context "x"/,
    ],
    [
      'no server',
      `${contexts()}clusters: [{name: c, cluster: {}}]\n${USERS}`,
      /no server found for cluster "c"/,
    ],
  ])('%s', async (_, text, reason) => {
    const { code, stdout, stderr, file } = await startOn(text);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: .*\n$/);
    // Names of contexts are looked for in all files.
    if (!stderr.includes('context')) expect(stderr).toContain(file);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/s3cret|^\s+at /m);
  });

  it('of two documents the first, as kubectl', async () => {
    const { stderr } = await startOn(`${GOOD}---\ncurrent-context: other\n: [broken`);
    expect(stderr).toMatch(SERVES);
  });
});

describe('K02', () => {
  /** Ten to the power of `levels` words. */
  const bomb = (levels: number): string =>
    Array.from({ length: levels }, (_, i) => {
      const items = Array(10).fill(i === 0 ? 'lol' : `*a${i - 1}`);
      return `a${i}: &a${i} [${items.join(', ')}]`;
    }).join('\n');

  it.each([
    ['in a field that nobody reads', `${bomb(9)}\n${GOOD}`],
    [
      'in the groups of a user',
      `${bomb(9)}\n${contexts()}${CLUSTERS}users: [{name: u, user: {as: a, as-groups: *a8}}]`,
    ],
    [
      'of merge keys',
      `a: &a {${Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join(', ')}}\n${Array.from({ length: 2000 }, (_, i) => `b${i}: {<<: *a}`).join('\n')}`,
    ],
  ])('is refused in little memory: %s', async (_, text) => {
    const { code, stderr, mebibytes } = await startOn(text);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/YAML aliases that expand to more than/),
    ]);
    expect(mebibytes).toBeGreaterThan(20);
    expect(mebibytes).toBeLessThan(200);
  });
});

describe('K03', () => {
  it.each([1_000, 100_000])('%i levels are refused', async (depth) => {
    for (const text of ['['.repeat(depth), '{a: '.repeat(depth), '- '.repeat(depth)]) {
      const { code, signal, stderr, mebibytes } = await startOn(text);
      expect([code, signal]).toEqual([1, null]);
      expect(stderr).toMatch(/nested deeper than 64 levels/);
      expect(mebibytes).toBeLessThan(200);
    }
  });

  it('read again a hundred times, they change nothing', async () => {
    const { proxy, write, writeConfig, ask } = await follow(await upstreamOf());
    for (let i = 0; i < 100; i++) {
      write('config', '['.repeat(100_000 + i));
      await proxy.reload();
    }
    expect(proxy.warnings.join()).toMatch(
      /nested deeper than 64 levels.*configuration in use stays/,
    );
    expect(await ask()).toContain('200 OK');
    writeConfig({ name: 'back' });
    await proxy.reload();
    expect(proxy.config.contextName).toBe('back');
  });
});

describe('K04', () => {
  const keys = (count: number, length: number): string =>
    Array.from({ length: count }, (_, i) => `${String(i).padStart(length, 'k')}: 1`).join('\n');
  const clusters = (count: number, size: number): string => {
    const data = Buffer.from(`-----BEGIN CERTIFICATE-----\n${'a'.repeat(size)}`).toString('base64');
    return `clusters:\n${Array.from(
      { length: count },
      (_, i) =>
        `- name: c${i || ''}\n  cluster:\n    server: https://127.0.0.1:1\n    certificate-authority-data: ${i ? data : ''}\n`,
    ).join('')}`;
  };

  it.each<[string, string, RegExp]>([
    ['10,000 keys in 90 KB', `${keys(10_000, 6)}\n${GOOD}`, SERVES],
    ['100,000 keys in 5 MB', `${keys(100_000, 47)}\n${GOOD}`, SERVES],
    [
      '5,000 clusters in 5 MB',
      contexts() + clusters(5_000, 600).replace(/certificate-authority-data: \n/, '\n') + USERS,
      SERVES,
    ],
    ['5,000 clusters in 23 MB', contexts() + clusters(5_000, 3_300) + USERS, /larger than 8 MiB/],
    ['a million short keys', `${keys(400_000, 6)}\n${GOOD}`, /more than 1000000 YAML tokens/],
  ])('%s', async (_, text, outcome) => {
    const { code, stderr } = await startOn(text);
    expect([code, stderr]).toEqual([1, expect.stringMatching(outcome)]);
  });
});

describe('K09', () => {
  /** A kubeconfig where others of this machine get to: not in the tests' own folder, nor in one that holds it. */
  function makeReachable() {
    let open = tmpdir();
    for (let at = open; at !== dirname(at); at = dirname(at))
      if ((statSync(at).mode & 0o005) !== 0o005) open = dirname(at);
    const dir = realpathSync(mkdtempSync(join(open, 'porthole-hazard-')));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    chmodSync(dir, 0o755);
    mkdirSync(join(dir, 'sub'), { mode: 0o755 });
    const file = join(dir, 'sub', 'config');
    writeFileSync(file, GOOD, { mode: 0o600 });
    symlinkSync(file, join(dir, 'link'));
    return { dir, file };
  }

  it.each<[string, (file: string) => unknown, RegExp | undefined]>([
    ['mode 0600', () => {}, undefined],
    ['mode 0644', (file) => chmodSync(file, 0o644), /other users can read \S+/],
    ['mode 0664', (file) => chmodSync(file, 0o664), /other users can change \S+/],
    ['a folder of mode 0775', (file) => chmodSync(dirname(file), 0o775), /other users can replace/],
  ])(
    '%s is told of by the doctor, also through a link, and left alone',
    async (_, change, words) => {
      const { dir, file } = makeReachable();
      change(file);
      const before = [statSync(file), statSync(dirname(file))].map(({ mode }) => mode);
      for (const path of [file, join(dir, 'link')]) {
        const { stdout } = await run(...portholeWith(['doctor', `--kubeconfig=${path}`]));
        const text = stdout.replace(/\s+/g, ' ');
        if (words === undefined) expect(text).not.toMatch(/other users/);
        else expect(text).toMatch(words);
      }
      expect([statSync(file), statSync(dirname(file))].map(({ mode }) => mode)).toEqual(before);
    },
  );
});

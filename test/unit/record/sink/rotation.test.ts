import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { LogEnd } from '../../../../src/record/sink/log-end.ts';
import { openLogFile } from '../../../../src/record/sink/log-file.ts';
import type { Rotation } from '../../../../src/record/sink/rotation.ts';
import { linesOf, newFolder, pour } from './folder.ts';

const NEVER: Rotation = { maxBytes: 0, maxBackups: 0, maxAgeMs: 0, compress: false };
const BACKUP = /^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/;
const DAY_MS = 24 * 60 * 60 * 1000;

const open = (folder: string, rotation: Partial<Rotation>, onProblem = vi.fn()): LogEnd =>
  openLogFile(join(folder, 'audit.log'), {
    rotation: { ...NEVER, ...rotation },
    isPrivate: true,
    onProblem,
  });

/** What is in the folder beside the log file, in order. */
const backupsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'audit.log')
    .sort();

/** `audit-<time>.log` for some time ago. */
function backupName(ageMs: number): string {
  const time = new Date(Date.now() - ageMs).toISOString().slice(0, -1).replaceAll(':', '-');
  return `audit-${time}.log`;
}

it('puts a file aside before a line would make it too long, and never within a line', async () => {
  const folder = newFolder();
  const end = open(folder, { maxBytes: 10 });
  await pour(end, '111\n222\n33\n4444\n5\n'); // 8 and 3 are too many; 3, 5 and 2 are just enough
  await end.close();
  const backups = backupsIn(folder);
  expect(backups).toEqual([expect.stringMatching(BACKUP)]);
  expect(linesOf(join(folder, backups[0] as string))).toEqual(['111', '222']);
  expect(linesOf(join(folder, 'audit.log'))).toEqual(['33', '4444', '5']);
  for (const name of readdirSync(folder))
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

it('ends a line in the file in which it was begun', async () => {
  const folder = newFolder();
  const end = open(folder, { maxBytes: 10 });
  await pour(end, '1\n2345678');
  await pour(end, '9ab\nnext\n');
  await end.close();
  const [backup] = backupsIn(folder);
  expect(linesOf(join(folder, `${backup}`))).toEqual(['1', '23456789ab']);
  expect(linesOf(join(folder, 'audit.log'))).toEqual(['next']);
});

it('fills up a file that was begun by another process', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'audit.log'), '123\n');
  const end = open(folder, { maxBytes: 10 });
  await pour(end, '56\n89\nnext\n');
  await end.close();
  const [backup] = backupsIn(folder);
  expect(linesOf(join(folder, `${backup}`))).toEqual(['123', '56', '89']);
  expect(linesOf(join(folder, 'audit.log'))).toEqual(['next']);
});

it("puts nobody else's file aside: where the name was given to a new one, that is used", async () => {
  const folder = newFolder();
  const file = join(folder, 'audit.log');
  const end = open(folder, { maxBytes: 10 });
  await pour(end, '123456789\n');
  renameSync(file, join(folder, 'moved'));
  writeFileSync(file, 'new\n');
  await pour(end, '1\n2\n');
  await end.close();
  expect(backupsIn(folder)).toEqual(['moved']);
  expect(linesOf(file)).toEqual(['new', '1', '2']);
});

it('names the time at which it puts a file aside, in UTC', async () => {
  const folder = newFolder();
  const end = open(folder, { maxBytes: 1 });
  const before = Date.now();
  await pour(end, 'a\nb\n');
  await end.close();
  const [, date, h, m, s] =
    /^audit-(.*)T(..)-(..)-(.*)\.log$/.exec(backupsIn(folder)[0] ?? '') ?? [];
  const time = Date.parse(`${date}T${h}:${m}:${s}Z`);
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
});

it('gives a line that is longer than all a file of its own, and never an empty one', async () => {
  const folder = newFolder();
  const end = open(folder, { maxBytes: 10 });
  await pour(end, `${'x'.repeat(40)}\n1\n${'y'.repeat(40)}\n`);
  await end.close();
  const all = [...backupsIn(folder), 'audit.log'].map((name) => linesOf(join(folder, name)));
  expect(all).toEqual([['x'.repeat(40)], ['1'], ['y'.repeat(40)]]);
});

it('overwrites no file when many are full within a millisecond, also none that is compressed', async () => {
  const folder = newFolder();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now());
  onTestFinished(() => clock.mockRestore());
  const taken = Array.from({ length: 100 }, (_, i) => `${backupName(-i)}.gz`);
  for (const name of taken) writeFileSync(join(folder, name), gzipSync('old\n'));
  const end = open(folder, { maxBytes: 2 });
  const lines = Array.from({ length: 10 }, (_, i) => String.fromCharCode(0x40 + i));
  await pour(end, lines.map((line) => `${line}\n`).join(''));
  await end.close();
  const ours = backupsIn(folder).filter((name) => !name.endsWith('.gz'));
  expect([...ours, 'audit.log'].flatMap((name) => linesOf(join(folder, name)))).toEqual(lines);
  expect(ours.filter((name) => taken.includes(`${name}.gz`))).toEqual([]);
});

it.each([0, 1000])('writes on where nothing is to be put aside: %i bytes', async (maxBytes) => {
  const folder = newFolder();
  const end = open(folder, { maxBytes });
  await pour(end, 'some\nlines\n');
  await end.close();
  expect(readdirSync(folder)).toEqual(['audit.log']);
});

it('counts what a file holds at the start, and what others add or cut', async () => {
  const folder = newFolder();
  const file = join(folder, 'audit.log');
  writeFileSync(file, '1234567\n');
  const end = open(folder, { maxBytes: 10 });
  await pour(end, 'new\n');
  expect(backupsIn(folder)).toHaveLength(1);
  writeFileSync(file, ''); // logrotate's copytruncate
  await pour(end, '1\n2\n3\n4\n5\n');
  await end.close();
  expect(backupsIn(folder)).toHaveLength(1);
  expect(linesOf(file)).toEqual(['1', '2', '3', '4', '5']);
});

it('keeps the newest, and those that are young enough', async () => {
  const folder = newFolder();
  const ages = [1, 2, 3, 4, 5].map((days) => backupName(days * DAY_MS - 60_000));
  for (const name of ages) writeFileSync(join(folder, name), '');
  writeFileSync(join(folder, `${ages[0]}.gz`), gzipSync('')); // counts once with the plain one
  await open(folder, { maxBackups: 4 }).close();
  expect(backupsIn(folder)).toEqual([...ages.slice(0, 4), `${ages[0]}.gz`].sort());
  await open(folder, { maxAgeMs: 2 * DAY_MS }).close();
  expect(backupsIn(folder)).toEqual([...ages.slice(0, 2), `${ages[0]}.gz`].sort());
});

it('removes old ones whenever it puts a file aside', async () => {
  const folder = newFolder();
  const end = open(folder, { maxBytes: 2, maxBackups: 2 });
  await pour(end, '1\n2\n3\n4\n5\n');
  await end.close();
  expect(backupsIn(folder).map((name) => linesOf(join(folder, name)))).toEqual([['3'], ['4']]);
});

it('touches nothing whose name or kind is not exactly that of a file that was put aside', async () => {
  const folder = newFolder();
  const old = '2001-02-03T04-05-06';
  const others = [
    `audit-${old}.000.log.bak`,
    `audit-${old}.log`,
    `audit-${old}.0000.log`,
    `audit-${old}.000.txt`,
    `audit-x${old}.000.log`,
    `audit-${old}.000-x.log`,
    'audit-2001-13-03T04-05-06.000.log',
    `audit-${old}.000.log.part`,
    `xaudit-${old}.000.log`,
    `audit2-${old}.000.log`,
    'audit-.log',
  ];
  for (const name of others) writeFileSync(join(folder, name), 'keep\n');
  mkdirSync(join(folder, `audit-${old}.001.log`));
  symlinkSync(join(folder, others[0] as string), join(folder, `audit-${old}.002.log`));
  const before = readdirSync(folder);
  writeFileSync(join(folder, `audit-${old}.000.log`), 'go\n');
  await open(folder, { maxBackups: 1, maxAgeMs: DAY_MS, compress: true }).close();
  expect(backupsIn(folder)).toEqual(before.sort());
});

it('compresses what is put aside, for its owner alone, and removes the original', async () => {
  const folder = newFolder();
  const end = open(folder, { maxBytes: 4, compress: true });
  await pour(end, '111\n222\n');
  await vi.waitFor(() => expect(backupsIn(folder)).toEqual([expect.stringMatching(/\.log\.gz$/)]));
  await end.close();
  const [backup] = backupsIn(folder).map((name) => join(folder, name)) as [string];
  expect(gunzipSync(readFileSync(backup)).toString()).toBe('111\n');
  expect(statSync(backup).mode & 0o777).toBe(0o600);
});

it('finishes what a killed compression left, and believes no part of it', async () => {
  const folder = newFolder();
  const [begun, renamed, orphan] = [1, 2, 3].map((hours) => backupName(hours * 3_600_000)) as [
    string,
    string,
    string,
  ];
  writeFileSync(join(folder, begun), 'begun\n');
  writeFileSync(join(folder, `${begun}.gz.part`), gzipSync('begun\n').subarray(0, 10));
  writeFileSync(join(folder, renamed), 'renamed\n');
  writeFileSync(join(folder, `${renamed}.gz`), gzipSync('renamed\n'));
  chmodSync(join(folder, `${renamed}.gz`), 0o400);
  writeFileSync(join(folder, `${orphan}.gz.part`), '');
  const end = open(folder, { compress: true });
  const expected = [`${begun}.gz`, `${renamed}.gz`].sort();
  await vi.waitFor(() => expect(backupsIn(folder)).toEqual(expected));
  await end.close();
  const texts = expected.map((name) => gunzipSync(readFileSync(join(folder, name))).toString());
  expect(texts.sort()).toEqual(['begun\n', 'renamed\n']);
});

it.each([false, true])(
  'loses no line and tears none when two processes put one file aside, compressed: %s',
  async (compress) => {
    const folder = newFolder();
    const ends = ['a', 'b'].map((name) => ({
      name,
      end: open(folder, { maxBytes: 20_000, compress }),
    }));
    const text = (name: string, n: number) => `${name}${n} ${'x'.repeat(100)}\n`;
    for (let n = 0; n < 3_000; n++)
      await Promise.all(ends.map(({ name, end }) => pour(end, text(name, n))));
    await Promise.all(ends.map(({ end }) => end.close()));
    const all = readdirSync(folder).flatMap((name) => {
      const bytes = readFileSync(join(folder, name));
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split(/(?<=\n)/);
    });
    const written = ends.flatMap(({ name }) =>
      Array.from({ length: 3_000 }, (_, n) => text(name, n)),
    );
    expect(new Set(all).size).toBe(all.length);
    expect(all.sort()).toEqual(written.sort());
  },
);

it('says which log it cannot tidy up, once, and does the rest', async () => {
  const folder = newFolder();
  const [first, second, third] = [1, 2, 3].map((hours) => backupName(hours * 3_600_000));
  for (const name of [first, second, third]) writeFileSync(join(folder, `${name}`), 'text\n');
  mkdirSync(join(folder, `${second}.gz`)); // nothing can be renamed to that
  const onProblem = vi.fn();
  const end = open(folder, { compress: true, maxBytes: 2 }, onProblem);
  const expected = expect.arrayContaining([`${first}.gz`, `${second}`, `${third}.gz`]);
  await vi.waitFor(() => expect(backupsIn(folder)).toEqual(expected));
  await pour(end, '1\n2\n');
  await vi.waitFor(() => expect(backupsIn(folder)).toHaveLength(5));
  await end.close();
  expect(onProblem.mock.calls).toEqual([
    [expect.stringMatching(/^cannot remove or compress old files of the log ".*audit\.log": /)],
  ]);
});

it('ends a compression that is under way when it is closed, and leaves the file whole', async () => {
  const folder = newFolder();
  const name = backupName(1000);
  const text = 'line\n'.repeat(2_000_000);
  writeFileSync(join(folder, name), text);
  const onProblem = vi.fn();
  const end = open(folder, { compress: true }, onProblem);
  await vi.waitFor(() => expect(backupsIn(folder)).toContain(`${name}.gz.part`), { interval: 1 });
  await end.close();
  expect(backupsIn(folder)).toEqual([name]);
  expect(statSync(join(folder, name)).size).toBe(text.length);
  expect(onProblem).not.toHaveBeenCalled();
});

it('goes on with the old file when it cannot be put aside, and says so once', async () => {
  const folder = newFolder();
  const file = join(folder, `${'a'.repeat(245)}.log`); // too long with a time in it
  const onProblem = vi.fn();
  const end = openLogFile(file, { rotation: { ...NEVER, maxBytes: 4 }, onProblem });
  let lines = 0;
  // Long enough for it to try again.
  for (const start = performance.now(); performance.now() < start + 300; lines += 2)
    await pour(end, '111\n222\n');
  await end.close();
  expect(linesOf(file)).toHaveLength(lines);
  expect(onProblem.mock.calls).toEqual([
    [
      expect.stringMatching(
        /^cannot start a new log file in place of .*; going on with the old one$/,
      ),
    ],
  ]);
});

it.skipIf(userInfo().uid !== 0)(
  'counts no files of other users that are named as its own, and leaves them alone (needs root)',
  async () => {
    const folder = newFolder();
    const ours = [backupName(2 * DAY_MS), backupName(3 * DAY_MS)].sort();
    for (const name of ours) writeFileSync(join(folder, name), 'ours\n');
    const theirs = [1, 2, 3, 4].map((age) => backupName(age * 1000));
    const part = `${ours[0]}.gz.part`;
    for (const name of [...theirs, part]) {
      writeFileSync(join(folder, name), 'theirs\n');
      chownSync(join(folder, name), 65534, 65534);
    }
    await open(folder, { maxBackups: 2 }).close();
    expect(backupsIn(folder)).toEqual([...ours, ...theirs, part].sort());
  },
);

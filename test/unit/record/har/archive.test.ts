import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PortholeError } from '../../../../src/errors.ts';
import { Archive } from '../../../../src/record/har/archive.ts';
import { openArchive } from '../../../../src/record/har/open.ts';

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-har-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const open = (file: string, mode: 'fresh' | 'continue' = 'fresh') =>
  new Archive(openArchive(file, mode, '1.2.3'));
const entry = (n: number, size = 1): string =>
  JSON.stringify({ startedDateTime: 'now', n, text: 'é'.repeat(size) });
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')).log;
const numbers = (file: string): number[] => read(file).entries.map(({ n }: { n: number }) => n);

function failure(act: () => unknown): PortholeError {
  try {
    act();
  } catch (error) {
    return error as PortholeError;
  }
  throw new Error('it did not fail');
}

async function addAndClose(archive: Archive, ...entries: readonly string[]): Promise<void> {
  for (const text of entries) archive.add(text);
  await archive.close();
}

describe('an archive in a file', () => {
  it('is whole from the start, and for its owner alone', async () => {
    const file = join(emptyFolder(), 'a.har');
    const archive = open(file);
    expect(read(file)).toEqual({
      version: '1.2',
      creator: { name: 'porthole', version: '1.2.3' },
      entries: [],
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await archive.close();
  });

  it('is emptied when it is to be fresh, and else goes on', async () => {
    const file = join(emptyFolder(), 'a.har');
    writeFileSync(file, 'something else');
    await addAndClose(open(file), entry(1), entry(2));
    await addAndClose(open(file, 'continue'), entry(3));
    await addAndClose(open(file, 'continue'));
    await addAndClose(open(file, 'continue'), entry(4));
    expect(numbers(file)).toEqual([1, 2, 3, 4]);
    await addAndClose(open(file), entry(5));
    expect(numbers(file)).toEqual([5]);
  });

  it('goes on behind its last whole entry when its end is gone', async () => {
    const file = join(emptyFolder(), 'a.har');
    await addAndClose(open(file), entry(1), entry(2, 1000));
    truncateSync(file, statSync(file).size - 100);
    const archive = open(file, 'continue');
    expect(numbers(file)).toEqual([1]);
    await addAndClose(archive, entry(3));
    expect(numbers(file)).toEqual([1, 3]);
  });

  it('keeps entries of any size in order', async () => {
    const file = join(emptyFolder(), 'a.har');
    const sizes = [1, 300_000, 5, 100_000, 100_000, 100_000, 1];
    await addAndClose(open(file), ...sizes.map((size, n) => entry(n, size)));
    expect(numbers(file)).toEqual(sizes.map((_, n) => n));
  });

  it('drops what comes faster than it can be written, counts it, and says so', async () => {
    const file = join(emptyFolder(), 'a.har');
    const archive = open(file);
    for (let n = 0; n < 12; n++) archive.add(entry(n, 1024 * 1024));
    const { dropped } = archive;
    expect(dropped).toBeGreaterThan(3);
    await archive.close();
    expect(numbers(file)).toEqual(Array.from({ length: 12 - dropped }, (_, n) => n));
    expect(read(file).comment).toContain(`${dropped} exchanges are missing`);
    await addAndClose(open(file, 'continue'), entry(12));
    expect(read(file).comment).toContain(`${dropped} exchanges are missing`);
  });

  it('is left to whom it was first, and stays whole, when two write to it', async () => {
    const file = join(emptyFolder(), 'a.har');
    const told: string[] = [];
    const [first, second] = [1, 2].map(
      (n) =>
        new Archive(openArchive(file, 'continue', '1.2.3'), { onTaken: () => told.push(`${n}`) }),
    ) as [Archive, Archive];
    first.add(entry(1));
    await expect.poll(() => numbers(file)).toEqual([1]);
    second.add(entry(2));
    await expect.poll(() => told).toEqual(['2']);
    await addAndClose(second, entry(3));
    await addAndClose(first, entry(4));
    expect(numbers(file)).toEqual([1, 4]);
    expect([first.dropped, second.dropped]).toEqual([0, 2]);
  });

  it('is not written to when somebody has cut or emptied it', async () => {
    const file = join(emptyFolder(), 'a.har');
    const archive = open(file);
    archive.add(entry(1));
    await expect.poll(() => numbers(file)).toEqual([1]);
    truncateSync(file, 0);
    await addAndClose(archive, entry(2));
    expect([statSync(file).size, archive.dropped]).toEqual([0, 1]);
  });

  it('is not made of something else that is there', () => {
    const folder = emptyFolder();
    const file = join(folder, 'a');
    writeFileSync(file, '{"log":{"version":"1.2","creator":{"name":"Firefox"},"entries":[]}}');
    const error = failure(() => openArchive(file, 'continue', '1'));
    expect(error.code).toBe('ERR_LOG_FILE');
    expect(error.message).toBe(
      `cannot write the HTTP Archive to ${JSON.stringify(file)}: it holds something else; name another file, or remove this one`,
    );
    expect(readFileSync(file, 'utf8')).toContain('Firefox');
  });

  it('is nobody else’s to read, whoever could before', () => {
    const file = join(emptyFolder(), 'a.har');
    for (const mode of ['fresh', 'continue'] as const) {
      writeFileSync(file, '');
      chmodSync(file, 0o666);
      closeSync(openArchive(file, mode, '1').fd);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
  });

  it.skipIf(userInfo().uid !== 0)('is not put into a file of another user (needs root)', () => {
    const file = join(emptyFolder(), 'a.har');
    closeSync(openArchive(file, 'fresh', '1').fd);
    chmodSync(file, 0o666);
    chownSync(file, 65534, 65534);
    const text = readFileSync(file, 'utf8');
    for (const mode of ['fresh', 'continue'] as const) {
      const error = failure(() => openArchive(file, mode, '1'));
      expect(error.message).toContain('it belongs to another user');
      expect(readFileSync(file, 'utf8')).toBe(text);
      expect(statSync(file).mode & 0o777).toBe(0o666);
    }
  });

  it('says of a file that can not be one what to do', () => {
    const folder = emptyFolder();
    symlinkSync('elsewhere', join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const cases: readonly (readonly [name: string, sentence: string])[] = [
      ['link', 'it is a symbolic link'],
      ['fifo', 'an HTTP Archive needs a regular file'],
      ['.', 'it is a directory'],
      ['none/a.har', 'its directory does not exist'],
    ];
    for (const mode of ['fresh', 'continue'] as const)
      for (const [name, sentence] of cases) {
        const error = failure(() => openArchive(join(folder, name), mode, '1'));
        expect(error.code).toBe('ERR_LOG_FILE');
        expect(error.message).toContain(sentence);
      }
  });
});

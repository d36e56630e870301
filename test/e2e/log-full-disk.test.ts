import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSink } from '../../src/record/sink/open-sink.ts';

/** A file system of 256 KiB, with `ballast` that can be removed from it. */
function smallDisk() {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  });
  const ballast = join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(128 * 1024));
  return { file: join(folder, 'audit.log'), ballast };
}

/** 199 characters and a newline: no page ends at one. */
const line = (n: number): string => `${JSON.stringify({ n }).padEnd(199)}\n`;

const numbersIn = (text: string): number[] =>
  text
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each).n);

describe.skipIf(userInfo().uid !== 0)('a log on a disk that is full (needs root)', () => {
  it('has whole lines when there is room again, and each line is there or counted', async () => {
    const { file, ballast } = smallDisk();
    const sink = openSink({ file, isPrivate: true, maxHeld: 50_000 });
    sink.onRoom = (count) => sink.write(`${JSON.stringify({ n: -count })}\n`);
    let given = 0;
    const fill = async () => {
      for (;;) await sink.writeThrough(line(given++));
    };
    await expect(fill()).rejects.toMatchObject({ code: 'ERR_AUDIT' });
    while (sink.dropped < 100) sink.write(line(given++));
    expect(statSync(file).size % 200).not.toBe(0); // torn, for now
    const { dropped } = sink;
    rmSync(ballast);
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toContain(`{"n":-${dropped}}\n`));
    await sink.writeThrough(line(given++));
    await sink.close();
    const numbers = numbersIn(readFileSync(file, 'utf8'));
    expect(numbers).toContain(-dropped);
    expect(numbers.filter((n) => n > 0)).toEqual([...new Set(numbers.filter((n) => n > 0))]);
    expect(numbers.length - 1 + sink.dropped).toBe(given);
  });

  it('gets the room of a log that somebody deletes to make some', async () => {
    const { file } = smallDisk();
    const sink = openSink({ file, isPrivate: true });
    let last = 0;
    const fill = async () => {
      for (; ; last++) await sink.writeThrough(line(last));
    };
    await expect(fill()).rejects.toMatchObject({ code: 'ERR_AUDIT' });
    rmSync(file);
    await vi.waitFor(() => sink.writeThrough(line(++last)));
    await sink.close();
    const numbers = numbersIn(readFileSync(file, 'utf8'));
    expect(sink.dropped).toBe(0);
    expect(numbers).toEqual(numbers.map((_, i) => last - numbers.length + 1 + i));
  });

  it('tells nobody that a line is written that is not', async () => {
    const { file, ballast } = smallDisk();
    const sink = openSink({ file, isPrivate: true, maxHeld: 1_000_000 });
    const told: number[] = [];
    const refused: number[] = [];
    for (let n = 0; refused.length < 200; ) {
      const some = Array.from({ length: 20 }, () => n++);
      await Promise.all(
        some.map((each) =>
          sink.writeThrough(line(each)).then(
            () => told.push(each),
            () => refused.push(each),
          ),
        ),
      );
      const text = readFileSync(file, 'utf8');
      expect(text.split('\n').length - 1).toBeGreaterThanOrEqual(told.length);
    }
    rmSync(ballast);
    await sink.close();
    expect(numbersIn(readFileSync(file, 'utf8'))).toEqual(
      Array.from({ length: told.length + refused.length }, (_, i) => i),
    );
  });
});

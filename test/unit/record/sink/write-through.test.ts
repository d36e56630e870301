import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LineSink } from '../../../../src/record/sink/line-sink.ts';
import type { LogEnd } from '../../../../src/record/sink/log-end.ts';
import { openSink, type SinkOptions } from '../../../../src/record/sink/open-sink.ts';
import { linesOf, newFolder } from './folder.ts';

const REFUSED = expect.objectContaining({ code: 'ERR_AUDIT', status: 500 });

/** A sink on a FIFO that holds 64 KiB, and its reader. */
function intoFifo(options: Omit<SinkOptions, 'file'> = {}) {
  const file = join(newFolder(), 'fifo');
  execFileSync('mkfifo', [file]);
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const sink = openSink({ file, isPrivate: true, closeMs: 50, ...options });
  onTestFinished(async () => {
    await sink.close();
    closeSync(reader);
  });
  return { sink, reader };
}

/** What the pipe holds now. */
function drain(fd: number): string {
  const buffer = Buffer.alloc(64 * 1024);
  let text = '';
  try {
    for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer))
      text += buffer.toString('latin1', 0, n);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
  }
  return text;
}

/** Which of two settles first. */
const first = (one: Promise<unknown>, other: Promise<unknown>): Promise<string> =>
  Promise.race([one.then(() => 'first'), other.then(() => 'second')]);

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}

/** An end that says what it is asked, and takes `most` bytes at a time. */
class Memory implements LogEnd {
  readonly name = 'memory';
  readonly calls: string[] = [];
  text = '';
  readonly #most: number;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  async write(bytes: Buffer): Promise<number> {
    this.calls.push('write');
    await nextTurn();
    const taken = bytes.subarray(0, this.#most);
    this.text += taken.toString();
    return taken.length;
  }

  reopen(): void {
    this.calls.push('reopen');
    this.text += '|';
  }

  async close(): Promise<void> {
    this.calls.push('close');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

describe('writeThrough', () => {
  it('resolves when the line is in the file, behind all that came before it', async () => {
    const file = join(newFolder(), 'audit.log');
    const sink = openSink({ file, isPrivate: true });
    sink.write('buffered\n');
    await sink.writeThrough('first\n');
    expect(linesOf(file)).toEqual(['buffered', 'first']);
    const all = Array.from({ length: 1000 }, (_, i) => sink.writeThrough(`${i}\n`));
    await all[500];
    expect(linesOf(file)).toEqual(expect.arrayContaining(['0', '500']));
    await Promise.all(all);
    expect(linesOf(file).slice(2)).toEqual(Array.from({ length: 1000 }, (_, i) => `${i}`));
    await sink.close();
  });

  it('writes the lines of a time together, without waiting for more', async () => {
    const end = new Memory();
    const sink = new LineSink(end);
    const all = Array.from({ length: 100 }, (_, i) => sink.writeThrough(`${i}\n`));
    expect(await first(Promise.all(all), turns(9))).toBe('first');
    expect(end.calls).toEqual(['write', 'write']);
  });

  it('refuses what does not get to a full disk, quickly each time, and goes on to try', async () => {
    const onProblem = vi.fn();
    const sink = openSink({
      file: '/dev/full',
      isPrivate: true,
      writeThroughMs: 3_600_000,
      closeMs: 50,
      onProblem,
    });
    for (let i = 0; i < 3; i++) {
      const some = [sink.writeThrough('1\n'), sink.writeThrough('2\n')];
      const settled = await Promise.allSettled(some);
      expect(settled).toEqual(Array(2).fill({ status: 'rejected', reason: REFUSED }));
    }
    await expect(sink.writeThrough('7\n')).rejects.toThrow(/no space is left/);
    await sink.close();
    expect(sink.dropped).toBe(7);
    expect(onProblem.mock.calls).toEqual([['cannot write to "/dev/full": no space is left there']]);
  });

  it('waits for a slow reader, and no longer than its deadline; then refuses at once', async () => {
    const { sink, reader } = intoFifo({ writeThroughMs: 30 });
    const bulk = `${'x'.repeat(100_000)}\n`;
    const late = await Promise.allSettled([sink.writeThrough(bulk), sink.writeThrough('late\n')]);
    expect(late).toEqual(Array(2).fill({ status: 'rejected', reason: REFUSED }));
    const refused = expect(sink.writeThrough('at once\n')).rejects.toThrow('it takes too long');
    expect(await first(refused, nextTurn())).toBe('first');

    let text = '';
    await vi.waitFor(() => {
      text += drain(reader);
      expect(text).toMatch(/at once\n$/);
    });
    expect(text).toBe(`${bulk}late\nat once\n`); // told as failed, and written all the same
    await sink.writeThrough('again\n');
    expect(drain(reader)).toBe('again\n');
    expect(sink.dropped).toBe(0);
  });

  it('refuses and counts what the queue has no room for', async () => {
    const { sink, reader } = intoFifo({ writeThroughMs: 3_600_000, maxHeld: 100_000 });
    const waiting = sink.writeThrough(`${'x'.repeat(99_990)}\n`);
    await expect(sink.writeThrough('one too many\n')).rejects.toThrow('there is no room for it');
    expect(sink.dropped).toBe(1);
    let text = '';
    await vi.waitFor(() => {
      text += drain(reader);
      expect(text).toHaveLength(99_991);
    });
    await waiting;
  });

  it('settles every promise when the sink is closed, as the lines fared', async () => {
    const { sink, reader } = intoFifo();
    const settled = Promise.allSettled([
      sink.writeThrough('there\n'),
      sink.writeThrough(`${'x'.repeat(100_000)}\n`),
    ]);
    await sink.close();
    expect(await settled).toMatchObject([{ status: 'fulfilled' }, { reason: REFUSED }]);
    expect(drain(reader)).toMatch(/^there\nx+$/);
    expect(sink.dropped).toBe(1);
    await expect(sink.writeThrough('after\n')).rejects.toEqual(REFUSED);
  });
});

describe('a sink and its end', () => {
  it('has it reopened between lines, and never while it writes', async () => {
    const end = new Memory(2);
    const sink = new LineSink(end);
    const written = sink.writeThrough('12345\n');
    sink.reopen();
    await Promise.all([written, sink.writeThrough('6\n')]);
    expect(end.text).toBe('12345\n|6\n');
    await sink.close();
  });

  it('has it closed once, however long that takes', async () => {
    const end = new Memory();
    const sink = new LineSink(end, { closeMs: 1 });
    await Promise.all([sink.close(), sink.close()]);
    expect(end.calls).toEqual(['close']);
  });
});

describe('a sink whose lines are lost', () => {
  it.each([
    ['a full disk', () => openSink({ file: '/dev/full', maxHeld: 10_000, closeMs: 50 })],
    ['a pipe that nobody reads', () => intoFifo({ maxHeld: 100_000 }).sink],
  ])('counts each of them once: %s', async (_, open) => {
    const sink = open();
    const onRoom = vi.fn();
    sink.onRoom = onRoom;
    for (let i = 0; i < 3000; i++) sink.write(`${'x'.repeat(99)}\n`);
    const early = sink.dropped;
    expect(early).toBeGreaterThan(0);
    await sink.close();
    expect(sink.dropped).toBeGreaterThan(early);
    // A pipe has taken its 64 KiB, whole lines and a part of one.
    expect([3000, 3000 - Math.floor(65_536 / 100)]).toContain(sink.dropped);
  });

  it('loses a line that is longer than its whole queue, and no other, and says so', async () => {
    const file = join(newFolder(), 'audit.log');
    const sink = openSink({ file, maxHeld: 100 });
    sink.onRoom = (count) => sink.write(`lost ${count}\n`);
    sink.write(`${'x'.repeat(200)}\n`);
    await sink.writeThrough('next\n');
    await sink.close();
    expect(linesOf(file)).toEqual(['next', 'lost 1']);
    expect(sink.dropped).toBe(1);
  });

  it('does not count the newline that begins it on a fresh line', async () => {
    const file = join(newFolder(), 'audit.log');
    writeFileSync(file, 'half');
    const sink = openSink({ file });
    await sink.close();
    expect(sink.dropped).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('half');
  });
});

describe('a sink with a secret', () => {
  it.each<[string, string, string]>([
    ['as it is', 'Secret+/of==', 'Secret+/of=='],
    ['percent-encoded', 'Secret+/of==', 'Secret%2B%2Fof%3D%3D'],
    ['percent-encoded in lower case', 'Secret+/of==', 'Secret%2b%2fof%3d%3d'],
    ['in JSON', 'Secret"<of', JSON.stringify('Secret"<of')],
    ['in the JSON of Go', 'Secret<&>of', 'Secret\\u003c\\u0026\\u003eof'],
  ])('writes no line that shows it %s', async (_, secret, form) => {
    const file = join(newFolder(), 'audit.log');
    const sink = openSink({ file, secret });
    sink.write(`a ${form} b ${form}\n`);
    await sink.writeThrough(`c ${form}\n`);
    await sink.close();
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/Secret|of/);
    expect(text).toMatch(/^a "?\*\*\*"? b "?\*\*\*"?\nc "?\*\*\*"?\n$/);
  });
});

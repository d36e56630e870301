import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openLogFile } from '../../../../src/record/sink/log-file.ts';
import { openSink } from '../../../../src/record/sink/open-sink.ts';
import { linesOf, newFolder, pour } from './folder.ts';

function opened() {
  const folder = newFolder();
  const file = join(folder, 'audit.log');
  const onProblem = vi.fn();
  const sink = openSink({ file, isPrivate: true, closeMs: 50, onProblem });
  onTestFinished(() => sink.close());
  return { folder, file, sink, onProblem };
}

describe('a file that was moved', () => {
  it('gets what is being written; what comes next goes to the new one', async () => {
    const { file, sink } = opened();
    await sink.writeThrough('1\n');
    renameSync(file, `${file}.1`);
    await sink.writeThrough('2\n');
    const inFlight = sink.writeThrough('3\n');
    sink.reopen();
    const next = sink.writeThrough('4\n');
    await Promise.all([inFlight, next]);
    expect(linesOf(`${file}.1`)).toEqual(['1', '2', '3']);
    expect(linesOf(file)).toEqual(['4']);
  });

  it('has a successor as soon as reopen() is called, with its mode', async () => {
    const file = join(newFolder(), 'access.log');
    writeFileSync(file, '');
    chmodSync(file, 0o640);
    const sink = openSink({ file });
    renameSync(file, `${file}.1`);
    sink.reopen();
    expect(statSync(file).mode & 0o777).toBe(0o640);
    await sink.close();
  });

  it('stays in use while its name cannot be opened, which is said once and tried again', async () => {
    const { file, sink, onProblem } = opened();
    renameSync(file, `${file}.1`);
    symlinkSync('elsewhere', file);
    sink.reopen();
    let lines = 0;
    // Long enough for it to try again.
    for (const start = performance.now(); performance.now() < start + 300; lines++)
      await sink.writeThrough('1\n');
    expect(linesOf(`${file}.1`)).toHaveLength(lines);
    expect(onProblem.mock.calls).toEqual([
      [expect.stringMatching(/symbolic link.*; going on with the file that was open$/)],
    ]);
    unlinkSync(file);
    await vi.waitFor(async () => {
      await sink.writeThrough('4\n');
      expect(existsSync(file)).toBe(true);
    });
    expect(linesOf(file)).toEqual(['4']);
  });

  it('begins the new one on a fresh line when somebody left half a one there', async () => {
    const { file, sink } = opened();
    unlinkSync(file);
    writeFileSync(file, '{"half');
    sink.reopen();
    await sink.writeThrough('1\n');
    expect(linesOf(file)).toEqual(['{"half', '1']);
  });
});

describe('a file that was deleted', () => {
  it('is made anew, for its owner alone, and has every line that was not in it yet', async () => {
    const { file, sink } = opened();
    await sink.writeThrough('before\n');
    rmSync(file);
    const written = Array.from({ length: 100 }, (_, i) => sink.writeThrough(`${i}\n`));
    sink.write('buffered\n');
    await Promise.all(written);
    await sink.close();
    expect(linesOf(file)).toEqual([...Array.from({ length: 100 }, (_, i) => `${i}`), 'buffered']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(sink.dropped).toBe(0);
  });

  it('has whole lines when it was deleted in the middle of one', async () => {
    const file = join(newFolder(), 'audit.log');
    const end = openLogFile(file);
    await pour(end, 'one\nbeg');
    await pour(end, 'un ');
    rmSync(file);
    await pour(end, 'and done\nthree\n');
    await end.close();
    expect(linesOf(file)).toEqual(['begun and done', 'three']);
  });

  it('loses nothing while its folder is missing too, and says so once', async () => {
    const { folder, file, sink, onProblem } = opened();
    await sink.writeThrough('before\n');
    rmSync(file);
    rmdirSync(folder);
    await expect(sink.writeThrough('1\n')).rejects.toMatchObject({ code: 'ERR_AUDIT' });
    await expect(sink.writeThrough('2\n')).rejects.toThrow('its file cannot be opened');
    expect(onProblem.mock.calls).toEqual([
      [expect.stringMatching(/^cannot write the audit log to .* its directory does not exist/)],
    ]);
    mkdirSync(folder);
    await vi.waitFor(() => sink.writeThrough('3\n'));
    expect(linesOf(file).slice(0, 2)).toEqual(['1', '2']);
  });

  it('is not replaced through a symbolic link', async () => {
    const { file, sink } = opened();
    const victim = `${file}.victim`;
    writeFileSync(victim, '');
    rmSync(file);
    symlinkSync(victim, file);
    await expect(sink.writeThrough('1\n')).rejects.toMatchObject({ code: 'ERR_AUDIT' });
    expect(readFileSync(victim, 'utf8')).toBe('');
  });
});

it('moves a line that was begun in the old file to the new one when the old one takes no more', async () => {
  const file = join(newFolder(), 'audit.log');
  const end = openLogFile(file);
  await pour(end, 'one\nbegun ');
  renameSync(file, `${file}.1`);
  end.reopen();
  await pour(end, 'and done\n');
  await end.close();
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('one\nbegun ');
  expect(linesOf(file)).toEqual(['begun and done']);
});

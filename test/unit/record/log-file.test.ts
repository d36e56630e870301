import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { borrowDescriptor, openLogFile } from '../../../src/record/log-file.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'porthole-log-'));
  file = join(dir, 'access.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('openLogFile', () => {
  it('creates the file for its owner alone', () => {
    closeSync(openLogFile(file).fd);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('appends to a file that is there, and leaves its mode to its owner', () => {
    writeFileSync(file, 'before\n');
    chmodSync(file, 0o640);
    const end = openLogFile(file);
    writeSync(end.fd, 'after\n');
    closeSync(end.fd);

    expect(readFileSync(file, 'utf8')).toBe('before\nafter\n');
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it.each([
    ['whole lines', '{"a":1}\n', false],
    ['nothing', '', false],
    ['half a line', '{"a":1}\n{"a', true],
  ])('sees whether the file ends mid-line: %s', (_, content, midLine) => {
    writeFileSync(file, content);
    const end = openLogFile(file);
    closeSync(end.fd);
    expect(end.midLine).toBe(midLine);
  });

  it('does not follow a symbolic link, neither to a file nor to nothing', () => {
    const victim = join(dir, 'victim');
    symlinkSync(victim, file);
    expect(() => openLogFile(file)).toThrow(/symbolic link/);
    expect(() => statSync(victim)).toThrow('ENOENT');

    writeFileSync(victim, '');
    expect(() => openLogFile(file)).toThrow(/symbolic link/);
  });

  it.each<[string, () => string, RegExp]>([
    ['a directory that does not exist', () => join(dir, 'no', 'x.log'), /directory does not exist/],
    ['a directory', () => dir, /it is a directory/],
    ['a path through a file', () => join(plainFile(), 'x.log'), /not a directory/],
    ['a FIFO that nothing reads', () => fifo(), /nothing reads from it/],
  ])('refuses %s in one sentence that names it', (_, path, sentence) => {
    const name = path();
    expect(() => openLogFile(name)).toThrow(
      expect.objectContaining({
        code: 'ERR_LOG_FILE',
        message: expect.stringMatching(sentence),
      }),
    );
    expect(() => openLogFile(name)).toThrow(JSON.stringify(name));
  });
});

describe('borrowDescriptor', () => {
  it('never waits in a write to a pipe whose reader sleeps, and leaves the pipe as others have it', () => {
    const pipe = openSync(fifo(), constants.O_RDWR);
    const end = borrowDescriptor(pipe);
    const fill = () => {
      for (;;) writeSync(end.fd, Buffer.alloc(64 * 1024));
    };

    expect(end).toMatchObject({ owned: true, midLine: false });
    expect(end.fd).not.toBe(pipe);
    expect(fill).toThrow('EAGAIN');
    closeSync(end.fd);
    closeSync(pipe);
  });

  it('takes a regular file as it is, so that writes of others keep their place in it', () => {
    const fd = openSync(file, 'w');
    expect(borrowDescriptor(fd)).toEqual({ fd, owned: false, midLine: false });
    closeSync(fd);
  });
});

function fifo(): string {
  const path = join(dir, 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

function plainFile(): string {
  const path = join(dir, 'plain');
  writeFileSync(path, '');
  return path;
}

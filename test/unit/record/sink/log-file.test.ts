import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { borrowDescriptor, openLogFile } from '../../../../src/record/sink/log-file.ts';
import { newFolder, pour } from './folder.ts';

const newFile = (): string => join(newFolder(), 'access.log');
const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('openLogFile', () => {
  it('creates the file for its owner alone', async () => {
    const file = newFile();
    await openLogFile(file).close();
    expect(modeOf(file)).toBe(0o600);
  });

  it('appends to a file that is there, and leaves its mode to its owner', async () => {
    const file = newFile();
    writeFileSync(file, 'before\n');
    chmodSync(file, 0o640);
    const end = openLogFile(file);
    await pour(end, 'after\n');
    await end.close();
    expect(readFileSync(file, 'utf8')).toBe('before\nafter\n');
    expect(modeOf(file)).toBe(0o640);
  });

  it.each([
    ['whole lines', '{"a":1}\n', '{"a":1}\n{}\n'],
    ['nothing', '', '{}\n'],
    ['half a line', '{"a":1}\n{"a', '{"a":1}\n{"a\n{}\n'],
  ])('begins on a fresh line behind %s', async (_, content, expected) => {
    const file = newFile();
    writeFileSync(file, content);
    const end = openLogFile(file);
    await pour(end, '{}\n');
    await end.close();
    expect(readFileSync(file, 'utf8')).toBe(expected);
  });

  it.each([false, true])(
    'does not follow a symbolic link, neither to a file nor to nothing (private: %s)',
    (isPrivate) => {
      const file = newFile();
      const victim = `${file}.victim`;
      symlinkSync(victim, file);
      expect(() => openLogFile(file, { isPrivate })).toThrow(/symbolic link/);
      expect(() => statSync(victim)).toThrow('ENOENT');

      writeFileSync(victim, '');
      expect(() => openLogFile(file, { isPrivate })).toThrow(/symbolic link/);
    },
  );

  it.each<[string, () => string, RegExp]>([
    ['a missing directory', () => join(newFolder(), 'no', 'x.log'), /directory does not exist/],
    ['a directory', () => newFolder(), /it is a directory/],
    ['a path through a file', () => join(plainFile(), 'x.log'), /not a directory/],
    ['a FIFO that nothing reads', () => fifo(), /nothing reads from it/],
  ])('refuses %s in one sentence that names it', (_, path, sentence) => {
    const name = path();
    const refusal = (code: string) =>
      expect.objectContaining({ code, message: expect.stringMatching(sentence) });
    expect(() => openLogFile(name)).toThrow(refusal('ERR_LOG_FILE'));
    expect(() => openLogFile(name, { isPrivate: true })).toThrow(refusal('ERR_AUDIT_LOG'));
    expect(() => openLogFile(name)).toThrow(JSON.stringify(name));
  });
});

describe('a private log file', () => {
  it.each([0o644, 0o606, 0o620])(
    'is taken from those who could see or change it: %o',
    async (mode) => {
      const file = newFile();
      writeFileSync(file, 'before\n');
      chmodSync(file, mode);
      await openLogFile(file, { isPrivate: true }).close();
      expect(modeOf(file)).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toBe('before\n');
    },
  );

  it('may be a FIFO of ours, whose mode stays, or a device of root', async () => {
    const pipe = fifo();
    chmodSync(pipe, 0o622);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    await openLogFile(pipe, { isPrivate: true }).close();
    closeSync(reader);
    expect(modeOf(pipe)).toBe(0o622);
    await openLogFile('/dev/null', { isPrivate: true }).close();
  });

  it.skipIf(userInfo().uid !== 0).each<[string, (file: string) => void]>([
    ['a file', (file) => writeFileSync(file, 'theirs\n')],
    ['a hard link to a file', hardLink],
    ['a FIFO', (file) => execFileSync('mkfifo', [file])],
  ])('must not be %s of another user (needs root)', (_, make) => {
    const file = newFile();
    make(file);
    chmodSync(file, 0o666);
    chownSync(file, 65534, 65534);
    const isFifo = statSync(file).isFIFO();
    const reader = isFifo ? openSync(file, constants.O_RDONLY | constants.O_NONBLOCK) : undefined;
    expect(() => openLogFile(file, { isPrivate: true })).toThrow(
      expect.objectContaining({
        code: 'ERR_AUDIT_LOG',
        message: expect.stringContaining('it belongs to another user'),
      }),
    );
    expect(modeOf(file)).toBe(0o666);
    if (reader !== undefined) closeSync(reader);
  });
});

describe('borrowDescriptor', () => {
  it('never waits in a write to a pipe whose reader sleeps, and leaves the pipe as others have it', async () => {
    const pipe = openSync(fifo(), constants.O_RDWR);
    const end = borrowDescriptor(pipe);
    const fill = async () => {
      for (;;) await end.write(Buffer.alloc(64 * 1024));
    };
    await expect(fill()).rejects.toThrow('EAGAIN');
    await end.close();
    closeSync(pipe); // It is still open: this would throw.
  });

  it('takes a regular file as it is, so that writes of others keep their place in it', async () => {
    const file = newFile();
    const fd = openSync(file, 'w');
    const end = borrowDescriptor(fd);
    await pour(end, 'one\n');
    writeSync(fd, 'two\n');
    await pour(end, 'three\n');
    await end.close();
    closeSync(fd);
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\nthree\n');
  });
});

function hardLink(file: string): void {
  writeFileSync(`${file}.theirs`, '');
  linkSync(`${file}.theirs`, file);
}

function fifo(): string {
  const path = join(newFolder(), 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

function plainFile(): string {
  const path = join(newFolder(), 'plain');
  writeFileSync(path, '');
  return path;
}

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { PortholeError } from '../../errors.ts';
import { keepPrivate, why } from '../sink/open-file.ts';
import { BEGINNING, type Continuation, continuation, ending, firstLine } from './layout.ts';

/** A file with a whole archive that entries can be added to. */
export interface ArchiveFile extends Continuation {
  readonly fd: number;
}

/** O_NONBLOCK: the open of a FIFO without a reader would never return. */
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** How far back a whole entry is looked for. Bytes. */
const LAST_PART = 64 * 1024 * 1024;

/**
 * Opens a file for an archive, which has to be ours, and is nobody else's to read from now on (0600). `fresh` empties it
 * first; `continue` goes on with an archive that porthole wrote.
 * @throws {PortholeError} `ERR_LOG_FILE`
 */
export function openArchive(
  file: string,
  mode: 'fresh' | 'continue',
  version: string,
): ArchiveFile {
  let fd: number;
  try {
    fd = openSync(file, FLAGS, 0o600);
  } catch (error) {
    throw refuse(file, why(error), error);
  }
  try {
    makeOurs(fd, file, mode);
    return { fd, ...makeWhole(fd, file, version) };
  } catch (error) {
    closeSync(fd);
    throw error instanceof PortholeError ? error : refuse(file, why(error), error);
  }
}

/** Somebody else who has put a file there would read all that comes, bodies too; and what is not ours is not emptied. */
function makeOurs(fd: number, file: string, mode: 'fresh' | 'continue'): void {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw refuse(file, 'an HTTP Archive needs a regular file');
  keepPrivate(fd, stat);
  if (mode === 'fresh') ftruncateSync(fd);
}

function makeWhole(fd: number, file: string, version: string): Continuation {
  const stat = fstatSync(fd);
  if (stat.size === 0) {
    const first = Buffer.from(firstLine(version));
    writeSync(fd, Buffer.concat([first, Buffer.from(ending(0))]), 0);
    return { at: first.length, hasEntries: false, missing: 0 };
  }
  if (read(fd, 0, BEGINNING.length) !== BEGINNING)
    throw refuse(file, 'it holds something else; name another file, or remove this one');
  const from = Math.max(0, stat.size - LAST_PART);
  const found = continuation(read(fd, from, stat.size - from));
  if (found === undefined)
    throw refuse(file, 'it is damaged; name another file, or remove this one');
  const at = from + found.at;
  const rest = ending(found.missing);
  if (at + rest.length !== stat.size) {
    ftruncateSync(fd, at);
    writeSync(fd, rest, at);
  }
  return { ...found, at };
}

/** Byte for character. */
function read(fd: number, from: number, length: number): string {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const got = readSync(fd, bytes, at, length - at, from + at);
    if (got === 0) break;
    at += got;
  }
  return bytes.toString('latin1', 0, at);
}

function refuse(file: string, problem: string, cause?: unknown): PortholeError {
  const sentence = `cannot write the HTTP Archive to ${JSON.stringify(file)}: ${problem}`;
  return new PortholeError('ERR_LOG_FILE', sentence, cause === undefined ? {} : { cause });
}

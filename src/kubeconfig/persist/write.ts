import { randomBytes } from 'node:crypto';
import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PortholeError } from '../../errors.ts';
import { printable } from '../../printable.ts';

/** Which file was read, and in which state. */
export interface Snapshot {
  /** As it was given. */
  readonly given: string;
  /** Where the links end: the file itself. */
  readonly path: string;
  readonly stats: BigIntStats;
}

/** Taken before reading. @throws {PortholeError} `ERR_CREDENTIALS` for what is no file, and the system's error */
export function snapshot(given: string): Snapshot {
  const path = realpathSync(given);
  const stats = statSync(path, { bigint: true });
  // Reading a pipe would wait, and could for ever.
  if (!stats.isFile()) throw refuse(`${printable(path)} is not a plain file`);
  return { given, path, stats };
}

/**
 * Replaces a file that is as `seen` says, with its mode and owner. Others see the old content or the new, never a part. A link
 * stays one.
 * @throws {PortholeError} `ERR_CREDENTIALS` when it is not as `seen` says, and the system's error; the file is as it was then
 */
export function replaceFile(seen: Snapshot, bytes: Buffer): void {
  const { path, stats } = seen;
  // A rename would get past the file's own mode.
  accessSync(path, constants.W_OK);
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeDraft(draft, bytes, stats);
    if (!isUnchanged(seen))
      throw refuse(`${printable(path)} was changed by another program at the same moment`);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeDraft(draft: string, bytes: Buffer, old: BigIntStats): void {
  const file = openSync(draft, 'wx', 0o600);
  try {
    const made = statSync(draft, { bigint: true });
    // The owner first: until the mode is widened, only they can read it.
    if (made.uid !== old.uid || made.gid !== old.gid)
      fchownSync(file, Number(old.uid), Number(old.gid));
    fchmodSync(file, Number(old.mode & 0o777n));
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function isUnchanged(seen: Snapshot): boolean {
  const now = snapshot(seen.given);
  return now.path === seen.path && MARKS.every((field) => now.stats[field] === seen.stats[field]);
}

/** What differs after any writing or replacing. */
const MARKS = ['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const;

/** The rename has happened; that it also outlives a power cut is more than some file systems offer. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Not on this file system.
  }
}

function refuse(problem: string): PortholeError {
  return new PortholeError('ERR_CREDENTIALS', problem);
}

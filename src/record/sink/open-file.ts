import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { PortholeError } from '../../errors.ts';

/**
 * Without O_NONBLOCK, a write to a pipe whose reader sleeps would hold one of libuv's four threads, and the exit of the
 * process with it; an open of a FIFO without a reader would never return. Regular files do not care.
 */
export const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;

export interface OpenFile {
  readonly fd: number;
  readonly stat: Stats;
  /** It ends in the middle of a line, left by a process that was killed. */
  readonly midLine: boolean;
}

/**
 * Opens a file for appending, never through a symbolic link, and creates it with `mode` when it is missing. A private one
 * holds what others must not see or change: it has to be ours, and nobody else may read it from now on.
 * @throws {PortholeError} `ERR_LOG_FILE`, and for a private file `ERR_AUDIT_LOG`
 */
export function openForAppending(file: string, isPrivate: boolean, mode = 0o600): OpenFile {
  let fd: number | undefined;
  try {
    fd = openSync(file, APPEND | constants.O_CREAT | constants.O_NOFOLLOW, mode);
    const stat = fstatSync(fd);
    if (isPrivate) keepPrivate(fd, stat);
    return { fd, stat, midLine: endsMidLine(stat, file) };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    const code = isPrivate ? 'ERR_AUDIT_LOG' : 'ERR_LOG_FILE';
    const what = isPrivate ? 'the audit log' : 'the log';
    const sentence = `cannot write ${what} to ${JSON.stringify(file)}: ${why(error)}`;
    throw new PortholeError(code, sentence, { cause: error });
  }
}

/**
 * A file by this name that somebody else owns may have been put there to be filled, read or exchanged under our hands.
 * Throws a sentence that says so.
 */
export function keepPrivate(fd: number, stat: Stats): void {
  const isSpecial = stat.isFIFO() || stat.isCharacterDevice();
  if (!stat.isFile() && !isSpecial) {
    throw new Error('it is neither a regular file nor a pipe; name another one');
  }
  // /dev/null and its like are root's, whoever uses them.
  if (stat.uid !== ourUid() && !(isSpecial && stat.uid === 0)) {
    throw new Error('it belongs to another user; name a file of your own');
  }
  if (stat.isFile() && (stat.mode & 0o077) !== 0) fchmodSync(fd, 0o600);
}

/** The effective user id, to whom files belong that we create; -1, which owns nothing, where nobody tells it. */
function ourUid(): number {
  try {
    return userInfo().uid;
  } catch {
    // Containers run under ids that have no name.
  }
  return statSync('/proc/self', { throwIfNoEntry: false })?.uid ?? -1;
}

function endsMidLine(stat: Stats, file: string): boolean {
  if (!stat.isFile() || stat.size === 0) return false;
  try {
    const reader = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    const last = Buffer.alloc(1);
    readSync(reader, last, 0, 1, stat.size - 1);
    closeSync(reader);
    return last[0] !== 0x0a;
  } catch {
    return true; // A file that we may write but not read: an empty line is the smaller harm.
  }
}

/** What a system error means to somebody who named a file for a log. */
export function why(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ELOOP':
    case 'EMLINK': // FreeBSD's word for it
      return 'it is a symbolic link, which could lead anywhere; name the file itself';
    case 'ENOENT':
      return 'its directory does not exist; create that first';
    case 'ENOTDIR':
      return 'a part of its path is not a directory';
    case 'EISDIR':
      return 'it is a directory; name a file in it';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'no permission to write there';
    case 'ENXIO':
      return 'nothing reads from it; start its reader first';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no space is left there';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

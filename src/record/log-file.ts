import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { PortholeError } from '../errors.ts';

/** Where log lines go. */
export interface LogEnd {
  readonly fd: number;
  /** We opened it, so we close it. */
  readonly owned: boolean;
  /** It ends in the middle of a line, left by a process that was killed. */
  readonly midLine: boolean;
}

/**
 * Without O_NONBLOCK, a write to a pipe whose reader sleeps would hold one of libuv's four threads, and the exit of the
 * process with it; an open of a FIFO without a reader would never return. Regular files do not care.
 */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;

/**
 * Opens `--log-file` for appending, and creates it for its owner alone (0600) when it is missing.
 * @throws {PortholeError} `ERR_LOG_FILE`
 */
export function openLogFile(file: string): LogEnd {
  let fd: number;
  try {
    fd = openSync(file, APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    const sentence = `cannot write the log to ${JSON.stringify(file)}: ${why(error)}`;
    throw new PortholeError('ERR_LOG_FILE', sentence, { cause: error });
  }
  return { fd, owned: true, midLine: endsMidLine(fd, file) };
}

/**
 * An open descriptor, such as stderr, as a place for the log. Pipes and terminals are opened anew, as libuv does with
 * terminals, because O_NONBLOCK on the descriptor itself would befall every process that shares it.
 */
export function borrowDescriptor(fd: number): LogEnd {
  try {
    const stat = fstatSync(fd);
    if (stat.isFIFO() || stat.isCharacterDevice())
      return { fd: openSync(`/dev/fd/${fd}`, APPEND), owned: true, midLine: false };
  } catch {
    // Not ours to open (a container's pipe, another user's terminal), or no /dev/fd here: it is used as it is.
  }
  return { fd, owned: false, midLine: false };
}

function endsMidLine(fd: number, file: string): boolean {
  const stat = fstatSync(fd);
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

function why(error: unknown): string {
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
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { printable } from '../printable.ts';

/** A kubeconfig, and any file that one names, may have this many bytes. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** Thrown by `readBounded` in place of an answer that would not fit. */
class TooLarge extends Error {}

/** Thrown when a pipe would have to be read a second time. */
class ReadBefore extends Error {}

/**
 * Reads a file whole, or a pipe (`--kubeconfig <(...)`) to its end, without ever holding more than `MAX_FILE_BYTES`. Never
 * waits when it is to read `again`: a pipe that has been read is refused, and so is a terminal.
 * @throws {TooLarge | ReadBefore} or the system's error: `readFailure` words them all
 */
export function readBounded(path: string, again = false): Buffer {
  // Opening a named pipe waits for a writer. Windows knows no such flag.
  const file = openSync(path, constants.O_RDONLY | (again ? (constants.O_NONBLOCK ?? 0) : 0));
  try {
    const stats = fstatSync(file);
    if (again && stats.isFIFO()) throw new ReadBefore();
    if (stats.size > MAX_FILE_BYTES) throw new TooLarge();
    const chunks: Buffer[] = [];
    for (let total = 0; ; ) {
      const chunk = Buffer.allocUnsafe(64 * 1024);
      const bytes = readSync(file, chunk);
      if (bytes === 0) return Buffer.concat(chunks);
      total += bytes;
      if (total > MAX_FILE_BYTES) throw new TooLarge();
      chunks.push(chunk.subarray(0, bytes));
    }
  } finally {
    closeSync(file);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  ENAMETOOLONG: 'file name too long',
  ELOOP: 'too many levels of symbolic links',
  EAGAIN: 'is a terminal or the like, which can be read only once',
};

/** Why a file could not be read, in Go's words (`open PATH: no such file or directory`). */
export function readFailure(path: string, error: unknown): string {
  const shown = printable(path);
  if (error instanceof TooLarge) return `read ${shown}: larger than 8 MiB`;
  if (error instanceof ReadBefore) return `read ${shown}: is a pipe, which can be read only once`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return `${code === 'EISDIR' || code === 'EAGAIN' ? 'read' : 'open'} ${shown}: ${REASONS[code] ?? code}`;
}

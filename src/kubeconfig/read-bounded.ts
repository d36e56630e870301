import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { printable } from './printable.ts';

/** A kubeconfig, and any file that one names, may have this many bytes. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** Thrown by `readBounded` in place of an answer that would not fit. */
class TooLarge extends Error {}

/**
 * Reads a file whole, or a pipe (`--kubeconfig <(...)`) to its end, without ever holding more than `MAX_FILE_BYTES`.
 * @throws {TooLarge} or the system's error: `readFailure` words both
 */
export function readBounded(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    if (fstatSync(file).size > MAX_FILE_BYTES) throw new TooLarge();
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
};

/** Why a file could not be read, in Go's words (`open PATH: no such file or directory`). */
export function readFailure(path: string, error: unknown): string {
  const shown = printable(path);
  if (error instanceof TooLarge) return `read ${shown}: larger than 8 MiB`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return `${code === 'EISDIR' ? 'read' : 'open'} ${shown}: ${REASONS[code] ?? code}`;
}

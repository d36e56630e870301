import { PortholeError } from '../errors.ts';

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);
const EXHAUSTED = new Set(['EMFILE', 'ENFILE']);
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'porthole has no permission to read it',
  EPERM: 'porthole has no permission to read it',
  ELOOP: 'its symbolic links lead in a circle',
};

/** What a client is told of a file system call that failed: never a path of this machine. */
export function failureOf(cause: NodeJS.ErrnoException): PortholeError {
  const code = cause.code ?? 'unknown error';
  if (ABSENT.has(code)) return notFound('there is no such file', cause);
  if (EXHAUSTED.has(code)) {
    const message = 'porthole has as many files open as it may; try again later';
    return new PortholeError('ERR_LIMIT_REACHED', message, { cause });
  }
  return refused(REASONS[code] ?? `it can not be read (${code})`, cause);
}

export function notFound(sentence: string, cause?: unknown): PortholeError {
  return new PortholeError('ERR_NOT_FOUND', `--www: ${sentence}`, { cause });
}

export function refused(why: string, cause?: unknown): PortholeError {
  return new PortholeError('ERR_FILE_REFUSED', `--www: this file is not served: ${why}`, { cause });
}

import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PortholeError } from '../../errors.ts';
import { printable } from '../../printable.ts';
import { readFailure } from '../read-bounded.ts';

const RETRY_MS = 25;

/** Why a lock may be left out: kubectl has none there either, and what is written is not this file. */
const OUT_OF_REACH = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS']);

/**
 * Calls `act` while `<path>.lock` of `file` and `others` are ours, as kubectl does (client-go `lockFile`): made with O_EXCL,
 * in the order of their names, next to the path as it is given and not to what a link leads to. None is held while waiting.
 * `act` has to be done when it returns: nothing, not even the process' orderly end, can then come between it and the removal.
 * @throws {PortholeError} `ERR_CREDENTIALS` as rejection, and what `act` throws
 */
export async function withFileLocks(
  file: string,
  others: readonly string[],
  waitMs: number,
  act: () => void,
): Promise<void> {
  const paths = [...new Set([file, ...others])].sort();
  const deadline = performance.now() + waitMs;
  for (;;) {
    const held: string[] = [];
    try {
      const busy = take(paths, file, held);
      if (busy === undefined) {
        act();
        return;
      }
      if (performance.now() >= deadline) throw locked(busy);
    } finally {
      for (const lock of held) rmSync(lock, { force: true });
    }
    await sleep(RETRY_MS);
  }
}

/** Takes the locks into `held`, up to one that is taken, which it returns. */
function take(paths: readonly string[], file: string, held: string[]): string | undefined {
  for (const path of paths) {
    const lock = `${path}.lock`;
    try {
      closeSync(openSync(lock, 'wx', 0o600));
      held.push(lock);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === 'EEXIST') return lock;
      if (path === file || !OUT_OF_REACH.has(code))
        throw new PortholeError('ERR_CREDENTIALS', readFailure(lock, error), { cause: error });
    }
  }
  return undefined;
}

function locked(lock: string): PortholeError {
  return new PortholeError(
    'ERR_CREDENTIALS',
    `the lock file ${printable(lock)} is held by another program; remove it if no kubectl or other program is using the kubeconfig`,
  );
}

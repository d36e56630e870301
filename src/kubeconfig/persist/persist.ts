import { PortholeError } from '../../errors.ts';
import { readBounded, readFailure } from '../read-bounded.ts';
import { setAuthProviderConfig } from './edit.ts';
import { withFileLocks } from './lock.ts';
import { decodeText } from './text.ts';
import { replaceFile, snapshot } from './write.ts';

export interface PersistOptions {
  /** Absolute path of the kubeconfig that the user entry stands in. */
  readonly file: string;
  readonly userName: string;
  /** Keys of `users[].user.auth-provider.config` and what they become; the others stay. */
  readonly changes: ReadonlyMap<string, string>;
  /** Absolute paths of the loading list: kubectl locks all of them. */
  readonly lockAll: readonly string[];
  /** How long to wait for a lock that somebody else has, in ms; 2000 by default. */
  readonly lockWaitMs?: number;
}

/** kubectl holds its locks for milliseconds. */
const LOCK_WAIT_MS = 2_000;

/**
 * Writes new tokens of an auth provider to the kubeconfig that they came from (client-go `PersisterForUser`, `ModifyConfig`).
 * Not another byte of the file changes, and it is replaced whole or not at all.
 * @throws {PortholeError} `ERR_CREDENTIALS`: `could not persist new tokens: ...`, as rejection; the file is as it was then
 */
export async function persistAuthProvider(options: PersistOptions): Promise<void> {
  const { file, lockAll, lockWaitMs = LOCK_WAIT_MS } = options;
  try {
    await withFileLocks(file, lockAll, lockWaitMs, () => rewrite(options));
  } catch (error) {
    const reason = error instanceof PortholeError ? error.message : readFailure(file, error);
    const message = `could not persist new tokens: ${reason}`;
    throw new PortholeError('ERR_CREDENTIALS', message, { cause: error });
  }
}

function rewrite({ file, userName, changes }: PersistOptions): void {
  const seen = snapshot(file);
  const { text, encode } = decodeText(readBounded(seen.path));
  const edited = setAuthProviderConfig(text, userName, changes);
  if (edited !== text) replaceFile(seen, encode(edited));
}

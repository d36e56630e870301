import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const CHUNK = 256 * 1024;
const LOOK_EVERY_MS = 200;

/** What comes behind it is of another file, or of the same one written anew. */
export const FOLLOWED_ANEW = Symbol('followed anew');

/**
 * Reads `file` and what is appended to it, until the signal aborts. When its path leads to another file that somebody has
 * begun to write, the old one is read to its end and the new one from its beginning (rotation by renaming); a file that got
 * shorter is read anew (rotation by truncating). Closes the file. It looks again every 200 ms, because notices of changes
 * are not to be had on every file system.
 */
export async function* followed(
  path: string,
  file: FileHandle,
  signal: AbortSignal,
): AsyncGenerator<Buffer | typeof FOLLOWED_ANEW> {
  let current = file;
  let position = 0;
  try {
    while (!signal.aborted) {
      // Asked before the rest is read: who writes to the new file writes no more to the old one.
      const isAnother = await leadsElsewhere(path, current, position);
      for (let bytes = await readSome(current); bytes !== undefined && !signal.aborted; ) {
        position += bytes.length;
        yield bytes;
        bytes = await readSome(current);
      }
      if (isAnother) {
        const next = await open(path, 'r').catch(() => undefined);
        if (next !== undefined) {
          await current.close();
          current = next;
          position = 0;
          yield FOLLOWED_ANEW;
          continue;
        }
      }
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    await current.close();
  }
}

async function leadsElsewhere(path: string, file: FileHandle, position: number): Promise<boolean> {
  const [ours, there] = await Promise.all([
    file.stat({ bigint: true }),
    stat(path, { bigint: true }).catch(() => undefined),
  ]);
  if (ours.size < position) return true;
  // Between renaming and reopening, lines still go to the old file; the new one is empty until then.
  if (there === undefined || there.size === 0n) return false;
  return there.ino !== ours.ino || there.dev !== ours.dev;
}

async function readSome(file: FileHandle): Promise<Buffer | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(CHUNK), 0, CHUNK, null);
  return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
}

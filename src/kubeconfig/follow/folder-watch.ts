import { type FSWatcher, readlinkSync, watch } from 'node:fs';
import { basename, join, parse, resolve, sep } from 'node:path';
import { fingerprintAt } from '../fingerprint.ts';

/** As Linux has it for one path. */
const MOST_LINKS = 40;

/**
 * Hears of changes around files: in their folders, and in those of all symbolic links on the way to them, because a link may
 * be swapped. It may miss some (network file systems, folders further up), so it can only be a wake-up.
 */
export class FolderWatch {
  readonly #onEvent: () => void;
  readonly #watched = new Map<string, { readonly watcher: FSWatcher; readonly identity: string }>();

  constructor(onEvent: () => void) {
    this.#onEvent = onEvent;
  }

  /**
   * Watches what there is to watch now for these paths, and nothing else. Returns whether all of it could be: a system has
   * only so many watches (ENOSPC, EMFILE). Does not throw.
   */
  arm(paths: Iterable<string>): boolean {
    const all = [...paths];
    let folders = foldersOf(all);
    for (;;) {
      for (const [folder, { identity }] of this.#watched)
        if (!folders.has(folder) || fingerprintAt(folder) !== identity) this.#drop(folder);
      const complete = [...folders].map((folder) => this.#add(folder)).every(Boolean);
      // A folder that has appeared meanwhile makes no event.
      const now = foldersOf(all);
      if (!complete || [...now].every((folder) => folders.has(folder))) return complete;
      folders = now;
    }
  }

  close(): void {
    for (const folder of [...this.#watched.keys()]) this.#drop(folder);
  }

  #add(folder: string): boolean {
    if (this.#watched.has(folder)) return true;
    try {
      const identity = fingerprintAt(folder);
      const watcher = watch(folder, { persistent: false });
      this.#watched.set(folder, { watcher, identity });
      const gone = (): void => {
        if (this.#watched.get(folder)?.watcher === watcher) this.#drop(folder);
      };
      watcher.on('change', (type, name) => {
        // The folder itself was removed or renamed: nothing comes from this watcher any more.
        if (type === 'rename' && name === basename(folder)) gone();
        this.#onEvent();
      });
      watcher.on('error', () => {
        gone();
        this.#onEvent();
      });
      return true;
    } catch {
      return false;
    }
  }

  #drop(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }
}

function foldersOf(paths: readonly string[]): Set<string> {
  return new Set(paths.flatMap((path) => [...foldersOnTheWay(path)]));
}

/**
 * The folder that a path's file is in, and that of each symbolic link before it; where something is missing, the folder that
 * it would appear in. May name one twice.
 */
function* foldersOnTheWay(path: string): Generator<string> {
  let { root: at } = parse(path);
  let names = namesBelow(at, path);
  for (let links = 0; names.length > 0; ) {
    const [name = '', ...rest] = names;
    const next = join(at, name);
    const found = entryAt(next);
    if (found === 'missing' || rest.length === 0 || found !== 'no link') yield at;
    if (found === 'missing') return;
    if (found === 'no link') {
      [at, names] = [next, rest];
    } else {
      if (++links > MOST_LINKS) return;
      const target = resolve(at, found.link);
      at = parse(target).root;
      names = [...namesBelow(at, target), ...rest];
    }
  }
}

function namesBelow(root: string, path: string): string[] {
  return path
    .slice(root.length)
    .split(sep)
    .filter((name) => name !== '');
}

function entryAt(path: string): { readonly link: string } | 'no link' | 'missing' {
  try {
    return { link: readlinkSync(path) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'EINVAL' || code === 'UNKNOWN' ? 'no link' : 'missing';
  }
}

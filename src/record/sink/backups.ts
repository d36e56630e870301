import type { Stats } from 'node:fs';
import { lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compressFile, PART } from './compress.ts';
import { why } from './open-file.ts';
import type { Rotation } from './rotation.ts';

const COMPRESSED = '.gz';
/** Go's `2006-01-02T15-04-05.000`, in UTC. */
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/;

/** A file that was put aside. */
interface Backup {
  readonly name: string;
  /** The same without `.gz`. */
  readonly plain: string;
  /** From its name: ms since the epoch. */
  readonly time: number;
}

/**
 * What becomes of log files that are full, by the rules of lumberjack (`millRunOnce` in gopkg.in/natefinch/lumberjack.v2),
 * which kube-apiserver rotates with: `audit.log` is put aside as `audit-2026-11-22T13-05-11.000.log`. Two processes that
 * rotate one file put it aside earlier than they should, and lose nothing.
 */
export class Backups {
  readonly #file: string;
  readonly #folder: string;
  readonly #prefix: string;
  readonly #extension: string;
  readonly #rotation: Rotation;
  readonly #onProblem: (sentence: string) => void;
  readonly #stop = new AbortController();
  #isWanted = false;
  #hasFailed = false;
  #tidying: Promise<void> | undefined;

  constructor(file: string, rotation: Rotation, onProblem: (sentence: string) => void) {
    const name = basename(file);
    const dot = name.lastIndexOf('.'); // As Go's filepath.Ext: `.log` is all extension.
    this.#extension = dot < 0 ? '' : name.slice(dot);
    this.#prefix = `${name.slice(0, name.length - this.#extension.length)}-`;
    this.#file = file;
    this.#folder = dirname(file);
    this.#rotation = rotation;
    this.#onProblem = onProblem;
  }

  /** Gives the log file another name, unless the file by its name is not `open` any more. Rejects with the system's error. */
  async putAside(open: Stats): Promise<void> {
    for (let time = Date.now(); await this.#isStill(open); time++) {
      const timestamp = new Date(time).toISOString().slice(0, -1).replaceAll(':', '-');
      const name = join(this.#folder, `${this.#prefix}${timestamp}${this.#extension}`);
      // rename(2) would overwrite, and two files may well be full within a millisecond, of two processes even.
      if ((await statOf(name + COMPRESSED)) !== undefined || !(await isClaimed(name))) continue;
      try {
        if (await this.#isStill(open)) return await rename(this.#file, name);
        await remove(name);
      } catch (error) {
        await remove(name);
        throw error;
      }
    }
  }

  async #isStill(open: Stats): Promise<boolean> {
    const there = await statOf(this.#file);
    return there?.ino === open.ino && there.dev === open.dev;
  }

  /** Removes and compresses, in the background. Says what does not work. */
  tidy(): void {
    const { maxBackups, maxAgeMs, compress } = this.#rotation;
    if (maxBackups === 0 && maxAgeMs === 0 && !compress) return;
    this.#isWanted = true;
    this.#tidying ??= this.#tidyWhileWanted().finally(() => {
      this.#tidying = undefined;
    });
  }

  /** Ends a compression, which the next start begins anew; the rest of what tidy() does is short. Never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#tidying;
  }

  async #tidyWhileWanted(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false;
      try {
        await this.#tidyOnce();
        this.#hasFailed = false;
      } catch (error) {
        if (this.#hasFailed || this.#stop.signal.aborted) continue;
        this.#hasFailed = true;
        const file = JSON.stringify(this.#file);
        this.#onProblem(`cannot remove or compress old files of the log ${file}: ${why(error)}`);
      }
    }
  }

  async #tidyOnce(): Promise<void> {
    const { maxBackups, maxAgeMs, compress } = this.#rotation;
    const oldest = maxAgeMs === 0 ? Number.NEGATIVE_INFINITY : Date.now() - maxAgeMs;
    const plains = new Set<string>(); // Of a file that is there plain and compressed, both go or stay.
    const kept: Backup[] = [];
    const old: Backup[] = [];
    for (const backup of await this.#list()) {
      plains.add(backup.plain);
      const isOld = (maxBackups > 0 && plains.size > maxBackups) || backup.time < oldest;
      (isOld ? old : kept).push(backup);
    }
    // The oldest first: killed in between, it leaves no hole.
    await this.#each(old.reverse(), remove);
    const { signal } = this.#stop;
    const plain = compress ? kept.filter((backup) => backup.name === backup.plain) : [];
    await this.#each(plain, (path) => compressFile(path, COMPRESSED, signal));
  }

  /** Does it to all, also when it fails with one; rejects with the last error. */
  async #each(backups: readonly Backup[], change: (path: string) => Promise<void>): Promise<void> {
    let failure: unknown;
    for (const { name } of backups) {
      await change(join(this.#folder, name)).catch((error) => {
        failure = error;
      });
    }
    if (failure !== undefined) throw failure;
  }

  /**
   * The newest first. Removes what a compression left that was killed. In a folder such as /tmp, others can put files with such
   * names beside ours: those would count, and ours be removed in their place.
   */
  async #list(): Promise<Backup[]> {
    const backups: Backup[] = [];
    const owner = (await statOf(this.#file))?.uid;
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.startsWith(this.#prefix)) continue;
      const isPart = entry.name.endsWith(COMPRESSED + PART);
      const name = isPart ? entry.name.slice(0, -PART.length) : entry.name;
      const plain = name.endsWith(COMPRESSED) ? name.slice(0, -COMPRESSED.length) : name;
      const time = this.#timeIn(plain);
      if (time === undefined) continue;
      const uid = (await statOf(join(this.#folder, entry.name)))?.uid;
      if (owner !== undefined && uid !== owner) continue;
      if (isPart) await remove(join(this.#folder, entry.name));
      else backups.push({ name, plain, time });
    }
    return backups.sort((a, b) => b.time - a.time);
  }

  #timeIn(name: string): number | undefined {
    if (!name.endsWith(this.#extension)) return undefined;
    const timestamp = name.slice(this.#prefix.length, name.length - this.#extension.length);
    const [, date, hours, minutes, seconds] = TIMESTAMP.exec(timestamp) ?? [];
    const time = Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
    return Number.isNaN(time) ? undefined : time;
  }
}

/** Of the name itself; undefined when nothing is there. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Makes an empty file by a name that no file has; false where one has it. */
async function isClaimed(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { platform } from 'node:os';
import { join, sep } from 'node:path';
import { failureOf, notFound, refused } from './failure.ts';

/** What stands at a path, not opened yet. */
export interface Found {
  readonly kind: 'file' | 'directory';
  /** The last name of the path that was asked for; empty for the root. */
  readonly name: string;
  /** Without symbolic links, within the root. */
  readonly realPath: string;
  readonly stats: BigIntStats;
}

/** A regular file. Whoever holds it closes `handle`. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
}

// PATH_MAX of Linux, more than other systems have; it bounds the calls that one request can cause.
const MAX_PATH_BYTES = 4096;
const MOVED = 'it was moved while it was looked up';
const NOT_REGULAR = 'it is neither a regular file nor a directory';
// Windows has neither flag.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Finds `path` below `root`, which may be a symbolic link itself. Links within the root are followed.
 * @throws {PortholeError} `ERR_NOT_FOUND`, `ERR_FILE_REFUSED`, `ERR_LIMIT_REACHED`, as rejection
 */
export async function find(root: string, path: string): Promise<Found> {
  const realRoot = await attempt(realpath(root));
  let realPath = realRoot;
  // One name at a time: what exists beyond a link that leaves the root must not show.
  const names = namesIn(path);
  for (const each of names) {
    realPath = await attempt(realpath(join(realPath, each)));
    if (!isWithin(realRoot, realPath)) throw refused('a symbolic link leads out of the root');
  }
  // Before it is opened: opening wakes whoever writes to a FIFO, and sets off some devices.
  const stats = await attempt(lstat(realPath, { bigint: true }));
  const name = names.at(-1) ?? '';
  if (stats.isDirectory()) return { kind: 'directory', name, realPath, stats };
  if (realPath === realRoot) throw notFound('its value is not a directory');
  if (stats.isFile()) return { kind: 'file', name, realPath, stats };
  throw refused(NOT_REGULAR);
}

/**
 * Opens a file that was found. What has taken its place meanwhile is neither followed nor waited for.
 * @throws {PortholeError} as {@link find}
 */
export async function openFile({ realPath }: Found): Promise<OpenFile> {
  const handle = await attempt(open(realPath, OPEN_FLAGS));
  try {
    const stats = await attempt(handle.stat({ bigint: true }));
    if (!stats.isFile()) throw refused(NOT_REGULAR);
    if (!(await isWhatIsOpen(realPath, handle, stats))) throw refused(MOVED);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** O_NOFOLLOW says nothing of the folders on the way, which may have become links since they were looked at. */
async function isWhatIsOpen(
  realPath: string,
  handle: FileHandle,
  { dev, ino }: BigIntStats,
): Promise<boolean> {
  if (platform() === 'linux') {
    const opened = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
    // An editor may have put a new file in its place meanwhile.
    if (opened !== undefined) return opened === realPath || opened === `${realPath} (deleted)`;
  }
  await checkUnmoved(realPath);
  const there = await attempt(lstat(realPath, { bigint: true }));
  return there.dev === dev && there.ino === ino;
}

/** Throws ERR_FILE_REFUSED when a part of the path is a link by now. */
export async function checkUnmoved(realPath: string): Promise<void> {
  if ((await attempt(realpath(realPath))) !== realPath) throw refused(MOVED);
}

/** Runs a file system call; its error becomes one that a client may see. */
export function attempt<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: NodeJS.ErrnoException) => {
    throw failureOf(error);
  });
}

function namesIn(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  const bad = (name: string): boolean => name === '.' || name === '..' || /[\0\\]/.test(name);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || names.some(bad)) {
    throw notFound('there is no such file');
  }
  return names;
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

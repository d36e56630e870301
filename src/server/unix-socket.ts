import {
  type BigIntStats,
  chmodSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { connect } from 'node:net';
import { platform } from 'node:os';
import { dirname } from 'node:path';
import { PortholeError } from '../errors.ts';

/** Bytes of a path that `sockaddr_un` has room for, without the NUL: Linux, and the BSDs with macOS. */
const LONGEST = platform() === 'linux' ? 107 : 103;
/** How often a path may change hands while we look at it. */
const MAX_TRIES = 5;

/**
 * Has `open` listen on a unix socket that only its owner can open, from the instant that it appears at `path`: it is
 * bound in a folder that nobody else may enter, and then linked. A socket on which nobody listens is replaced. Returns
 * what removes the path again, at once and only while it is ours; closing the server does not.
 * @throws {PortholeError} `ERR_LISTEN`, as rejection; the server may be open then
 */
export async function bindUnixSocket(
  path: string,
  open: (path: string) => Promise<void>,
): Promise<() => void> {
  if (platform() === 'win32') throw refused(path, 'Windows has none; serve on a port');
  const parent = dirname(path);
  const surplus =
    Math.max(Buffer.byteLength(path), Buffer.byteLength(`${parent}/.XXXXXX/s`)) - LONGEST;
  if (surplus > 0) {
    throw refused(path, `the path is ${surplus} bytes too long for a socket; take a shorter one`);
  }
  let folder: string | undefined;
  try {
    folder = mkdtempSync(`${parent}/.`);
    const draft = `${folder}/s`;
    await open(draft);
    chmodSync(draft, 0o600);
    for (let tries = 1; !link(draft, path); tries++) {
      if (tries === MAX_TRIES) throw refused(path, 'other programs keep taking it');
      await makeRoom(path, `${folder}/old`);
    }
    const ours = lstatSync(draft, { bigint: true });
    return () => removeOurs(path, ours);
  } catch (error) {
    throw explained(path, error);
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** False when there is something at `to`. Unlike a rename, a link never takes its place. */
function link(from: string, to: string): boolean {
  return did(() => linkSync(from, to), 'EEXIST');
}

/** False when it fails with `code`, since another program was faster. */
function did(action: () => void, code: string): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (codeOf(error) === code) return false;
    throw error;
  }
}

/** Takes away what a program that was killed has left at `path`; throws when it is anything else. */
async function makeRoom(path: string, aside: string): Promise<void> {
  const found = identityOf(path);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw refused(path, 'there is a file that is no socket; move it away, or take another path');
  }
  const code = await connectTo(path);
  if (code === '')
    throw refused(path, 'another program serves there; end it, or take another path');
  if (code === 'ENOENT') return;
  if (code !== 'ECONNREFUSED') {
    throw refused(path, `there is a socket that can not be asked (${code}); take another path`);
  }
  // Another porthole may have done the same meanwhile: what is taken away must be what was asked.
  if (!isSame(identityOf(path), found)) return;
  if (!did(() => renameSync(path, aside), 'ENOENT')) return;
  if (!isSame(identityOf(aside), found)) link(aside, path);
  rmSync(aside);
}

/** Never throws: what can not be removed, the next start takes away. */
function removeOurs(path: string, ours: BigIntStats): void {
  try {
    if (isSame(identityOf(path), ours)) rmSync(path, { force: true });
  } catch {}
}

function identityOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function isSame(found: BigIntStats | undefined, expected: BigIntStats): boolean {
  return found?.dev === expected.dev && found.ino === expected.ino;
}

/** The error's code, or '' when somebody listens. */
function connectTo(file: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(file);
    socket.once('connect', () => {
      socket.destroy();
      resolve('');
    });
    socket.once('error', (error) => resolve(codeOf(error)));
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder; make it first, or take another path',
  ENOTDIR: 'a part of the path is no folder',
  EACCES: 'permission denied; take a path in a folder of your own',
  EROFS: 'the file system is read-only; take another path',
};

function explained(path: string, cause: unknown): PortholeError {
  if (cause instanceof PortholeError) return cause;
  const code = codeOf(cause);
  return refused(path, REASONS[code] ?? `it can not be made (${code})`, cause);
}

function refused(path: string, reason: string, cause?: unknown): PortholeError {
  return new PortholeError('ERR_LISTEN', `listen unix ${path}: ${reason}`, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

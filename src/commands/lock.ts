import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { PortholeError } from '../errors.ts';
import type { RunOptions } from '../options.ts';
import { newToken, parseToken } from '../server/door.ts';
import { configFolder, isLoopback, servingFolder, tokenFile } from './places.ts';
import type { Terminal } from './terminal.ts';

/** What the door of this run is made of. */
export interface Lock {
  /** For `createProxy`. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** What clients have to trust; undefined where they trust it already, or nothing is to be trusted. */
  readonly ca: { readonly file: string; readonly pem: string } | undefined;
  readonly token: string | undefined;
  /** The token was chosen for this run, and nobody knows it yet. */
  readonly isNew: boolean;
}

type DoorFlags = Pick<RunOptions, 'tls' | 'requireToken' | 'tokenFile'>;

/**
 * Reads or makes what `--tls` and `--require-token` ask for. `address` is where porthole will serve.
 * @throws {PortholeError} `ERR_LISTEN`, `ERR_USAGE`, as rejection
 */
export async function makeLock(
  { tls, requireToken, tokenFile: file }: DoorFlags,
  address: string,
  terminal: Terminal,
): Promise<Lock> {
  const token = !requireToken
    ? undefined
    : file === undefined
      ? newToken()
      : parseToken(read(file, '--require-token-file', terminal));
  const lock = { token, isNew: token !== undefined && file === undefined };
  if (tls.kind === 'off') return { ...lock, tls: undefined, ca: undefined };
  if (tls.kind === 'files') {
    const cert = read(tls.cert, '--tls-cert', terminal);
    return { ...lock, tls: { cert, key: read(tls.key, '--tls-key', terminal) }, ca: undefined };
  }
  const own = await mint(address, terminal);
  return { ...lock, tls: own, ca: { file: own.caFile, pem: own.ca } };
}

async function mint(address: string, terminal: Terminal) {
  // Loaded only here: most runs have no use for node-forge, and would wait for it.
  const { ensureServingCertificate } = await import('#certs/serving.ts');
  const folder = servingFolder(configFolder(terminal), address);
  const names = isLoopback(address)
    ? {}
    : isIP(address)
      ? { ips: [address] }
      : { names: [address] };
  try {
    return await ensureServingCertificate(folder, names);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown';
    throw new PortholeError('ERR_LISTEN', `can not keep a certificate in ${folder}: ${reason}`, {
      cause,
    });
  }
}

function read(file: string, flag: string, { cwd }: Terminal): string {
  const path = resolve(cwd, file);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new PortholeError('ERR_USAGE', `can not read ${flag} ${path}: ${code}`, { cause });
  }
}

/** The files by which programs of the user get in while this porthole runs. */
export interface PostedKeys {
  /** Where the token is; undefined where the user has it in a file already. */
  readonly tokenFile: string | undefined;
  readonly loginFile: string;
  /** Notes the URL that logs a browser in now. */
  postLogin(url: string): void;
  /** Removes the files. */
  remove(): void;
}

/**
 * Writes a new token for `porthole kubeconfig`, and the URLs of logins; mode 0600. `address` is what it serves on.
 * @throws {PortholeError} `ERR_LISTEN` when they can not be written
 */
export function postKeys(lock: Lock, address: string, terminal: Terminal): PostedKeys {
  const file = tokenFile(configFolder(terminal), address);
  const loginFile = `${file}.login`;
  let removed = false;
  if (lock.isNew) writePrivate(file, `${lock.token}\n`, terminal.pid);
  return {
    tokenFile: lock.isNew ? file : undefined,
    loginFile,
    postLogin(url) {
      // Another porthole may serve there by now.
      if (!removed) writePrivate(loginFile, `${url}\n`, terminal.pid);
    },
    remove() {
      removed = true;
      if (lock.isNew) rmSync(file, { force: true });
      rmSync(loginFile, { force: true });
    },
  };
}

/** A rename replaces the file whole, with our mode whatever the old one's was. */
function writePrivate(file: string, content: string, pid: number): void {
  const draft = `${file}.${pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    rmSync(draft, { force: true });
    writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : 'unknown';
    const message = `can not write ${file}, by which clients find the token: ${reason}`;
    throw new PortholeError('ERR_LISTEN', message, { cause });
  }
}

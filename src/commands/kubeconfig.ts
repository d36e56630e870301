import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { lstat, open, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { PortholeError } from '../errors.ts';
import { readBounded, readFailure } from '../kubeconfig/read-bounded.ts';
import type { ClientKubeconfigOptions } from '../options.ts';
import { quote } from '../printable.ts';
import { parseToken } from '../server/door.ts';
import { clientKubeconfig, clientUrl, MARK, tokenNeedsTls } from './client-kubeconfig.ts';
import { configFolder, servingFolder, tokenFile } from './places.ts';
import type { Terminal } from './terminal.ts';

/** What a command of files and text needs of the terminal. */
type Place = Pick<Terminal, 'env' | 'platform' | 'cwd' | 'print' | 'say'>;

/**
 * `porthole kubeconfig`: a kubeconfig for clients of the porthole that was started with the same flags, printed or written.
 * Resolves to the exit code.
 * @throws {PortholeError} `ERR_USAGE`, `ERR_CREDENTIALS`, `ERR_KUBECONFIG`, as rejection
 */
export async function kubeconfigCommand(
  options: ClientKubeconfigOptions,
  terminal: Place,
): Promise<number> {
  const { tls, requireToken, namespace, write } = options;
  // Before the files are missed that such a porthole would not have.
  if (requireToken && tls.kind === 'off') throw tokenNeedsTls();
  const content = await clientKubeconfig({
    url: clientUrl({ ...options, tls: tls.kind !== 'off' }),
    ca: tls.kind === 'own' ? readAuthority(options, terminal) : undefined,
    token: requireToken ? await readToken(options, terminal) : undefined,
    namespace,
  });
  if (write === undefined) terminal.print(content);
  else terminal.say(`Wrote ${await writeClientKubeconfig(content, write, terminal.cwd)}`);
  return 0;
}

function readAuthority({ address }: ClientKubeconfigOptions, terminal: Place): string {
  const path = join(servingFolder(configFolder(terminal), address), 'ca.pem');
  return read(path, 'ERR_KUBECONFIG', 'the first start of porthole --tls puts it there');
}

async function readToken(options: ClientKubeconfigOptions, terminal: Place): Promise<string> {
  if (options.tokenFile !== undefined) {
    const path = resolve(terminal.cwd, options.tokenFile);
    return parseToken(read(path, 'ERR_CREDENTIALS', 'check --require-token-file'));
  }
  const address = await listeningAddress(options);
  const path = tokenFile(configFolder(terminal), address);
  const advice = `a porthole with --require-token on ${address} keeps it there while it runs`;
  return parseToken(read(path, 'ERR_CREDENTIALS', advice));
}

function read(path: string, code: 'ERR_KUBECONFIG' | 'ERR_CREDENTIALS', advice: string): string {
  try {
    return readBounded(path).toString('utf8');
  } catch (cause) {
    throw new PortholeError(code, `${readFailure(path, cause)}; ${advice}`, { cause });
  }
}

/** What the running porthole printed: a name became the first address that it has. */
async function listeningAddress({ address, port }: ClientKubeconfigOptions): Promise<string> {
  const found = isIP(address) ? { address } : await lookup(address).catch(() => ({ address }));
  return isIP(found.address) === 6 ? `[${found.address}]:${port}` : `${found.address}:${port}`;
}

/**
 * Puts a kubeconfig into `file`, readable by its owner alone, whole or not at all; replaces only what porthole wrote, or an
 * empty file. Creates no folder: `--write=~/x` would make one called `~`. Resolves to the absolute path.
 * @throws {PortholeError} `ERR_KUBECONFIG`, as rejection
 */
export async function writeClientKubeconfig(
  content: string,
  file: string,
  cwd: string,
): Promise<string> {
  const path = resolve(cwd, file);
  const draft = join(dirname(path), `.${randomUUID()}.kubeconfig`);
  try {
    const reason = await whyToKeep(path);
    if (reason !== undefined) throw unwritable(path, reason);
    await writeFile(draft, content, { mode: 0o600, flag: 'wx' });
    await rename(draft, path);
    return path;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {}); // the first error is the one to tell
    if (error instanceof PortholeError) throw error;
    const code = codeOf(error);
    throw unwritable(path, REASONS[code] ?? code, error);
  }
}

/** Why what is at `path` may not be replaced, if so. */
async function whyToKeep(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) return 'it is a symbolic link; name the file itself';
  if (found.isDirectory()) return 'it is a folder; name a file in it';
  if (!found.isFile()) return 'it is not a regular file; name another';
  if (found.size === 0 || (await isOurs(path))) return undefined;
  return 'porthole did not write what is in it, and leaves it as it is; name another file';
}

async function isOurs(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MARK.length));
    return buffer.toString('latin1', 0, bytesRead) === MARK;
  } finally {
    await file.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist; create that first',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
};

function unwritable(path: string, reason: string, cause?: unknown): PortholeError {
  return new PortholeError('ERR_KUBECONFIG', `cannot write ${quote(path)}: ${reason}`, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

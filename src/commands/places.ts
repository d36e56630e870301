import { posix, win32 } from 'node:path';
import { PortholeError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/**
 * The folder of porthole's own files (serving certificate, tokens): `$XDG_CONFIG_HOME/porthole`, else `~/.config/porthole`;
 * on Windows `%APPDATA%\porthole`.
 * @throws {PortholeError} `ERR_USAGE` where the environment names no such place
 */
export function configFolder({ env, platform }: Pick<Terminal, 'env' | 'platform'>): string {
  if (platform === 'win32') {
    const base = env['APPDATA'] || env['USERPROFILE'];
    if (base) return win32.join(base, 'porthole');
  }
  // A relative one is to be ignored, says the XDG Base Directory specification.
  const xdg = env['XDG_CONFIG_HOME'];
  if (xdg && posix.isAbsolute(xdg)) return posix.join(xdg, 'porthole');
  if (env['HOME']) return posix.join(env['HOME'], '.config', 'porthole');
  throw new PortholeError(
    'ERR_USAGE',
    'no home folder for the files of --tls and --require-token; set HOME',
  );
}

/**
 * Where the certificate of `--tls` is. One for an address that others reach has a folder of its own: it holds another
 * name, and a new certificate would be of another authority than the one that clients trust.
 */
export function servingFolder(folder: string, address: string): string {
  return posix.join(folder, isLoopback(address) ? 'tls' : `tls-${plain(address)}`);
}

/** Whether an address of the command line is this machine's own. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.[\d.]+$/.test(address);
}

function plain(address: string): string {
  return address.replace(/[^\w.-]/g, '_');
}

/** Where the token of the porthole on `address` (`127.0.0.1:8001`) is while it runs, when it chose one itself. */
export function tokenFile(folder: string, address: string): string {
  return posix.join(folder, `token-${plain(address)}`);
}

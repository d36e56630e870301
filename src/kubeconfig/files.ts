import { existsSync } from 'node:fs';
import { posix, resolve, win32 } from 'node:path';
import { PortholeError } from '../errors.ts';
import { quote } from '../printable.ts';
import type { Kubeconfig } from './entries.ts';
import { joinProblems } from './join-problems.ts';
import { mergeKubeconfigs } from './merge.ts';
import { parseKubeconfig } from './parse.ts';
import { readFailure } from './read-bounded.ts';
import { SourceReader } from './source-reader.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where to look for kubeconfigs, in order, and who said so: only a file named by the flag has to exist. */
export interface LoadingList {
  readonly from: 'flag' | 'KUBECONFIG' | 'home';
  readonly paths: readonly string[];
}

/** client-go `NewDefaultClientConfigLoadingRules`, without the migration of its oldest file. */
export function loadingList(
  flag: string | undefined,
  env: Env,
  platform: NodeJS.Platform,
): LoadingList {
  if (flag) return { from: 'flag', paths: [flag] };
  const list = env['KUBECONFIG'];
  if (list) {
    const paths = list.split(platform === 'win32' ? ';' : ':').filter((path) => path !== '');
    return { from: 'KUBECONFIG', paths: [...new Set(paths)] };
  }
  const home =
    platform === 'win32' ? windowsHomeConfig(env) : posix.join(env['HOME'] ?? '', '.kube/config');
  return { from: 'home', paths: [home] };
}

/** client-go `homedir.HomeDir`: the first home that has a kubeconfig; which empty home it else names, we need not know. */
function windowsHomeConfig(env: Env): string {
  const drive =
    env['HOMEDRIVE'] && env['HOMEPATH'] ? env['HOMEDRIVE'] + env['HOMEPATH'] : undefined;
  const configs = [env['HOME'], drive, env['USERPROFILE']]
    .filter((home) => home !== undefined && home !== '')
    .map((home) => win32.join(home ?? '', '.kube', 'config'));
  return (
    configs.find((path) => existsSync(path)) ?? configs.at(-1) ?? win32.join('.kube', 'config')
  );
}

/** The kubeconfigs that were found, as one. */
export interface FoundKubeconfigs {
  readonly kubeconfig: Kubeconfig;
  /** Absolute paths of the files that were read. */
  readonly files: readonly string[];
}

/**
 * Reads and merges the files of a list. One that is not there is passed over, unless the flag named it; one that cannot be
 * read or parsed fails them all (client-go `ClientConfigLoadingRules.Load`).
 * @throws {PortholeError} `ERR_KUBECONFIG`, about every bad file
 */
export function readKubeconfigs(
  list: LoadingList,
  cwd: string,
  reader = new SourceReader(),
): FoundKubeconfigs {
  const files: string[] = [];
  const parsed: Kubeconfig[] = [];
  const problems: string[] = [];
  for (const given of list.paths) {
    const path = resolve(cwd, given);
    try {
      parsed.push(parseKubeconfig(decode(reader.read(path)), path));
      files.push(path);
    } catch (error) {
      if (isMissing(error)) {
        if (list.from === 'flag')
          problems.push(`stat ${quote(given)}: no such file or directory; check --kubeconfig`);
      } else {
        const reason = error instanceof PortholeError ? error.message : readFailure(path, error);
        problems.push(`error loading config file ${quote(path)}: ${reason}`);
      }
    }
  }
  if (problems.length > 0) throw new PortholeError('ERR_KUBECONFIG', joinProblems(problems));
  return { kubeconfig: mergeKubeconfigs(parsed), files };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** UTF-8, or what a byte order mark says: PowerShell writes UTF-16, and kubectl reads it. */
function decode(bytes: Buffer): string {
  const mark = bytes.length > 1 ? bytes.readUInt16BE(0) : 0;
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PortholeError('ERR_KUBECONFIG', 'not text in UTF-8; is it a kubeconfig?', { cause });
  }
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text))
    throw new PortholeError(
      'ERR_KUBECONFIG',
      'control characters are not allowed; is it a kubeconfig?',
    );
  return text;
}

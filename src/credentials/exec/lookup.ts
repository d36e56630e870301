import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';

/** What looking for an executable depends on. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
}

/** Where an executable is, or why it is not to be had, in Go's words. */
export type Lookup =
  | { readonly path: string }
  | { readonly path: undefined; readonly problem: string };

/** Whether `command` is to be looked up in PATH. */
export function isBare(command: string, platform: NodeJS.Platform): boolean {
  return !(platform === 'win32' ? /[\\/:]/ : /\//).test(command);
}

/**
 * Go os/exec `LookPath`: a bare name is sought in PATH, and one that a relative entry of PATH leads to is refused; a path only
 * has to be an executable file. Other than in Go the current folder is never looked at on Windows.
 */
export async function lookPath(command: string, around: Surroundings): Promise<Lookup> {
  if (!isBare(command, around.platform)) {
    const problem = await whyNotExecutable(command, around);
    return problem === undefined ? { path: command } : { path: undefined, problem };
  }
  const isWindows = around.platform === 'win32';
  const path = isWindows ? win32 : posix;
  const notFound: Lookup = {
    path: undefined,
    problem: `executable file not found in ${isWindows ? '%PATH%' : '$PATH'}`,
  };
  if (command === '' || command === '.' || command === '..') return notFound;
  for (const dir of searchPath(around)) {
    for (const name of namesOf(command, around)) {
      const candidate = path.join(dir, name);
      if ((await whyNotExecutable(candidate, around)) !== undefined) continue;
      if (path.isAbsolute(candidate)) return { path: candidate };
      return {
        path: undefined,
        problem: 'cannot run executable found relative to current directory',
      };
    }
  }
  return notFound;
}

function searchPath({ env, platform }: Surroundings): string[] {
  if (platform !== 'win32') return (env['PATH'] ?? '').split(':');
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return (env[name] ?? '').split(';').map((dir) => dir.replaceAll('"', ''));
}

/** Windows tells executables by the ends of their names. */
function namesOf(command: string, { env, platform }: Surroundings): string[] {
  if (platform !== 'win32') return [command];
  const extensions = (env['PATHEXT'] || '.com;.exe;.bat;.cmd').split(';').filter(Boolean);
  const names = extensions.map((extension) => command + extension.toLowerCase());
  return command.includes('.') ? [command, ...names] : names;
}

/** Go os/exec `findExecutable`. */
async function whyNotExecutable(
  path: string,
  { cwd, platform }: Surroundings,
): Promise<string | undefined> {
  const whole = (platform === 'win32' ? win32 : posix).resolve(cwd, path);
  try {
    if ((await stat(whole)).isDirectory()) return 'is a directory';
    await access(whole, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return SYSTEM_ERRORS[code] ?? code;
  }
}

/** Of starting a program, in the system's words. */
export const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOEXEC: 'exec format error',
  ETXTBSY: 'text file busy',
  EAGAIN: 'resource temporarily unavailable',
  ENOMEM: 'cannot allocate memory',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in system',
};

import { stat } from 'node:fs/promises';
import type { PortholeError } from '../../errors.ts';
import { printable, printableUpTo, quoteUpTo } from '../../printable.ts';
import { MAX_OUTPUT_BYTES, type PluginEnd } from './child.ts';
import { SYSTEM_ERRORS } from './lookup.ts';
import { failure } from './text.ts';

const HELP =
  'https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins';
const LONGEST_HINT = 1_000;

/** client-go `wrapCmdRunErrorLocked`, with the hint that the kubeconfig gives for it. */
export function notFound(command: string, hint: string | undefined): PortholeError {
  // A message is one line; a hint often has several.
  const text = (hint ?? '').trim().replace(/\s*[\r\n\t]\s*/g, ' ');
  const help =
    text === ''
      ? `a client-go credential plugin that is not installed, or not in PATH; see ${HELP}`
      : `a client-go credential plugin that is not installed, or not in PATH; the kubeconfig says: ${printableUpTo(LONGEST_HINT, text)}`;
  return failure(`exec: executable ${printable(command)} not found; it looks like ${help}`);
}

export interface Failed {
  readonly command: string;
  readonly path: string;
  readonly installHint: string | undefined;
  readonly timeoutMs: number;
  /** Printable, without secrets. */
  readonly lastWords: string;
}

type Failure = Exclude<PluginEnd, { readonly kind: 'exited' }>;

/** What to tell of a run that gave no credential. */
export async function runFailure(
  end: Failure | { readonly kind: 'exited'; readonly code: number },
  failed: Failed,
): Promise<PortholeError> {
  const executable = `exec: executable ${printable(failed.command)}`;
  const words =
    failed.lastWords === '' ? '' : `; its last words: ${quoteUpTo(8192, failed.lastWords)}`;
  switch (end.kind) {
    case 'exited':
      return failure(
        `${executable} failed with exit code ${end.code}${words || '; run it in a terminal to see why'}`,
      );
    case 'signalled':
      return failure(`${executable} was killed by signal ${end.signal}${words}`);
    case 'too much':
      return failure(
        `${executable} wrote more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB to its ${end.stream}, so it was killed${words}`,
      );
    case 'deadline':
      return failure(
        `${executable} did not finish within ${failed.timeoutMs / 1000} s, so it was killed; --exec-timeout gives it more time${words}`,
        'ERR_CREDENTIALS_TIMEOUT',
      );
    case 'closed':
      return failure(`${executable} was ended, because porthole no longer needs it`);
    case 'failed':
      return await startFailure(end.code, failed);
  }
}

/** The cause is not kept: it holds the arguments. */
async function startFailure(code: string, failed: Failed): Promise<PortholeError> {
  const { command, path, installHint } = failed;
  const forkExec = `exec: fork/exec ${printable(path)}:`;
  if (code === 'ENOENT' && !(await isThere(path))) return notFound(command, installHint);
  switch (code) {
    case 'ENOENT':
      return failure(
        `${forkExec} no such file or directory, though the file is there: the interpreter that its first line names is missing`,
      );
    case 'EACCES':
      return failure(`${forkExec} permission denied; is it an executable file (chmod +x)?`);
    case 'ENOEXEC':
      return failure(`${forkExec} exec format error; is it for this kind of machine?`);
    case 'E2BIG':
      return failure(
        `${forkExec} argument list too long: its arguments, or what the environment is to tell it of the cluster`,
      );
    case 'ERR_INVALID_ARG_VALUE':
      return failure(
        `${forkExec} an argument or a variable holds a NUL character; correct the kubeconfig`,
      );
    default:
      return failure(`${forkExec} ${SYSTEM_ERRORS[code] ?? code}`);
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

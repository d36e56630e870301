import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { quote } from '../printable.ts';
import { withoutActivation } from './activation.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs a command to its end on our own stdin, stdout and stderr, with `variables` in its environment, and passes signals on
 * to it. Resolves to its exit code, as a shell would tell it: 128 and the number of the signal that ended it, 127 where there
 * is no such command, 126 where it cannot be run.
 */
export async function runChild(
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
  terminal: Terminal,
): Promise<number> {
  const [name = '', ...args] = command;
  const env = { ...withoutActivation(terminal.env), ...variables };
  let stopListening = (): void => {};
  try {
    const child = spawn(name, args, { env, stdio: 'inherit' });
    stopListening = terminal.onSignal((signal) => {
      // The terminal has sent it to the child as well; a second one makes many programs quit at once.
      const isTyped = terminal.stdinIsTTY && (signal === 'SIGINT' || signal === 'SIGQUIT');
      if (!isTyped) child.kill(signal);
    });
    return await exitCodeOf(child);
  } catch (error) {
    return failed(name, error, terminal);
  } finally {
    stopListening();
  }
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      // A signal that may not be sent, as to sudo, is an error too, but not the end.
      if (child.pid === undefined) reject(error);
    });
    child.once('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

function failed(name: string, error: unknown, terminal: Terminal): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT' || name === '') {
    terminal.say(`error: no such command: ${quote(name)}; is it on PATH?`);
    return 127;
  }
  const reason = code === 'EACCES' ? 'permission denied; is it executable?' : code;
  terminal.say(`error: cannot run ${quote(name)}: ${reason}`);
  return 126;
}

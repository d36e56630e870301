import type { RunOptions } from '../options.ts';
import { startPrivateProxy } from './private-proxy.ts';
import { runCommand } from './run.ts';
import type { Terminal } from './terminal.ts';

/** `porthole run`: a command with a proxy of its own. Resolves to the command's exit code. */
export function runThroughProxy(options: RunOptions, terminal: Terminal): Promise<number> {
  const start = () => startPrivateProxy(options, terminal);
  return runCommand({ command: options.command, start }, terminal);
}

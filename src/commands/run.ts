import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PortholeError } from '../errors.ts';
import { quote } from '../printable.ts';
import { runChild } from './child.ts';
import { type Access, clientKubeconfig } from './client-kubeconfig.ts';
import { EXIT_CODES, type StopSignal, type Terminal } from './terminal.ts';

/** A proxy that serves one command. */
export interface StartedProxy extends Access {
  /** Called once, when the command has ended: nobody is left to wait for. */
  close(): Promise<void>;
}

export interface RunCommand {
  /** A program and its arguments. */
  readonly command: readonly string[];
  /** Leaves stdout and the signals alone. */
  readonly start: () => Promise<StartedProxy>;
}

/**
 * `porthole run`: starts a proxy, runs the command with a kubeconfig for it, and leaves nothing behind. Signals are the
 * command's to obey. Resolves to its exit code, as a shell would tell it.
 * @throws {PortholeError} when there is no proxy or no kubeconfig, and so no command, as rejection
 */
export async function runCommand(
  { command, start }: RunCommand,
  terminal: Terminal,
): Promise<number> {
  const folder = await privateFolder();
  let stopped: StopSignal | undefined;
  const stopListening = terminal.onSignal((signal) => {
    stopped ??= signal;
  });
  try {
    const proxy = await start();
    try {
      const file = join(folder, 'kubeconfig');
      await writeFile(file, await clientKubeconfig(proxy), { mode: 0o600, flag: 'wx' });
      if (stopped !== undefined) return EXIT_CODES[stopped];
      // kubectl caches what it discovers by host and port, and this port may be another cluster's next time.
      const variables = { KUBECONFIG: file, KUBECACHEDIR: join(folder, 'cache') };
      return await runChild(command, variables, terminal);
    } finally {
      await proxy.close();
    }
  } finally {
    await remove(folder, terminal);
    stopListening();
  }
}

async function privateFolder(): Promise<string> {
  const parent = tmpdir();
  try {
    return await mkdtemp(join(parent, 'porthole-run-'));
  } catch (cause) {
    const message = `cannot make a folder for the kubeconfig in ${quote(parent)}; set TMPDIR to one that can be written`;
    throw new PortholeError('ERR_KUBECONFIG', message, { cause });
  }
}

/** What the command left in the background may still write there. */
async function remove(folder: string, terminal: Pick<Terminal, 'say'>): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    terminal.say(`warning: cannot remove ${quote(folder)}; remove it by hand`);
  }
}

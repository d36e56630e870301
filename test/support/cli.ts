// The real command line as a child process, away from the kubeconfig of whoever runs the tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Finished, RunningCommand, run } from './process.ts';

const BIN = fileURLToPath(new URL('../../bin/porthole.js', import.meta.url));
const STARTED = /^Starting to serve on 127\.0\.0\.1:(\d+)$/m;

/** Whatever the tests run on: what porthole says of an old Node.js is not what they are about. */
export const ANY_RUNTIME = { NODE_NO_WARNINGS: '1' } as const;

const folders = mkdtempSync(join(tmpdir(), 'porthole-test-'));
process.once('exit', () => rmSync(folders, { recursive: true }));

/** An empty folder, which lasts as long as this process. */
export function emptyFolder(): string {
  return mkdtempSync(join(folders, 'of-'));
}

/** Arguments for `spawn` that run porthole with `args` in a home without a kubeconfig. */
export function portholeWith(args: readonly string[]) {
  const cwd = emptyFolder();
  const env = { PATH: process.env['PATH'], HOME: cwd, ...ANY_RUNTIME };
  return [process.execPath, [BIN, ...args], { cwd, env }] as const;
}

/** Runs porthole to its end. */
export function runPorthole(...args: readonly string[]): Promise<Finished> {
  return run(...portholeWith(args));
}

/** Runs porthole until it serves, on a free port. */
export async function spawnPorthole(...args: readonly string[]) {
  const command = new RunningCommand(...portholeWith([...args, '--port=0']));
  try {
    const [, port] = await command.waitFor('stdout', STARTED);
    return { command, port: Number(port) };
  } catch (error) {
    await command.stop('SIGKILL');
    throw error;
  }
}

/** The same, ended with the test. */
export async function startPorthole(...args: readonly string[]) {
  const running = await spawnPorthole(...args);
  onTestFinished(() => void running.command.stop('SIGKILL'));
  return running;
}

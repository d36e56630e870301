// Credential plugins of tests: real programs, shell scripts in a folder of their own, that count their runs.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const V1 = 'client.authentication.k8s.io/v1';
export const V1BETA1 = 'client.authentication.k8s.io/v1beta1';

export interface Plugin {
  /** Its absolute path. */
  readonly command: string;
  readonly folder: string;
  runs(): number;
  /** What it has written to `"$0".name`; empty while there is nothing. */
  wrote(name: string): string;
  /** Opens the gate that `slow` waits at. */
  open(): void;
}

/** A plugin for one test, of a script from below or of its own. `$0` is its absolute path. */
export function writePlugin(script: string, name = 'plugin'): Plugin {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-plugin-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = join(folder, name);
  writeFileSync(command, `#!/bin/sh\necho run >>"$0.runs"\n${script}\n`);
  chmodSync(command, 0o755);
  const wrote = (what: string): string =>
    existsSync(`${command}.${what}`) ? readFileSync(`${command}.${what}`, 'utf8') : '';
  return {
    command,
    folder,
    runs: () => wrote('runs').split('\n').length - 1,
    wrote,
    open: () => writeFileSync(`${command}.gate`, ''),
  };
}

/** An ExecCredential with this status, as JSON. */
export function execCredential(status: unknown, apiVersion = V1): string {
  return JSON.stringify({ kind: 'ExecCredential', apiVersion, status });
}

/** Prints text as it is. */
export function prints(text: string): string {
  return `cat <<'END-OF-TEXT'\n${text}\nEND-OF-TEXT`;
}

export function good(token: string, apiVersion = V1): string {
  return prints(execCredential({ token }, apiVersion));
}

/** Gives `token-1`, and another one at each run. */
export const ROTATING = `n=$(($(wc -l <"$0.runs")))
printf '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"token-%s"}}' "$n"`;

/** Does what `script` does once the gate is open. */
export function slow(script: string): string {
  return `while [ ! -e "$0.gate" ]; do sleep 0.01; done\n${script}`;
}

/** Does not end at SIGTERM, nor does its child, which holds its stdout open and notes its id in `child`. */
export const HANGING = `trap '' TERM
sh -c 'echo $$ >"$0.child.new"; mv "$0.child.new" "$0.child"; exec sleep 1000' "$0" &
while :; do wait; sleep 1000; done`;

export function crashing(code: number, words = ''): string {
  return `cat >&2 <<'END-OF-WORDS'\n${words}\nEND-OF-WORDS\nexit ${code}`;
}

/** Writes without end, to `1` or `2`. */
export function endless(stream: 1 | 2): string {
  return `echo $$ >"$0.pid"; exec yes 'and so on, and so on, and so on, and so on' >&${stream}`;
}

/** Waits for a process to be gone, or to be nothing any more that runs: who should reap it may not. */
export async function isGone(pid: number): Promise<void> {
  for (const limit = performance.now() + 10_000; ; ) {
    const state = processState(pid);
    if (state === '' || state.startsWith('Z')) return;
    if (performance.now() > limit) throw new Error(`process ${pid} is still there (${state})`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function processState(pid: number): string {
  const ps = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  if (ps.error !== undefined) throw ps.error;
  return ps.stdout.trim();
}

import type { PluginSurroundings } from '../credentials/exec/source.ts';
import { loadPluginPolicy } from '../kubeconfig/kuberc.ts';
import type { DoctorOptions } from '../options.ts';
import { withoutActivation } from './activation.ts';
import type { Notes } from './notes.ts';
import type { Terminal } from './terminal.ts';

/**
 * What credential plugins are given of this process, and which of them may run.
 * @throws {PortholeError} when the preferences that a flag or variable names can not be used
 */
export function pluginSurroundings(
  { execTimeoutMs, kuberc }: Pick<DoctorOptions, 'execTimeoutMs' | 'kuberc'>,
  notes: Pick<Notes, 'info' | 'warn'>,
  { env, cwd, platform, stdinIsTTY, stderrIsTTY, kill }: Terminal,
): PluginSurroundings {
  return {
    // A socket that was meant for us is none of a plugin's.
    env: withoutActivation(env),
    cwd,
    platform,
    stdinIsTTY,
    stderrIsTTY,
    kill,
    timeoutMs: execTimeoutMs,
    policy: loadPluginPolicy({ flag: kuberc, env, platform, cwd }, notes.warn),
    say: notes.info,
  };
}

/** `porthole completion SHELL`: which script, and for which name? */
import type { Shell } from '../flags/values.ts';
import { BASH, FISH, POWERSHELL, ZSH } from './completion-scripts.ts';

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};

/**
 * The script that makes a shell complete the arguments of `programName` by asking it (`PROGRAM __complete WORDS...`). Under
 * `kubectl porthole` kubectl's own completion asks, so that the script is for who calls `kubectl-porthole` directly.
 */
export function completionScript(shell: Shell, programName: string): string {
  const program = programName.replaceAll(' ', '-');
  return SCRIPTS[shell]
    .replaceAll(/(?<!__)porthole/g, program)
    .replaceAll('__porthole', `__${program.replaceAll('-', '_')}`);
}

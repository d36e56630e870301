// Both programs as commands: until they serve, or to their end.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/cluster.ts';
import { clientEnv } from '../cluster/kubectl.ts';
import { RunningCommand } from '../process.ts';
import type { CommandOutcome } from './command-rows.ts';

const PORTHOLE = fileURLToPath(new URL('../../../bin/porthole.js', import.meta.url));
const STARTED = /^Starting to serve on (.*)$/m;

export type Program = 'kubectl' | 'porthole';

export interface Attempt {
  readonly outcome: CommandOutcome;
  /** What it says it serves on; '' when it does not. */
  readonly place: string;
  readonly command: RunningCommand;
}

/** Starts a program in a folder of its own, in front of the cluster, and waits until it serves or ends. */
export async function attempt(
  cluster: Cluster,
  program: Program,
  args: readonly string[],
  cwd = mkdtempSync(join(cluster.dir, 'cwd-')),
): Promise<Attempt> {
  const env = clientEnv(cluster, cluster.kubeconfigs.certificateData);
  const command =
    program === 'kubectl'
      ? new RunningCommand(join(cluster.assets, 'kubectl'), ['proxy', ...args], { env, cwd })
      : new RunningCommand(process.execPath, [PORTHOLE, ...args], { env, cwd });
  const started = await command.waitFor('stdout', STARTED).catch(() => undefined);
  if (started !== undefined) return { outcome: 'serves', place: started[1] ?? '', command };
  const { code } = await command.stop('SIGKILL');
  return { outcome: code ?? -1, place: '', command };
}

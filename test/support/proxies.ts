// The real command line, and kubectl proxy as its reference, as child processes on ports of their own.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from './cluster/cluster.ts';
import { clientEnv } from './cluster/kubectl.ts';
import { RunningCommand } from './process.ts';

export interface RunningProxy {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The request log so far: one object for each line of JSON on stderr. */
  log(): Record<string, unknown>[];
  /** Ends it by SIGTERM; rejects when it does not exit as it should. */
  stop(): Promise<void>;
}

const PORTHOLE = fileURLToPath(new URL('../../bin/porthole.js', import.meta.url));
const STARTED = /^Starting to serve on 127\.0\.0\.1:(\d+)$/m;

/** `porthole` in front of the cluster, as the user of `kubeconfig` (by default the certificate's); `env` is added to its own. */
export function startPorthole(
  cluster: Cluster,
  {
    kubeconfig = cluster.kubeconfigs.certificateData,
    flags = [] as readonly string[],
    env = {} as Readonly<Record<string, string>>,
  } = {},
): Promise<RunningProxy> {
  const all = { ...clientEnv(cluster, cluster.kubeconfigs.none), ...env };
  const args = [PORTHOLE, '--port=0', `--kubeconfig=${kubeconfig}`, ...flags];
  return serving(new RunningCommand(process.execPath, args, { env: all, cwd: cluster.dir }), 0);
}

/** `porthole demo`, with `dir` as its working directory. */
export function startDemo(dir: string): Promise<RunningProxy> {
  const env = { PATH: process.env['PATH'], HOME: dir };
  const args = [PORTHOLE, 'demo', '--port=0'];
  return serving(new RunningCommand(process.execPath, args, { env, cwd: dir }), 0);
}

/** `kubectl proxy` in front of the cluster, as the certificate's user. */
export function startKubectlProxy(cluster: Cluster, flags: readonly string[] = []) {
  const env = clientEnv(cluster, cluster.kubeconfigs.certificateData);
  const args = ['proxy', '--port=0', ...flags];
  const command = new RunningCommand(join(cluster.assets, 'kubectl'), args, { env });
  return serving(command, null); // it dies of the signal
}

async function serving(command: RunningCommand, exitCode: number | null): Promise<RunningProxy> {
  const started = await command.waitFor('stdout', STARTED).catch(async (error: unknown) => {
    await command.stop();
    throw error;
  });
  const port = Number(started[1]);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    log: () => command.stderr.split('\n').flatMap(parseLine),
    async stop() {
      const exit = await command.stop();
      if (exit.code === exitCode) return;
      const how = exit.code ?? exit.signal;
      throw new Error(`the proxy ended with ${how} instead of ${exitCode}:\n${command.stderr}`);
    },
  };
}

function parseLine(line: string): Record<string, unknown>[] {
  return line.startsWith('{') ? [JSON.parse(line)] : [];
}

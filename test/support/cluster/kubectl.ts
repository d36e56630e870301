import { join } from 'node:path';
import { ANY_RUNTIME } from '../cli.ts';
import { type Finished, RunningCommand, run } from '../process.ts';
import type { Cluster } from './cluster.ts';

/** The environment of clients: the assets first on PATH, and nothing of this machine's own kubeconfig or HTTP proxy. */
export function clientEnv(cluster: Cluster, kubeconfig: string): NodeJS.ProcessEnv {
  return {
    PATH: `${cluster.assets}:${process.env['PATH'] ?? ''}`,
    HOME: cluster.dir,
    TMPDIR: cluster.dir,
    KUBECONFIG: kubeconfig,
    ...ANY_RUNTIME,
  };
}

/** What a command printed on stdout; throws, with all that it printed, when it failed. */
export function expectSuccess(done: Finished, args: readonly string[]): string {
  if (done.code === 0) return done.stdout;
  const how = done.code ?? done.signal;
  throw new Error(`${args.join(' ')} ended with ${how}:\n${done.stderr}${done.stdout}`);
}

/** kubectl as an administrator, straight to the API server; rejects when it fails. */
export async function kubectl(
  cluster: Cluster,
  args: readonly string[],
  input = '',
): Promise<string> {
  const env = clientEnv(cluster, cluster.kubeconfigs.certificateData);
  return expectSuccess(await run(join(cluster.assets, 'kubectl'), args, { env, input }), args);
}

/** Creates objects straight at the API server. */
export async function createAll(cluster: Cluster, objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await kubectl(cluster, ['create', '-f', '-'], JSON.stringify(list));
}

/** kubectl as a client of a proxy: it knows the proxy's URL and the namespace, and has no kubeconfig. */
export class KubectlClient {
  readonly #command: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #flags: readonly string[];

  constructor(cluster: Cluster, proxyUrl: string, namespace: string) {
    this.#command = join(cluster.assets, 'kubectl');
    this.#env = clientEnv(cluster, cluster.kubeconfigs.none);
    this.#flags = [`--server=${proxyUrl}`, `--namespace=${namespace}`];
  }

  /** Runs it to its end, however it ends. */
  run(args: readonly string[], input = ''): Promise<Finished> {
    return run(this.#command, [...this.#flags, ...args], { env: this.#env, input });
  }

  /** What it prints; rejects when it fails. */
  async ok(args: readonly string[], input = ''): Promise<string> {
    return expectSuccess(await this.run(args, input), args);
  }

  start(args: readonly string[]): RunningCommand {
    return new RunningCommand(this.#command, [...this.#flags, ...args], { env: this.#env });
  }
}

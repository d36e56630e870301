import { onTestFinished } from 'vitest';
import type { Obtained } from '../../../src/credentials/credentials.ts';
import { execSource, type PluginSurroundings } from '../../../src/credentials/exec/source.ts';
import { pairProblem } from '../../../src/kubeconfig/certificates.ts';
import type { Cluster, ExecConfig } from '../../../src/kubeconfig/kubeconfig.ts';
import { readYaml } from '../../../src/kubeconfig/yaml.ts';
import { V1 } from '../../support/plugin.ts';

export const CLUSTER: Cluster = {
  name: 'c',
  server: {
    scheme: 'https',
    hostname: 'example.test',
    port: 6443,
    authority: 'example.test:6443',
    pathPrefix: '/k8s/clusters/c-1',
  },
  certificateAuthority: undefined,
  insecureSkipTlsVerify: false,
  tlsServerName: undefined,
  proxyUrl: undefined,
  disableCompression: false,
  execExtension: undefined,
};

/** 2026-01-02T03:04:05Z */
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

export interface Setup {
  readonly config?: Partial<ExecConfig>;
  readonly cluster?: Partial<Cluster>;
  readonly surroundings?: Partial<PluginSurroundings>;
}

/** A source with the test's own clock, real processes, and what was said to the operator. */
export function source(command: string, { config, cluster, surroundings }: Setup = {}) {
  const said: string[] = [];
  const made = execSource({
    config: {
      apiVersion: V1,
      command,
      args: [],
      env: [],
      installHint: undefined,
      provideClusterInfo: false,
      interactiveMode: 'Never',
      ...config,
    },
    cluster: { ...CLUSTER, ...cluster },
    surroundings: {
      env: process.env,
      cwd: process.cwd(),
      platform: process.platform,
      stdinIsTTY: false,
      stderrIsTTY: false,
      timeoutMs: 30_000,
      policy: { policy: 'AllowAll', allowlist: [] },
      say: (line) => said.push(line),
      kill: (pid, signal) => process.kill(pid, signal),
      ...surroundings,
    },
    readYaml,
    pairProblem,
    now: () => NOW,
  });
  onTestFinished(() => made.close());
  return { source: made, said, obtain: (): Promise<Obtained> => made.obtain() };
}

/** The error that an attempt is rejected with. */
export async function failureOf(attempt: Promise<unknown>): Promise<Error & { code: string }> {
  return await attempt.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
}

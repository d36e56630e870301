import type { PluginSurroundings } from '../../src/credentials/exec/source.ts';
import type { KubeconfigFlags } from '../../src/kubeconfig/kubeconfig.ts';
import { loadKubeconfig } from '../../src/kubeconfig/load.ts';
import { createProxy, type ProxyOptions, type RunningProxy } from '../../src/proxy.ts';
import type { ExchangeRecord } from '../../src/record/exchange-record.ts';
import {
  DEFAULT_ACCEPT_HOSTS,
  DEFAULT_ACCEPT_PATHS,
  DEFAULT_REJECT_METHODS,
  DEFAULT_REJECT_PATHS,
} from '../../src/server/admit.ts';
import { splitPatterns } from '../../src/server/patterns.ts';
import { writeTestKubeconfig } from './kubeconfig-file.ts';
import type { RecordingUpstream } from './recording-upstream.ts';

/** A proxy in this process, with what it recorded. */
export interface TestProxy extends RunningProxy {
  readonly records: ExchangeRecord[];
  readonly warnings: string[];
  /** What it told its operator beside warnings. */
  readonly notes: string[];
  /** Waits until `count` records have ended. */
  recorded(count: number): Promise<ExchangeRecord[]>;
}

/** What plugins are given in tests: this environment, and no terminal. */
export function pluginsWith(env: Readonly<Record<string, string | undefined>>): PluginSurroundings {
  return {
    env,
    cwd: '/',
    platform: process.platform,
    stdinIsTTY: false,
    stderrIsTTY: false,
    kill: (pid, signal) => void process.kill(pid, signal),
    timeoutMs: 60_000,
    policy: { policy: 'AllowAll', allowlist: [] },
    say: () => {},
  };
}

/** Starts one in front of `upstream`, with the client's certificate, as the command line would by default. */
export async function startProxy(
  upstream: Pick<RecordingUpstream, 'port' | 'ca' | 'client'>,
  { recorders, ...others }: Partial<ProxyOptions> = {},
  flags: KubeconfigFlags = {},
): Promise<TestProxy> {
  const records: ExchangeRecord[] = [];
  const warnings: string[] = [];
  const notes: string[] = [];
  let wake = (): void => {};
  const config = loadKubeconfig({
    flags: { ...flags, kubeconfig: flags.kubeconfig ?? writeTestKubeconfig(upstream) },
    env: {},
    cwd: '/',
    platform: process.platform,
    now: new Date(),
  });
  const proxy = await createProxy({
    config,
    address: '127.0.0.1',
    port: 0,
    acceptHosts: splitPatterns(DEFAULT_ACCEPT_HOSTS),
    acceptPaths: splitPatterns(DEFAULT_ACCEPT_PATHS),
    rejectPaths: splitPatterns(DEFAULT_REJECT_PATHS),
    rejectMethods: splitPatterns(DEFAULT_REJECT_METHODS),
    disableFilter: false,
    allowOrigins: [],
    disableOriginCheck: false,
    readOnly: false,
    deny: [],
    apiPrefix: '/',
    appendServerPath: true,
    keepaliveMs: 0,
    requestTimeoutMs: 0,
    userAgent: 'porthole/test',
    rotationGraceMs: 0,
    reload: undefined,
    plugins: pluginsWith({}),
    inform: (sentence) => notes.push(sentence),
    recorders: [
      ...(recorders ?? []),
      {
        ended(record) {
          records.push(record);
          wake();
        },
      },
    ],
    warn: (sentence) => warnings.push(sentence),
    ...others,
  });
  return Object.defineProperties(
    { records, warnings, notes, recorded },
    Object.getOwnPropertyDescriptors(proxy),
  ) as TestProxy;

  function recorded(count: number): Promise<ExchangeRecord[]> {
    return new Promise((resolve) => {
      wake = () => {
        if (records.length >= count) resolve(records);
      };
      wake();
    });
  }
}

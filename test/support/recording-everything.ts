// The command line with everything recorded that it can record, at the level at which most is said.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { filesBelow, type Outputs } from './canaries.ts';
import { portholeWith } from './cli.ts';
import { type KubeconfigFields, writeTestKubeconfig } from './kubeconfig-file.ts';
import { RunningCommand, run } from './process.ts';
import { RawClient } from './raw-client.ts';
import { type RecordingUpstream, type Script, startUpstream } from './recording-upstream.ts';

const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{ level: RequestResponse }]
`;

export interface Everything {
  readonly command: RunningCommand;
  readonly port: number;
  readonly kubeconfig: string;
  /** The folder that it works in; what is written there is output. */
  readonly folder: string;
  connect(): Promise<RawClient>;
  /** Sends bytes on a connection of its own, and returns all that came by the time the proxy closed it. */
  ask(text: string): Promise<string>;
  /** Stops it, once it has told its state, and gives all that it wrote. */
  outputs(): Promise<Outputs>;
}

export interface EverythingSetup {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly kubeconfig?: (port: number) => KubeconfigFields;
  readonly requestCert?: boolean;
}

/** Flags that record everything below the working directory, which holds `policy.yaml`. */
const EVERYTHING = [
  ...['-v=10', '--audit-log-path=audit.log', '--audit-policy-file=policy.yaml'],
  ...['--har=all.har', '--har-bodies'],
];

/** The command line with those flags, in a folder of its own. */
export function recordingAll(
  command: string,
  flags: readonly string[],
  words: readonly string[] = [],
) {
  const started = portholeWith([command, ...EVERYTHING, ...flags, ...words]);
  writeFileSync(join(started[2].cwd, 'policy.yaml'), POLICY);
  return started;
}

/** Starts one in front of an upstream; both end with the test. */
export async function recordEverything(
  script?: Script,
  { flags, env, kubeconfig, requestCert = true }: EverythingSetup = {},
): Promise<Everything & { readonly upstream: RecordingUpstream }> {
  const upstream = await startUpstream(script, { requestCert });
  const config = writeTestKubeconfig(upstream, kubeconfig?.(upstream.port));
  onTestFinished(async () => {
    rmSync(dirname(config), { recursive: true });
    await upstream.close();
  });
  return { ...(await startRecording(config, flags, env)), upstream };
}

/** Starts one for a cluster; it ends with the test. */
export async function startRecording(
  kubeconfig: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Everything> {
  const given = [`--kubeconfig=${kubeconfig}`, '--port=0', '--reject-paths=^$', ...flags];
  const [program, args, options] = recordingAll('proxy', given);
  const all = { ...options, env: { ...options.env, ...env } };
  const command = new RunningCommand(program, args, all);
  const clients: RawClient[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.close();
    await command.stop('SIGKILL');
  });
  const [, port] = await command.waitFor('stdout', /^Starting to serve on .*:(\d+)$/m);
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(Number(port));
    clients.push(client);
    return client;
  };
  return {
    command,
    port: Number(port),
    kubeconfig,
    folder: options.cwd,
    connect,
    async ask(text) {
      const client = await connect();
      await client.send(text).untilEnd();
      client.close();
      return client.received;
    },
    async outputs() {
      command.signal('SIGUSR2');
      await command.waitFor('stderr', /errors(?:,|: none)/);
      await command.stop();
      const { stdout, stderr } = command;
      return { stdout, stderr, ...filesBelow(options.cwd) };
    },
  };
}

/** What `porthole audit` says of the events below a folder. */
export async function reviewed(folder: string): Promise<Outputs> {
  const outputs: Record<string, string> = {};
  for (const flags of [[], ['--output=json', '--all-stages'], ['--top=50', '--by=client']]) {
    const [program, args, options] = portholeWith(['audit', join(folder, 'audit.log'), ...flags]);
    const { stdout, stderr } = await run(program, args, options);
    outputs[`porthole audit ${flags.join(' ')}`] = stdout + stderr;
  }
  return outputs;
}

/** The audit events below a folder. */
export function eventsIn(folder: string): Record<string, unknown>[] {
  const lines = readFileSync(join(folder, 'audit.log'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

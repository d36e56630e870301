// The command line between clients and an upstream that are the test's own, with what the kernel says of its memory.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';
import { Canaries } from './canaries.ts';
import { startPorthole } from './cli.ts';
import { writeTestKubeconfig } from './kubeconfig-file.ts';
import { pidListeningOn, socketsOf } from './open-sockets.ts';
import type { Exit } from './process.ts';
import { RawClient } from './raw-client.ts';
import { type RecordingUpstream, type Script, startUpstream } from './recording-upstream.ts';
import { speaking, type Way } from './scripted-streams.ts';

/** What is left of a porthole that was stopped. */
export interface Stopped {
  readonly exit: Exit;
  /** Its log, a line each. */
  readonly records: Record<string, unknown>[];
  /** Secrets that it wrote. */
  readonly leaks: string[];
}

export interface MeasuredPorthole {
  readonly upstream: RecordingUpstream;
  connect(): Promise<RawClient>;
  /** Sockets that it has open. */
  readonly sockets: number;
  /** From now on, by how many bytes its resident memory has grown at its peak. */
  measure(): { readonly growth: number };
  /** Ends it by SIGTERM. */
  stop(): Promise<Stopped>;
}

/** Starts one in front of an upstream that answers by script; all ends with the test. Linux only. */
export async function startMeasured(
  script: Script,
  { way = 'HTTP/1.1', flags = [] }: { way?: Way; flags?: readonly string[] } = {},
): Promise<MeasuredPorthole> {
  const canaries = new Canaries();
  const upstream = await startUpstream(script, speaking(way));
  const kubeconfig = writeTestKubeconfig(upstream, { user: { token: canaries.plant('token') } });
  onTestFinished(async () => {
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const { command, port } = await startPorthole(`--kubeconfig=${kubeconfig}`, ...flags);
  const pid = pidListeningOn(port);
  return {
    upstream,
    async connect() {
      const client = await RawClient.connect(port);
      onTestFinished(() => client.close());
      return client;
    },
    get sockets() {
      return socketsOf(pid);
    },
    measure() {
      // As of proc(5): the peak is forgotten.
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
      const before = residentOf(pid, 'VmRSS');
      return {
        get growth() {
          return residentOf(pid, 'VmHWM') - before;
        },
      };
    },
    async stop() {
      const exit = await command.stop();
      const { stdout, stderr } = command;
      const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
      const records = lines.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome);
      return { exit, records, leaks: canaries.find({ stdout, stderr }) };
    },
  };
}

/** For an annotation. */
export function grown({ growth }: { readonly growth: number }): string {
  return `memory grew by ${(growth / 2 ** 20).toFixed(1)} MiB at its peak`;
}

/** Bytes. */
function residentOf(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
  return Number(kilobytes) * 1024;
}

// A proxy of either kind, between two wires that can hurt.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeKubeconfigs } from '../cluster/kubeconfigs.ts';
import { type FaultProxy, startFaultProxy } from '../fault-proxy.ts';
import { pidListeningOn, socketsOf } from '../open-sockets.ts';
import { RunningCommand } from '../process.ts';
import type { Ground } from './ground.ts';
import { Count } from './tail.ts';

/** Which proxy is hurt. */
export type ProxyName = 'porthole' | 'kubectl proxy';

export interface LaunchOptions {
  readonly name: ProxyName;
  /** Clients speak TLS with porthole, so that their wire may forge bytes, too. */
  readonly tls: boolean;
}

/** A proxy, and what is around it. */
export interface Afloat {
  /** Between the proxy and the API server, and between clients and the proxy. */
  readonly upstreamWire: FaultProxy;
  readonly clientWire: FaultProxy;
  readonly proxy: HurtProxy;
  stop(): Promise<void>;
}

export interface HurtProxy {
  readonly name: ProxyName;
  readonly port: number;
  readonly pid: number;
  /** Of the certificate that it serves; undefined: it serves plain HTTP. */
  readonly ca: string | undefined;
  /** How many final records it wrote of each request; undefined where it writes none. */
  readonly recorded: Count | undefined;
  /** Bytes. */
  rss(): number;
  openFiles(): number;
  sockets(): number;
  /** False when it has ended. */
  isAlive(): boolean;
}

const STARTED = /^Starting to serve on 127\.0\.0\.1:(\d+)$/m;
const RECORDED = /"outcome":/;
/** npm and vitest run here. */
const ROOT = process.cwd();

/** One at a time in front of a ground. @throws {Error} as rejection, when it does not start */
export async function launch(ground: Ground, { name, tls }: LaunchOptions): Promise<Afloat> {
  const { dir, pki, apiServer } = ground;
  const stops: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0)) await end();
  };
  try {
    const upstreamWire = await startFaultProxy(apiServer.port);
    stops.unshift(() => upstreamWire.close());
    const { caPem, client, token } = pki;
    const server = `https://127.0.0.1:${upstreamWire.port}`;
    const kubeconfigs = writeKubeconfigs({ dir, server, caPem, client, token });
    const { serverCert, serverKey } = pki.files;
    const { proxy, end } = await startHurtProxy({
      ...{ name, assets: ground.assets, dir, kubeconfig: kubeconfigs.certificateData },
      ca: tls ? caPem : undefined,
      flags: tls ? [`--tls-cert=${serverCert}`, `--tls-key=${serverKey}`] : [],
    });
    stops.unshift(end);
    const clientWire = await startFaultProxy(proxy.port);
    stops.unshift(() => clientWire.close());
    return { upstreamWire, clientWire, proxy, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Launch {
  readonly name: ProxyName;
  readonly assets: string;
  readonly dir: string;
  readonly kubeconfig: string;
  readonly ca: string | undefined;
  readonly flags: readonly string[];
}

async function startHurtProxy(
  launch: Launch,
): Promise<{ readonly proxy: HurtProxy; readonly end: () => Promise<unknown> }> {
  const { name, ca, dir } = launch;
  const log = join(dir, 'requests.log');
  writeFileSync(log, '', { mode: 0o600 });
  const command = launchProxy(launch, log);
  const end = () => command.stop();
  const started = await command.waitFor('stdout', STARTED).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const recorded = name === 'porthole' ? new Count(log, RECORDED) : undefined;
  let isAlive = true;
  void command.exited.finally(() => {
    isAlive = false;
    recorded?.close();
  });
  const port = Number(started[1]);
  const pid = pidListeningOn(port);
  return {
    proxy: {
      ...{ name, port, pid, ca, recorded },
      rss: () => rssOf(pid),
      openFiles: () => readdirSync(`/proc/${pid}/fd`).length,
      sockets: () => socketsOf(pid),
      isAlive: () => isAlive,
    },
    end,
  };
}

function launchProxy({ name, assets, dir, kubeconfig, flags }: Launch, log: string) {
  const common = [`--kubeconfig=${kubeconfig}`, '--port=0', ...flags];
  const env = { PATH: process.env['PATH'], HOME: dir };
  if (name === 'kubectl proxy')
    return new RunningCommand(join(assets, 'kubectl'), ['proxy', ...common], { env });
  const own = ['--log-format=json', `--log-file=${log}`, '--log-file-max-size=100000'];
  const program = resolve(ROOT, 'bin/porthole.js');
  return new RunningCommand(process.execPath, [program, ...common, ...own], { env });
}

function rssOf(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}

// The programs of the cluster: each writes a log file, and counts as started once its probe says so.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Exit, end, track } from '../process.ts';

export interface Component {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** True once it serves. It is asked again until then; an exception means "not yet". */
  readonly ready: () => Promise<boolean>;
}

/** By SIGTERM unless another signal is given. */
export type Stop = (signal?: NodeJS.Signals) => Promise<Exit>;

const START_TIMEOUT_MS = 90_000;
const PROBE_EVERY_MS = 200;
const TAIL_LINES = 25;

/** Starts a program and waits until it is ready. One that fails is ended, and the error shows the tail of its log. */
export async function startComponent(component: Component): Promise<Stop> {
  const log = openSync(component.logFile, 'w');
  const child = spawn(component.command, component.args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = track(child);
  const stop: Stop = (signal = 'SIGTERM') => end(child, exited, signal);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (await component.ready().catch(() => false)) return stop;
    const early = await Promise.race([exited, sleep(PROBE_EVERY_MS, null)]);
    if (early === null && Date.now() < deadline) continue;
    await stop();
    const why =
      early === null ? `was not ready in ${START_TIMEOUT_MS} ms` : 'ended before it was ready';
    const tail = readFileSync(component.logFile, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES);
    throw new Error(`${component.name} ${why}; the end of its log:\n${tail.join('\n')}`);
  }
}

/** Starts a program on a port that was free a moment ago; on another one should somebody else have taken it. */
export async function onFreePort<T>(begin: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await begin(await freePort());
    } catch (error) {
      if (attempt === 3 || !/address already in use/.test(String(error))) throw error;
    }
  }
}

/** A TCP port of 127.0.0.1 that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

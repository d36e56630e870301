// How a porthole ends, as a process of its own.
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith, startPorthole } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { eventually } from '../support/pair.ts';
import { RunningCommand } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';
import { switchTo, upgradeTo } from '../support/tunnel.ts';

const EVENT = '3\r\n{}\n\r\n';
const CHUNKED = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${EVENT}`;
const GETS = 20;
const WATCHES = 50;
const TUNNELS = 5;
const ALL = GETS + WATCHES + TUNNELS;

async function startApi() {
  const upstream = await startUpstream((head) => {
    if (head.includes('Upgrade')) return switchTo('SPDY/3.1');
    return head.includes('watch=1') ? CHUNKED : undefined;
  });
  const kubeconfig = writeTestKubeconfig(upstream);
  onTestFinished(async () => {
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  return { upstream, kubeconfig: `--kubeconfig=${kubeconfig}` };
}

/** That many clients which have sent `text`. */
async function clients(where: number | string, count: number, text: string): Promise<RawClient[]> {
  const all = await Promise.all(Array.from({ length: count }, () => RawClient.connect(where)));
  onTestFinished(() => {
    for (const client of all) client.close();
  });
  for (const client of all) client.send(text);
  return all;
}

const WATCH = request('GET /api/v1/pods?watch=1');

/** The records in a log. */
function recordsIn({ stderr }: RunningCommand): Record<string, unknown>[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ outcome }) => outcome !== undefined);
}

describe('G01 SIGTERM with 20 requests, 50 watches and 5 tunnels under way', () => {
  it('G01 nobody new is served, requests get their answers, the rest is cut visibly after the grace, and it ends with 0', async () => {
    const { upstream, kubeconfig } = await startApi();
    const { command, port } = await startPorthole(kubeconfig, '--shutdown-grace=1s');
    const gets = await clients(port, GETS, request('GET /slow'));
    const watches = await clients(port, WATCHES, WATCH);
    const tunnels = await clients(port, TUNNELS, upgradeTo('SPDY/3.1'));
    await Promise.all(watches.map((client) => client.untilText(EVENT)));
    await Promise.all(tunnels.map((client) => client.untilText('\r\n\r\n')));
    await eventually('all are under way', () => upstream.requests === ALL);

    const exit = command.stop('SIGTERM');
    await eventuallyDeaf(port);
    for (const { socket, bytes } of upstream.connections)
      if (bytes.includes('/slow')) socket.write(OK);
    await Promise.all(gets.map((client) => client.untilText('\r\n\r\nok')));
    for (const client of gets) client.socket.end();

    expect(await exit).toEqual({ code: 0, signal: null });
    for (const client of [...watches, ...tunnels]) {
      await client.untilEnd();
      expect(client.error).toMatchObject({ code: 'ECONNRESET' });
      expect(client.received).not.toContain('\r\n0\r\n');
    }
    await eventually('upstream is left', () => upstream.open === 0);
    const outcomes = recordsIn(command).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(GETS);
    expect(outcomes.filter((outcome) => outcome === 'stopped')).toHaveLength(WATCHES + TUNNELS);
    expect(outcomes).toHaveLength(ALL);
  });
});

/** Waits until nobody accepts any more. */
async function eventuallyDeaf(port: number): Promise<void> {
  for (const limit = performance.now() + 10_000; performance.now() < limit; ) {
    const client = await RawClient.connect(port).catch(() => undefined);
    if (client === undefined) return;
    client.close();
  }
  throw new Error('it still accepts clients');
}

describe('G02 a second signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('G02 %s ends it at once, and its unix socket is gone', async (signal, code) => {
    const { kubeconfig } = await startApi();
    const path = join(emptyFolder(), 'sock');
    const flags = [kubeconfig, `--unix-socket=${path}`, '--shutdown-grace=1h'];
    const command = new RunningCommand(...portholeWith(flags));
    onTestFinished(() => void command.stop('SIGKILL'));
    await command.waitFor('stdout', /^Starting to serve on /m);
    const [watch] = await clients(path, 1, WATCH);
    await watch?.untilText(EVENT);
    command.signal('SIGTERM');
    await eventually('it has no new clients', () => !existsSync(path));
    expect(watch?.ended).toBe(false);
    command.signal(signal);
    expect(await command.exited).toEqual({ code, signal: null });
    await watch?.untilEnd();
    expect(watch?.received.endsWith(EVENT)).toBe(true);
    expect(existsSync(path)).toBe(false);
    expect(recordsIn(command)).toMatchObject([{ outcome: 'stopped' }]);
  });
});

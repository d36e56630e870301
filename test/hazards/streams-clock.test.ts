import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { portholeWith } from '../support/cli.ts';
import { type KubeconfigFields, writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { pidListeningOn } from '../support/open-sockets.ts';
import { eventually } from '../support/pair.ts';
import { V1, writePlugin } from '../support/plugin.ts';
import { RunningCommand } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import {
  OK,
  type RecordingUpstream,
  type Script,
  type SeenConnection,
  startUpstream,
} from '../support/recording-upstream.ts';
import { speaking, WAYS, type Way } from '../support/scripted-streams.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { switchTo, upgradeTo } from '../support/tunnel.ts';

const STEPS = [
  ['ahead', '+10y'],
  ['back', '-10y'],
] as const;

const SCRIPT: Script = (head) => {
  if (head.includes('Upgrade: ')) return switchTo('SPDY/3.1');
  return head.includes('watch=')
    ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst,\r\n'
    : OK;
};

/** A token for an hour from now on, another one at each run. */
const HOURLY = `n=$(($(wc -l <"$0.runs")))
printf '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"token-%s","expirationTimestamp":"%s"}}' \\
  "$n" "$(date -u -d '1 hour' +%Y-%m-%dT%H:%M:%SZ)"`;

/** The command line under a clock of the test's, in front of an upstream; both end with the test. */
async function startClocked(fields: KubeconfigFields = {}, way: Way = 'HTTP/1.1') {
  const clock = await steppedClock();
  const upstream = await startUpstream(SCRIPT, { requestCert: false, ...speaking(way) });
  const kubeconfig = writeTestKubeconfig(upstream, fields);
  const [node, args, options] = portholeWith([
    ...[`--kubeconfig=${kubeconfig}`, '--port=0', '--shutdown-grace=100ms'],
  ]);
  const env = { ...options.env, ...clock.env };
  const command = new RunningCommand(node, args, { ...options, env });
  onTestFinished(async () => {
    await command.stop('SIGKILL');
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const [, port] = await command.waitFor('stdout', /^Starting to serve on 127\.0\.0\.1:(\d+)$/m);
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(Number(port));
    onTestFinished(() => client.close());
    return client;
  };
  return { clock, upstream, command, connect, pid: pidListeningOn(Number(port)) };
}

type Clocked = Awaited<ReturnType<typeof startClocked>>;

/** All that one request gets, on a connection of its own. */
async function ask({ connect }: Clocked): Promise<string> {
  const client = await connect();
  const headers = 'Connection: close\r\n';
  await client.send(request('GET /version', { headers })).untilEnd();
  return client.received;
}

function seenWith({ connections }: RecordingUpstream, text: string): SeenConnection {
  return connections.find(({ bytes }) => bytes.includes(text)) as SeenConnection;
}

/** Hundredths of a second that a process has run: utime and stime of proc(5). */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(stat[11]) + Number(stat[12]);
}

describe.each(STEPS)('T22 a clock that is set %s by ten years', (which, offset) => {
  it.each(WAYS)('T22 ends no watch by %s and no tunnel, and is no work', async (way) => {
    const plugin = writePlugin(HOURLY);
    const exec = { apiVersion: V1, command: plugin.command, interactiveMode: 'Never' };
    // Which dates a certificate has is another test's.
    const cluster = {
      'insecure-skip-tls-verify': true,
      'certificate-authority-data': undefined,
    };
    const user = { 'client-certificate-data': undefined, 'client-key-data': undefined, exec };
    const clocked = await startClocked({ cluster, user }, way);
    const { clock, upstream, command, connect, pid } = clocked;
    const [watch, tunnel] = [await connect(), await connect()];
    await watch.send(request('GET /api/v1/pods?watch=1')).untilText('first,');
    await tunnel.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    expect(await ask(clocked)).toContain(' 200 OK');
    expect(plugin.runs()).toBe(1);

    const lasts = async (word: string): Promise<void> => {
      seenWith(upstream, 'watch=').socket.write(`${word.length.toString(16)}\r\n${word}\r\n`);
      await watch.untilText(word);
      const far = seenWith(upstream, 'Upgrade: ');
      tunnel.send(word);
      await eventually('it has come', () => far.bytes.endsWith(word));
      far.socket.write(word);
      await tunnel.untilText(word);
    };
    clock.set(offset);
    await lasts('second,');
    const tokens = which === 'ahead' ? 2 : 1;
    for (let i = 0; i < 3; i++) expect(await ask(clocked)).toContain(' 200 OK');
    expect(plugin.runs()).toBe(tokens);
    expect(upstream.bytes.includes('Bearer token-2')).toBe(tokens === 2);
    const before = cpuOf(pid);
    await sleep(1_000);
    expect(cpuOf(pid) - before).toBeLessThan(50);

    clock.set('+0d');
    await lasts('third,');
    expect(await ask(clocked)).toContain(' 200 OK');
    expect(plugin.runs()).toBe(tokens);
    await command.stop();
    const durations = [...command.stderr.matchAll(/"durationMs":(-?[\d.]+)/g)].map(([, ms]) =>
      Number(ms),
    );
    expect(durations).toHaveLength(7);
    expect(durations.filter((ms) => ms < 0 || ms > 60_000)).toEqual([]);
  });
});

it('T22 a clock that is set ahead is what certificates are judged by, each time anew', async () => {
  const clocked = await startClocked();
  expect(await ask(clocked)).toContain(' 200 OK');
  clocked.clock.set('+10y');
  expect(await ask(clocked)).toMatch(/ 502 .*certificate has expired/s);
  clocked.clock.set('+0d');
  expect(await ask(clocked)).toContain(' 200 OK');
});

// A porthole that may open no more files, as a process of its own.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { pidListeningOn } from '../support/open-sockets.ts';
import { eventually } from '../support/pair.ts';
import { RunningCommand } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, type RecordingUpstream, startUpstream } from '../support/recording-upstream.ts';

const VERSION = request('GET /version', { headers: 'Connection: close\r\n' });

/** A porthole of its own that may have so many files open. */
async function startPoor(files: number) {
  const upstream = await startUpstream((head) => (head.includes('/slow') ? undefined : OK));
  const kubeconfig = writeTestKubeconfig(upstream);
  const [node, args, options] = portholeWith([`--kubeconfig=${kubeconfig}`, '--port=0']);
  const poor = ['-c', `ulimit -n ${files} && exec "$0" "$@"`, node, ...args];
  const command = new RunningCommand('sh', poor, options);
  onTestFinished(async () => {
    await command.stop('SIGKILL');
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const [, port] = await command.waitFor('stdout', /^Starting to serve on 127\.0\.0\.1:(\d+)$/m);
  return { upstream, command, port: Number(port) };
}

/** Connects as often as that, and asks for what is not answered soon. */
function flood(port: number, count: number): Socket[] {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume().write(request('GET /slow'));
    return socket;
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
}

async function ask(port: number): Promise<number[]> {
  const client = await RawClient.connect(port);
  try {
    await client.send(VERSION).untilEnd();
    return client.statuses;
  } finally {
    client.close();
  }
}

/** Waits until it serves again, and holds no more than it did before. */
async function recovers(port: number, pid: number, files: number, upstream: RecordingUpstream) {
  for (const limit = performance.now() + 10_000; performance.now() < limit; ) {
    const [status] = await ask(port).catch(() => []);
    if (status === 200) break;
  }
  expect(await ask(port)).toEqual([200]);
  await eventually('upstream is left', () => upstream.open <= 2);
  await eventually('its files are closed', () => filesOf(pid) <= files + 2);
}

function filesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

it('R04 with 256 files it serves as many as it can, refuses the others, and recovers', async () => {
  const { upstream, command, port } = await startPoor(256);
  expect(await ask(port)).toEqual([200]);
  const pid = pidListeningOn(port);
  const before = filesOf(pid);
  const sockets = flood(port, 600);
  await eventually('it is full', () => upstream.requests === 1 + 96);
  await command.waitFor('stderr', /96 client connections are open; .*256 open files.*ulimit -n/);
  expect(await ask(port)).toEqual([503]);
  for (const socket of sockets) socket.destroy();
  await recovers(port, pid, before, upstream);
  expect(await command.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(command.stderr).not.toMatch(/EMFILE|ERR_INTERNAL/);
});

it('R04 when no file can be opened any more it goes on, and says why', async () => {
  const { upstream, command, port } = await startPoor(1_024);
  expect(await ask(port)).toEqual([200]);
  const pid = pidListeningOn(port);
  const before = filesOf(pid);
  const limit = (files: number) => execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${files}:`]);
  limit(before + 20);
  const sockets = flood(port, 200);
  await eventually('those who came too late are let go', () =>
    sockets.some(({ destroyed }) => destroyed),
  );
  await command.waitFor('stderr', /ERR_LIMIT_REACHED/);
  expect(command.stderr).toMatch(/may open no more files; raise the limit \(ulimit -n\)/);
  limit(1_024);
  for (const socket of sockets) socket.destroy();
  await recovers(port, pid, before, upstream);
  expect(await command.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(command.stderr).not.toContain('ERR_INTERNAL');
});

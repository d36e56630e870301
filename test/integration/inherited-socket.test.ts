import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { createServer, type ListenOptions, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../src/server/listen.ts';
import { portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { eventually } from '../support/pair.ts';
import { end, track } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { startUpstream } from '../support/recording-upstream.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'porthole-test-'));
  return () => rmSync(folder, { recursive: true });
});

/** A listening socket as a service manager has it: the server, and the descriptor to hand over. */
async function openSocket(at: ListenOptions): Promise<{ server: Server; fd: number }> {
  const sockets = (): number[] => readdirSync('/dev/fd').map(Number).filter(isSocket);
  const before = new Set(sockets());
  const server = createServer().listen(at);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const [fd, ...others] = sockets().filter((open) => !before.has(open));
  if (fd === undefined || others.length > 0) throw new Error('which of the descriptors is it?');
  return { server, fd };
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/** Starts porthole as systemd does, which tells the process its own id: the shell's, and then porthole's. */
async function activate(fd: number, ...args: string[]) {
  const upstream = await startUpstream();
  const kubeconfig = writeTestKubeconfig(upstream);
  const [node, words, { cwd, env }] = portholeWith([`--kubeconfig=${kubeconfig}`, ...args]);
  const script = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"';
  const child = spawn('sh', ['-c', script, node, ...words], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', fd],
  });
  const exited = track(child);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (bytes: Buffer) => {
      output[stream] += bytes.toString();
    });
  }
  onTestFinished(async () => {
    await end(child, exited, 'SIGKILL');
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  return { output, exited, upstream, stop: () => end(child, exited, 'SIGTERM') };
}

async function ask(where: number | string): Promise<number[]> {
  const client = await RawClient.connect(where);
  await client.send(request('GET /version', { headers: 'Connection: close\r\n' })).untilEnd();
  client.close();
  return client.statuses;
}

describe('a socket that a service manager opened', () => {
  it('is served, a client that came before porthole too', async () => {
    const { server, fd } = await openSocket({ host: '127.0.0.1', port: 0 });
    const bound = server.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
    const { output, stop } = await activate(fd);
    // Its own server must not take what is meant for porthole.
    server.close();
    expect(await ask(port)).toEqual([200]);
    await eventually('it says where', () => output.stdout !== '');
    expect(output.stdout).toBe(`Starting to serve on 127.0.0.1:${port}\n`);
    expect(await stop()).toEqual({ code: 0, signal: null });
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('may be a unix socket, whose file stays when porthole ends', async () => {
    const path = join(folder, 'sock');
    const { server, fd } = await openSocket({ path });
    const { output, upstream, stop } = await activate(fd);
    // A server takes the file along when it closes; systemd does not.
    linkSync(path, `${path}.kept`);
    server.close();
    linkSync(`${path}.kept`, path);
    expect(await ask(path)).toEqual([200]);
    expect(upstream.bytes).not.toContain('X-Forwarded-For');
    await eventually('it says where', () => output.stdout !== '');
    if (process.platform === 'linux') {
      expect(output.stdout).toBe(`Starting to serve on ${path}\n`);
    }
    expect(await stop()).toEqual({ code: 0, signal: null });
    expect(existsSync(path)).toBe(true);
    await expect(RawClient.connect(path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is not served on every address of the machine without a word', async () => {
    const { fd } = await openSocket({ host: '0.0.0.0', port: 0 });
    const { output, exited } = await activate(fd);
    expect(await exited).toEqual({ code: 2, signal: null });
    expect(output.stdout).toBe('');
    await eventually('it says why', () => output.stderr.includes('others reach that address'));
  });
});

describe('a descriptor that is no listening socket', () => {
  it.each([
    ['a file', () => openSync('/dev/null', 'r')],
    ['a folder', () => openSync(folder, 'r')],
    ['closed', () => 9_999],
  ])('%s is refused', async (_, open) => {
    const fd = open();
    const listener = listen({
      address: '127.0.0.1',
      port: 0,
      fd,
      keepAliveMs: 30_000,
      onExchange() {},
      onMalformed() {},
    });
    await expect(listener).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `listen fd ${fd}: it is no listening socket; whoever starts porthole has to pass one, as systemd does for a .socket unit`,
    });
    if (fd !== 9_999) closeSync(fd);
  });

  it('a connection is refused', async () => {
    const path = join(folder, 'sock');
    const { server } = await openSocket({ path });
    const before = new Set(readdirSync('/dev/fd'));
    const client = await RawClient.connect(path);
    const fds = readdirSync('/dev/fd').filter((fd) => !before.has(fd) && isSocket(Number(fd)));
    const { output, exited } = await activate(Number(fds[0]));
    client.close();
    server.close();
    expect(await exited).toEqual({ code: 1, signal: null });
    expect(output.stderr).toContain('error: listen fd 3: it is no listening socket');
  });
});

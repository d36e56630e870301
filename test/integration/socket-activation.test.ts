// A listening socket handed over as systemd does it: as descriptor 3, with LISTEN_PID and LISTEN_FDS (sd_listen_fds(3)).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { end, track } from '../support/process.ts';
import { startUpstream } from '../support/recording-upstream.ts';

/** Listens, but leaves all clients to whom `fdOf` is handed. */
async function listening(at: { port: number; host: string } | { path: string }): Promise<Server> {
  const server = createServer().listen(at);
  await once(server, 'listening');
  return server;
}

/** Node shows the descriptor of a server to nobody, but its handle has it. */
function fdOf(server: Server): number {
  return Reflect.get(Reflect.get(server, '_handle'), 'fd');
}

/** A process of porthole with these sockets; `variables` are set by a shell that then becomes it. */
async function startWith(servers: readonly Server[], variables: string, ...flags: string[]) {
  const upstream = await startUpstream();
  const kubeconfig = writeTestKubeconfig(upstream);
  const [node, args, options] = portholeWith([`--kubeconfig=${kubeconfig}`, ...flags]);
  const script = `${variables} exec "$@"`;
  const child = spawn('sh', ['-c', script, 'sh', node, ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe', ...servers.map(fdOf)],
  });
  const exited = track(child);
  onTestFinished(async () => {
    await end(child, exited, 'SIGKILL');
    await upstream.close();
  });
  // From here on the sockets are the child's alone.
  for (const server of servers) server.close();
  return { child, exited, ...outputOf(child) };
}

function outputOf(child: ChildProcess) {
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  /** Of stdout; all of it when it ends without one. */
  const firstLine = new Promise<string>((resolve) => {
    const look = () => {
      const [line, ...rest] = output.stdout.split('\n');
      if (rest.length > 0) resolve(line ?? '');
    };
    child.stdout?.on('data', look).on('end', () => resolve(output.stdout));
  });
  return { output, firstLine };
}

/** The status of `GET /version`; it waits as long as nobody accepts. */
async function statusOf(
  at: { port: number } | { socketPath: string },
): Promise<number | undefined> {
  const asking = httpRequest({ ...at, path: '/version', headers: { Host: 'localhost' } });
  asking.end();
  const [response] = await once(asking, 'response');
  response.resume();
  return response.statusCode;
}

const OURS = 'LISTEN_PID=$$ LISTEN_FDS=1';

describe('a socket that was handed over', () => {
  it('is served, whatever the port says', async () => {
    const server = await listening({ port: 0, host: '127.0.0.1' });
    const { port } = server.address() as AddressInfo;
    const { child, exited, firstLine } = await startWith([server], OURS, '--port=1');
    expect(await firstLine).toBe(`Starting to serve on 127.0.0.1:${port}`);
    expect(await statusOf({ port })).toBe(200);
    expect(await end(child, exited, 'SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('keeps clients waiting until porthole is there', async () => {
    const server = await listening({ port: 0, host: '127.0.0.1' });
    const { port } = server.address() as AddressInfo;
    await startWith([server], OURS);
    expect(await statusOf({ port })).toBe(200);
  });

  it('may be a unix socket, which stays where whoever made it put it', async () => {
    const path = join(emptyFolder(), 'socket');
    const server = await listening({ path: `${path}.new` });
    renameSync(`${path}.new`, path); // or Node removes it with its server
    const { child, exited } = await startWith([server], OURS);
    expect(await statusOf({ socketPath: path })).toBe(200);
    expect(await end(child, exited, 'SIGTERM')).toEqual({ code: 0, signal: null });
    expect(existsSync(path)).toBe(true);
  });

  it('is left alone when it is for another process', async () => {
    const server = await listening({ port: 0, host: '127.0.0.1' });
    const { port } = server.address() as AddressInfo;
    const { firstLine } = await startWith([server], 'LISTEN_PID=1 LISTEN_FDS=1', '--port=0');
    const [, served] = /^Starting to serve on 127\.0\.0\.1:(\d+)$/.exec(await firstLine) ?? [];
    expect(Number(served)).toBeGreaterThan(0);
    expect(Number(served)).not.toBe(port);
  });

  it('is the only one', async () => {
    const servers = [
      await listening({ port: 0, host: '127.0.0.1' }),
      await listening({ port: 0, host: '127.0.0.1' }),
    ];
    const { exited, output } = await startWith(servers, 'LISTEN_PID=$$ LISTEN_FDS=2');
    expect(await exited).toEqual({ code: 2, signal: null });
    expect(output.stdout).toBe('');
    expect(output.stderr).toMatch(/^error: 2 sockets were handed over/);
  });

  it('is not served to everyone without a lock', async () => {
    const server = await listening({ port: 0, host: '0.0.0.0' });
    const { exited, output } = await startWith([server], OURS);
    expect(await exited).toEqual({ code: 2, signal: null });
    expect(output.stderr).toMatch(/^error: refusing to serve on 0\.0\.0\.0/);
  });
});

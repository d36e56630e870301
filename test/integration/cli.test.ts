import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith, runPorthole, startPorthole } from '../support/cli.ts';
import { portOf } from '../support/in-front.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { end, run, track } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, type RecordingUpstream, startUpstream } from '../support/recording-upstream.ts';

const WATCH = 'GET /api/v1/pods?watch=1';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n';

let upstream: RecordingUpstream;
let kubeconfig: string;
beforeEach(async () => {
  upstream = await startUpstream((head) => (head.startsWith(WATCH) ? CHUNKED : OK));
  const path = writeTestKubeconfig(upstream);
  kubeconfig = `--kubeconfig=${path}`;
  return async () => {
    rmSync(dirname(path), { recursive: true });
    await upstream.close();
  };
});

async function connectTo(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  onTestFinished(() => client.close());
  return client;
}

describe('porthole', () => {
  it.each([
    ['--version', 0, /^porthole \d+\.\d+\.\d+/, /^$/],
    ['--help', 0, /^Usage: porthole .*--kubeconfig/s, /^$/],
    [
      'help nope',
      2,
      /^$/,
      /^error: unexpected argument "nope"\nSee 'porthole --help' for usage\.\n$/,
    ],
    ['--prot=1', 2, /^$/, /^error: .*--prot.*\nSee 'porthole --help' for usage\.\n$/],
    ['audit', 2, /^$/, /^error: audit needs a file.*\nSee 'porthole audit --help' for usage\.\n$/],
    ['serve', 2, /^$/, /^error: unexpected argument "serve".*\n/],
    ['--kubeconfig=/nowhere', 1, /^$/, /^error: .*\/nowhere.*no such file or directory.*\n$/],
  ])('%s ends with %i', async (flag, code, stdout, stderr) => {
    expect(await runPorthole(...flag.split(' '))).toEqual({
      code,
      signal: null,
      stdout: expect.stringMatching(stdout),
      stderr: expect.stringMatching(stderr),
    });
  });

  it.each([
    ['that is taken', async () => String(await portOf(createServer())), /address already in use/],
    ['that no one has', async () => '70000', /--port/],
  ])('says what to do about a port %s', async (_, port, reason) => {
    const { code, stdout, stderr } = await runPorthole(kubeconfig, `--port=${await port()}`);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^error: [^\n]*--port[^\n]*\n(See [^\n]*\n)?$/);
    expect([code, stdout]).toEqual([code === 2 ? 2 : 1, '']);
  });

  it('prints its address on stdout and nothing else, one JSON line a request on stderr', async () => {
    const { command, port } = await startPorthole(kubeconfig);
    const client = await connectTo(port);
    await client.send(request('GET /api/v1/namespaces/a/pods/b')).untilText('ok');
    await client.send(request('GET /', { host: 'evil.example' })).untilText('"code":403');
    client.close();
    expect(await command.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(command.stdout).toBe(`Starting to serve on 127.0.0.1:${port}\n`);
    const lines = command.stderr.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', verb: 'get', resource: 'pods', namespace: 'a', name: 'b', status: 200 },
      { level: 'warn', path: '/', status: 403, outcome: 'refused' },
    ]);
  });

  it('says in one sentence that the folder it was started in is gone', async () => {
    const [program, args, options] = portholeWith([kubeconfig, '--port=0']);
    const gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"';
    const { code, stderr } = await run('sh', ['-c', gone, program, ...args], options);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: the current directory is gone; change to another\n',
    });
  });

  it('logs to a file that only its owner reads, or nowhere', async () => {
    const file = join(emptyFolder(), 'access.log');
    const flags = [[`--log-file=${file}`], ['--log-format=off'], ['--log-format=pretty']];
    for (const more of flags) {
      const { command, port } = await startPorthole(kubeconfig, ...more);
      const client = await connectTo(port);
      await client.send(request('GET /version')).untilText('ok');
      client.close();
      await command.stop('SIGTERM');
      const shown = more[0] === '--log-format=pretty' ? /\/version/ : /^((?!\/version).)*$/s;
      expect(command.stderr).toMatch(shown);
    }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ path: '/version', status: 200 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends a proxy with 0, idle clients or not',
    async (signal) => {
      const { command, port } = await startPorthole(kubeconfig);
      const client = await connectTo(port);
      await client.send(request('GET /version')).untilText('ok');
      const exit = command.stop(signal);
      await client.untilEnd();
      client.close();
      expect(await exit).toEqual({ code: 0, signal: null });
    },
  );

  it('cuts a watch after --shutdown-grace, and its lines are in the log', async () => {
    const { command, port } = await startPorthole(kubeconfig, '--shutdown-grace=50ms');
    const client = await connectTo(port);
    await client.send(request(WATCH)).untilText('{}');
    expect(await command.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    await client.untilEnd();
    expect(client.error).toMatchObject({ code: 'ECONNRESET' });
    expect(
      command.stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { verb: 'watch', status: 200, msg: 'stream opened' },
      { verb: 'watch', status: 200, outcome: 'stopped' },
    ]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it at once when it is the second', async (signal, code) => {
    const { command, port } = await startPorthole(kubeconfig, '--shutdown-grace=1h');
    const client = await connectTo(port);
    await client.send(request(WATCH)).untilText('{}');
    void command.stop('SIGTERM');
    while (await accepts(port));
    upstream.connections[0]?.socket.write('3\r\n[]\n\r\n');
    await client.untilText('[]');
    expect(await command.stop(signal)).toEqual({ code, signal: null });
  });
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

describe('a reader that has gone', () => {
  it.each(['stdout', 'stderr'] as const)('of %s keeps nobody from being served', async (name) => {
    const placeholder = createServer();
    const port = await portOf(placeholder);
    placeholder.close();
    await once(placeholder, 'close');
    const child = spawn(...portholeWith([kubeconfig, `--port=${port}`]));
    const exited = track(child);
    onTestFinished(() => void end(child, exited, 'SIGKILL'));
    child[name].destroy();
    while (child.exitCode === null && !(await accepts(port)))
      await new Promise((resolve) => setTimeout(resolve, 20));
    for (const _ of [1, 2]) {
      const client = await connectTo(port);
      await client.send(request('GET /version')).untilText('ok');
      client.close();
    }
    expect(await end(child, exited, 'SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

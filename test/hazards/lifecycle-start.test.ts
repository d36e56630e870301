// Where a porthole may serve, and what it says where it may not.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith, runPorthole } from '../support/cli.ts';
import { portOf } from '../support/in-front.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand, run } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { startUpstream } from '../support/recording-upstream.ts';

const VERSION = request('GET /version', { headers: 'Connection: close\r\n' });

async function startApi(): Promise<string> {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  return `--kubeconfig=${writeTestKubeconfig(upstream)}`;
}

describe('G04 where it can serve, it prints where', () => {
  it.each([
    ['--port=0', /^Starting to serve on 127\.0\.0\.1:([1-9]\d*)\n$/, '127.0.0.1'],
    ['--address=::1', /^Starting to serve on \[::1\]:([1-9]\d*)\n$/, '::1'],
  ])('G04 %s', async (flag, line, host) => {
    const kubeconfig = await startApi();
    const command = new RunningCommand(...portholeWith([kubeconfig, '--port=0', flag]));
    onTestFinished(() => void command.stop('SIGKILL'));
    const [, port] = await command.waitFor('stdout', line);
    const client = await RawClient.connect(Number(port), { host });
    await client.send(VERSION).untilEnd();
    client.close();
    expect(client.statuses).toEqual([200]);
    expect((await command.stop()).code).toBe(0);
  });

  it('G04 --unix-socket', async () => {
    const path = join(emptyFolder(), 'sock');
    const kubeconfig = await startApi();
    const command = new RunningCommand(...portholeWith([kubeconfig, `--unix-socket=${path}`]));
    onTestFinished(() => void command.stop('SIGKILL'));
    await command.waitFor('stdout', /^Starting to serve on .*\n$/);
    expect(command.stdout).toBe(`Starting to serve on ${path}\n`);
    expect((await command.stop()).code).toBe(0);
  });
});

describe('G04 where it can not serve, it ends with 1 and says what to do', () => {
  it.each<[string, () => Promise<string>, RegExp]>([
    [
      'a port that is taken',
      async () => `--port=${await takenPort()}`,
      /address already in use; .*--port/,
    ],
    ['an address of nobody', async () => '--address=192.0.2.1', /this machine has no such address/],
    ['a unix socket that a program serves on', takenSocket, /sock/],
    ['a file in the place of a unix socket', aFile, /sock/],
  ])('G04 %s', async (_, flag, sentence) => {
    const kubeconfig = await startApi();
    const flags = ['--i-understand-anyone-can-use-my-credentials', await flag()];
    const { code, stdout, stderr } = await runPorthole(kubeconfig, ...flags);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(stderr).toMatch(sentence);
  });
});

/** The first port that needs no privilege. */
const FREE_FROM = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));

it.skipIf(FREE_FROM <= 80)('G04 a port that needs privileges, without them', async () => {
  const kubeconfig = await startApi();
  const [node, args, options] = portholeWith([kubeconfig, '--port=80']);
  const without = ['--bounding-set=-net_bind_service', node, ...args];
  const { code, stdout, stderr } =
    process.getuid?.() === 0
      ? await run('setpriv', without, options)
      : await run(node, args, options);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error: .*permission denied; .*--port\n$/);
});

async function takenPort(): Promise<number> {
  return portOf(createServer());
}

async function takenSocket(): Promise<string> {
  const path = join(emptyFolder(), 'sock');
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `--unix-socket=${path}`;
}

async function aFile(): Promise<string> {
  const path = join(emptyFolder(), 'sock');
  writeFileSync(path, 'precious');
  return `--unix-socket=${path}`;
}

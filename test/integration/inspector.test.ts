import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand } from '../support/process.ts';
import { startUpstream } from '../support/recording-upstream.ts';

const OPENED = /^Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//m;
/** What a debugger would do while porthole is still being loaded; it waits until the inspector is open. */
const SIGNALLED_EARLY = `import inspector from 'node:inspector';
import { setImmediate } from 'node:timers/promises';
process.kill(process.pid, 'SIGUSR1');
while (inspector.url() === undefined) await setImmediate();`;

/** porthole on a Node with these flags, once it serves. */
async function startOnNode(
  nodeFlags: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<RunningCommand> {
  const upstream = await startUpstream();
  const kubeconfig = writeTestKubeconfig(upstream);
  const [node, args, options] = portholeWith([`--kubeconfig=${kubeconfig}`, '--port=0']);
  const command = new RunningCommand(node, [...nodeFlags, ...args], {
    ...options,
    env: { ...options.env, ...variables },
  });
  onTestFinished(async () => {
    await command.stop('SIGKILL');
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  await command.waitFor('stdout', /^Starting to serve on /m);
  return command;
}

/** Whether somebody listens there. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    onTestFinished(() => void socket.destroy());
  });
}

describe("C23: Node's inspector", () => {
  it('C23: is closed again, when a signal has opened it before porthole could take it', async () => {
    const preload = `data:text/javascript,${encodeURIComponent(SIGNALLED_EARLY)}`;
    const command = await startOnNode(['--inspect-port=0', '--import', preload]);
    const [, port] = await command.waitFor('stderr', OPENED);
    expect(await isOpen(Number(port))).toBe(false);
    expect(command.stderr).not.toContain('inspector is open');
  });

  it('C23: is open to the operator who asks for it, and is warned', async () => {
    const command = await startOnNode([], { NODE_OPTIONS: '--inspect=127.0.0.1:0' });
    const [, port] = await command.waitFor('stderr', OPENED);
    await command.waitFor('stderr', /"level":"warn",.*inspector is open \(--inspect\)/);
    expect(await isOpen(Number(port))).toBe(true);
  });
});

it('says in one line of its log that the Node.js it runs on is too old', async () => {
  const version = "Object.defineProperty(process, 'version', { value: 'v22.0.0' });";
  const preload = `data:text/javascript,${encodeURIComponent(version)}`;
  const command = await startOnNode(['--import', preload], { NODE_NO_WARNINGS: '0' });
  const lines = command.stderr.split('\n').filter((line) => line.includes('Node.js v22.0.0'));
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: 'warn', time: expect.any(String), msg: expect.stringContaining('22.23.5 or newer') },
  ]);
});

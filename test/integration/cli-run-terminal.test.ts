import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand, type StartedProxy } from '../../src/commands/run.ts';
import type { StopSignal, Terminal } from '../../src/commands/terminal.ts';
import { emptyFolder } from '../support/cli.ts';
import { eventually } from '../support/pair.ts';

/** A terminal whose signals the test sends; `handlers` are those that are told. */
function terminalWith(stdinIsTTY: boolean) {
  const handlers = new Set<(signal: StopSignal) => void>();
  const terminal: Terminal = {
    programName: 'porthole',
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.version,
    nodeFlags: [],
    pid: process.pid,
    stderrIsTTY: false,
    stdinIsTTY,
    kill: () => {},
    hungUp: () => false,
    print: () => expect.fail('stdout is the command’s'),
    say: (sentence) => expect.fail(sentence),
    write: () => Promise.resolve(true),
    onStatusSignal: () => {},
    columns: undefined,
    usage: () => ({ uptimeMs: 0, memory: { rss: 0, heapUsed: 0 } }),
    stdin: (async function* () {})(),
    onSignal(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
  const send = (signal: StopSignal): void => {
    for (const handler of [...handlers]) handler(signal);
  };
  return { terminal, handlers, send };
}

/** A proxy that nobody asks anything, and that counts how often it was closed. */
function proxyThatCounts() {
  const proxy: StartedProxy & { closed: number } = {
    url: 'http://127.0.0.1:1',
    ca: undefined,
    token: undefined,
    namespace: undefined,
    closed: 0,
    async close() {
      proxy.closed++;
    },
  };
  return proxy;
}

/** A command that notes the signals that it gets in the file `seen`, and ends with 7 at SIGTERM. */
const NOTES_SIGNALS = `
  const note = (what) => require('node:fs').appendFileSync(process.argv[1], what + '\\n');
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGHUP']) process.on(name, () => note(name));
  process.on('SIGTERM', () => process.exit(7));
  setInterval(() => {}, 1000);
  note(process.env.KUBECONFIG);
`;

describe('runCommand', () => {
  it.each([
    { stdinIsTTY: true, sent: ['SIGINT', 'SIGQUIT', 'SIGHUP'], passed: ['SIGHUP'] },
    { stdinIsTTY: false, sent: ['SIGINT', 'SIGHUP'], passed: ['SIGINT', 'SIGHUP'] },
  ] as const)('with a terminal ($stdinIsTTY) as stdin, of $sent passes $passed on', async (row) => {
    const seen = join(emptyFolder(), 'seen');
    const lines = () =>
      existsSync(seen) ? readFileSync(seen, 'utf8').split('\n').slice(0, -1) : [];
    const { terminal, handlers, send } = terminalWith(row.stdinIsTTY);
    const proxy = proxyThatCounts();
    const command = [process.execPath, '-e', NOTES_SIGNALS, seen];
    const code = runCommand({ command, start: async () => proxy }, terminal);
    await eventually('the command runs', () => lines().length === 1);
    const [kubeconfig = ''] = lines();
    for (const [index, signal] of row.sent.entries()) {
      send(signal);
      const due = row.passed.filter((name) => row.sent.indexOf(name as never) <= index).length;
      await eventually(`${signal} has come`, () => lines().length >= 1 + due);
    }
    expect([existsSync(kubeconfig), proxy.closed]).toEqual([true, 0]);
    send('SIGTERM');
    expect(await code).toBe(7);
    expect(lines()).toEqual([kubeconfig, ...row.passed]);
    expect([existsSync(join(kubeconfig, '..')), proxy.closed, handlers.size]).toEqual([
      false,
      1,
      0,
    ]);
  });

  it('begins no command after a signal that came while the proxy started', async () => {
    const folder = emptyFolder();
    const { terminal, handlers, send } = terminalWith(false);
    const proxy = proxyThatCounts();
    const start = async () => {
      send('SIGTERM');
      return proxy;
    };
    expect(await runCommand({ command: ['touch', join(folder, 'ran')], start }, terminal)).toBe(
      143,
    );
    expect([readdirSync(folder), proxy.closed, handlers.size]).toEqual([[], 1, 0]);
  });
});

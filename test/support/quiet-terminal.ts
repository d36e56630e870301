import type { Terminal } from '../../src/commands/terminal.ts';

/** A terminal that nobody sits at: what is printed goes to `print`, and no signal comes. */
export function quietTerminal(print: (text: string) => void): Terminal {
  return {
    programName: 'porthole',
    env: {},
    cwd: '/',
    platform: 'linux',
    arch: 'x64',
    nodeVersion: 'v24.22.3',
    nodeFlags: [],
    pid: 1,
    stderrIsTTY: false,
    stdinIsTTY: false,
    print,
    kill: () => {},
    hungUp: () => false,
    say: () => {},
    onSignal: () => () => {},
    write: () => Promise.resolve(true),
    onStatusSignal: () => {},
    columns: undefined,
    usage: () => ({ uptimeMs: 0, memory: { rss: 0, heapUsed: 0 } }),
    stdin: (async function* () {})(),
  };
}

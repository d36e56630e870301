import { basename } from 'node:path';
import { isatty } from 'node:tty';
import { asksForInspector } from './commands/runtime.ts';
import { serveCommand } from './commands/serve.ts';
import { EXIT_CODES, type StopSignal, type Terminal } from './commands/terminal.ts';
import { PortholeError } from './errors.ts';
import { withoutSecrets } from './flags/hide.ts';
import { type Invocation, parseArguments, programOf } from './options.ts';

/** Under which name: `porthole`, or one of the two by which kubectl finds its plugins. */
const CALLED = basename(process.argv[1] ?? '');
const SIGNALS = Object.keys(EXIT_CODES) as StopSignal[];

const STDIN_IS_TTY = isatty(0);
const STDERR_IS_TTY = isatty(2);

const terminal: Terminal = {
  programName: CALLED.startsWith('kubectl') ? 'kubectl porthole' : 'porthole',
  env: process.env,
  get cwd() {
    try {
      return process.cwd();
    } catch {
      throw new PortholeError('ERR_KUBECONFIG', 'the current directory is gone; change to another');
    }
  },
  platform: process.platform,
  arch: process.arch,
  nodeVersion: process.version,
  nodeFlags: process.execArgv,
  pid: process.pid,
  usage: () => ({ uptimeMs: process.uptime() * 1000, memory: process.memoryUsage() }),
  stderrIsTTY: STDERR_IS_TTY,
  stdinIsTTY: STDIN_IS_TTY,
  kill: (pid, signal) => void process.kill(pid, signal),
  // What is open on a terminal is none any more after its hangup.
  hungUp: () => (STDERR_IS_TTY && !isatty(2)) || (STDIN_IS_TTY && !isatty(0)),
  get stdin() {
    return process.stdin;
  },
  print: (text) => void lasting('stdout').write(text),
  write: (text) =>
    new Promise((resolve) => lasting('stdout').write(text, (error) => resolve(!error))),
  say: (sentence) => void lasting('stderr').write(`${sentence}\n`),
  onSignal(handler) {
    for (const signal of SIGNALS) process.on(signal, handler);
    return () => {
      for (const signal of SIGNALS) process.off(signal, handler);
    };
  },
  onStatusSignal: (handler) => void process.on('SIGUSR2', handler),
  get columns() {
    return STDERR_IS_TTY ? lasting('stderr').columns : undefined;
  },
};

// For those who know that other servers show their state upon it; by default it would end the process.
process.on('SIGUSR2', () => {});
// Node would open its inspector for every user of this machine, and with it the memory that holds the credentials.
process.on('SIGUSR1', () => {});
closeInspector();
const words = process.argv.slice(2);
const asked = CALLED.startsWith('kubectl_complete') ? ['__complete', ...words] : words;
hideSecrets();
const code = await run(asked).catch(report);
if (terminal.hungUp()) dieOfHangup();
process.exit(code);

/**
 * The stream, made when it is first asked for, as Node does: importing node:process would make all three, in 6 ms. A reader
 * that goes away ends its pipe, not the proxy.
 */
function lasting(name: 'stdout' | 'stderr'): NodeJS.WriteStream {
  const stream = process[name];
  if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  return stream;
}

/** As without a handler. Node 20 cannot exit then: it aborts over a terminal whose modes it cannot restore (nodejs/node#51519). */
function dieOfHangup(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}

/**
 * The one that was opened while we were loaded, before our listener; one that the operator asked for is warned of. By what
 * node:inspector calls itself, which takes 1.5 ms to load.
 */
function closeInspector(): void {
  if (asksForInspector(terminal)) return;
  (process as { _debugEnd?: () => void })._debugEnd?.();
}

/** Every user of this machine sees the command lines of all: what proves somebody is there only until we have read it. */
function hideSecrets(): void {
  const shown = withoutSecrets(words);
  if (shown !== undefined) process.title = `${terminal.programName} ${shown}`;
}

async function run(words: readonly string[]): Promise<number> {
  return perform(parseArguments(words));
}

/** Resolves to the exit code. What a proxy that serves has no use for is loaded only where it is wanted. */
async function perform(invocation: Invocation): Promise<number> {
  switch (invocation.kind) {
    case 'serve':
      return serveCommand(invocation.options, terminal);
    case 'help': {
      const { helpText } = await import('./flags/help.ts');
      return print(helpText(invocation.command, terminal.programName));
    }
    case 'print':
      return print(invocation.text);
    case 'demo':
      return (await import('./commands/demo.ts')).demoCommand(invocation.options, terminal);
    case 'run':
      return (await import('./commands/run-proxy.ts')).runThroughProxy(
        invocation.options,
        terminal,
      );
    case 'trace':
      return (await import('./commands/trace.ts')).traceCommand(invocation.options, terminal);
    case 'audit':
      return (await import('./commands/audit.ts')).auditCommand(invocation.options, terminal);
    case 'kubeconfig': {
      const { kubeconfigCommand } = await import('./commands/kubeconfig.ts');
      return kubeconfigCommand(invocation.options, terminal);
    }
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctorCommand(invocation.options, terminal);
    case 'completion': {
      const { completionScript } = await import('./commands/completion.ts');
      return print(completionScript(invocation.shell, terminal.programName));
    }
    case 'complete':
      return print((await import('./commands/complete.ts')).complete(invocation.words, terminal));
  }
}

/** Waits until it is written: `exit` cuts what a slow reader has not taken. */
async function print(text: string): Promise<number> {
  await terminal.write(text);
  return 0;
}

/** What could not be done, in a line for each reason. */
function report(error: unknown): number {
  if (!(error instanceof PortholeError)) throw error;
  const isUsage = error.code === 'ERR_USAGE';
  for (const line of error.message.split('\n')) terminal.say(`error: ${line}`);
  if (isUsage) terminal.say(`See '${programOf(words, terminal.programName)} --help' for usage.`);
  return isUsage ? 2 : 1;
}

// A person's terminal: a pseudo-terminal with a session of its own, made by `script` of util-linux.
import { kill } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Cluster } from './cluster/cluster.ts';
import { clientEnv } from './cluster/kubectl.ts';
import { type Exit, RunningCommand } from './process.ts';

const PORTHOLE = fileURLToPath(new URL('../../bin/porthole.js', import.meta.url));
/** The id of the process that the rest of its arguments become. */
const SAYS_PID = ['-c', 'echo "pid $$"; exec "$@"', 'sh'];
const PID = /^pid (\d+)\r?$/m;
const STARTED = /^Starting to serve on 127\.0\.0\.1:(\d+)\r?$/m;

/** A porthole that somebody has started by hand. */
export interface StartedByHand {
  readonly port: number;
  readonly pid: number;
  /** All that it has written, and what the terminal has echoed; lines end in `\n`. */
  readonly shown: string;
  waitFor(pattern: RegExp): Promise<void>;
  /** What a person types: `\r` is Enter, `\x03` is Ctrl-C. */
  type(keys: string): void;
  /** Closes the terminal's window. */
  hangUp(): Promise<Exit>;
  /** How it has ended, told by its terminal. */
  readonly exited: Promise<Exit>;
  /** Ends it and its terminal; safe to call again. */
  stop(): Promise<Exit>;
}

export interface ByHandOptions {
  readonly kubeconfig: string;
  readonly flags?: readonly string[];
  /** False is no terminal at all: pipes, as under a service manager. */
  readonly terminal?: boolean;
  /** A shell stays its parent, and leads the session in its place. */
  readonly underShell?: boolean;
  /** It leads a session of its own, which has no terminal, though its stdin and stderr are one. With `underShell`. */
  readonly ownSession?: boolean;
  /** A file for its stderr, in place of the terminal. */
  readonly stderr?: string;
}

/** Starts porthole in front of the cluster and waits until it serves. */
export async function startByHand(
  cluster: Cluster,
  options: ByHandOptions,
): Promise<StartedByHand> {
  const { kubeconfig, flags = [], terminal = true } = options;
  const args = [PORTHOLE, '--port=0', `--kubeconfig=${kubeconfig}`, ...flags];
  const words = ['sh', ...SAYS_PID, process.execPath, ...args];
  const env = { ...clientEnv(cluster, cluster.kubeconfigs.none), SHELL: '/bin/sh', TERM: 'dumb' };
  const place = { env, cwd: cluster.dir };
  const command = terminal
    ? new RunningCommand('script', ['-qec', lineFor(words, options), '/dev/null'], place)
    : new RunningCommand('sh', words.slice(1), place);
  let isOver = false;
  command.exited.then(
    () => {
      isOver = true;
    },
    () => {},
  );
  try {
    const [, pid] = await command.waitFor('stdout', PID);
    const [, port] = await command.waitFor('stdout', STARTED);
    const output = terminal ? 'stdout' : 'stderr';
    return {
      port: Number(port),
      pid: Number(pid),
      get shown() {
        return command[output].replaceAll('\r\n', '\n');
      },
      waitFor: async (pattern) => void (await command.waitFor(output, pattern)),
      type: (keys) => command.write(keys),
      hangUp: () => command.stop('SIGKILL'),
      exited: command.exited,
      async stop() {
        // Its terminal ends with it; ended first, that would leave some of them behind.
        if (!isOver) kill(Number(pid), 'SIGTERM');
        return await command.exited;
      },
    };
  } catch (error) {
    await command.stop();
    throw error;
  }
}

function lineFor(words: readonly string[], options: ByHandOptions): string {
  const { underShell = false, ownSession = false, stderr } = options;
  const into = stderr === undefined ? '' : ` 2>${quoted(stderr)}`;
  const line = `${ownSession ? 'setsid ' : ''}${words.map(quoted).join(' ')}${into}`;
  return underShell ? `${line}; exit $?` : `exec ${line}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

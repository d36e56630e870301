// Child processes of tests: started, watched, and always ended by their own id.
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** How a process ended: `code`, or the `signal` that killed it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a command that ran to its end has left. */
export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const MATCH_TIMEOUT_MS = 30_000;
const RUN_TIMEOUT_MS = 60_000;
const KILL_AFTER_MS = 20_000;

/** Every child that still runs: a test runner that dies without its teardown must not leave any behind. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Watches over a child until it has ended and its pipes are drained; rejects when it could not be started. */
export function track(child: ChildProcess): Promise<Exit> {
  living.add(child);
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  }).finally(() => living.delete(child));
  exited.catch(() => {}); // whoever waits for it still sees the error
  return exited;
}

/** Sends `signal`, and SIGKILL to a process that ignores it for 20 s. */
export async function end(child: ChildProcess, exited: Promise<Exit>, signal: NodeJS.Signals) {
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  try {
    return await exited;
  } finally {
    clearTimeout(timer);
  }
}

/** A command that runs beside the test, with its output kept. */
export class RunningCommand {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #output = { stdout: '', stderr: '' };

  constructor(command: string, args: readonly string[], options: CommandOptions = {}) {
    this.#child = spawn(command, args, { ...options, stdio: 'pipe' });
    this.exited = track(this.#child);
    this.#child.stdin.on('error', () => {}); // it may end before it has read its input
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#child[stream].setEncoding('utf8').on('data', (text: string) => {
        this.#output[stream] += text;
      });
    }
  }

  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /** Gives the process input; its stdin stays open. */
  write(input: string): void {
    this.#child.stdin.write(input);
  }

  closeInput(): void {
    this.#child.stdin.end();
  }

  /** Sends a signal that is not meant to end it. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first match in what it has written, or will write. Rejects when it ends, or 30 s pass, without one. */
  async waitFor(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    const done = new AbortController();
    const timer = setTimeout(() => done.abort('30 s passed'), MATCH_TIMEOUT_MS);
    const ended = this.exited.finally(() => done.abort('it ended'));
    ended.catch(() => {});
    try {
      for (;;) {
        const match = pattern.exec(this.#output[stream]);
        if (match !== null) return match;
        if (done.signal.aborted) {
          const output = `${this.#output.stdout}${this.#output.stderr}`;
          throw new Error(
            `${done.signal.reason} before ${pattern} was seen on ${stream}\n${output}`,
          );
        }
        await this.#moreOrAborted(stream, done.signal);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes stdin, sends the signal and waits for the end. Safe to call again. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.#child.stdin.end();
    return end(this.#child, this.exited, signal);
  }

  #moreOrAborted(stream: 'stdout' | 'stderr', signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        this.#child[stream].off('data', settle);
        signal.removeEventListener('abort', settle);
        resolve();
      };
      this.#child[stream].on('data', settle);
      signal.addEventListener('abort', settle);
    });
  }
}

/** Runs a command to its end, at most a minute, with `input` as its whole stdin. */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions & { readonly input?: string } = {},
): Promise<Finished> {
  const { input = '', ...rest } = options;
  const running = new RunningCommand(command, args, rest);
  running.write(input);
  running.closeInput();
  const timer = setTimeout(() => void running.stop('SIGKILL'), RUN_TIMEOUT_MS);
  try {
    const exit = await running.exited;
    return { ...exit, stdout: running.stdout, stderr: running.stderr };
  } finally {
    clearTimeout(timer);
  }
}

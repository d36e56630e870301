import { type ChildProcess, spawn } from 'node:child_process';

/** A plugin may write this much to its stdout, and as much to its stderr. */
export const MAX_OUTPUT_BYTES = 1024 * 1024;
/** Once it has exited: time to read what it left, and to end when it was only asked to. */
const GRACE_MS = 1_000;

export interface PluginRun {
  /** Absolute: nothing is looked up any more. */
  readonly path: string;
  /** As the kubeconfig spells it. */
  readonly argv0: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** It talks to a person: our stdin, and our process group, to which the terminal belongs. Such a plugin has no deadline. */
  readonly isInteractive: boolean;
  /** Its stderr is ours; `onStderr` is not called. */
  readonly inheritStderr: boolean;
  /** 0 is none. */
  readonly timeoutMs: number;
  readonly onStderr: (chunk: Buffer) => void;
  /** `process.kill`: a negative id is a process group. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
  /** Aborted, it ends the plugin. */
  readonly signal: AbortSignal;
}

/** How a run has ended. */
export type PluginEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: Buffer }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  /** It could not be started: the system's error code, or Node's. */
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'too much'; readonly stream: 'stdout' | 'stderr' }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'closed' };

/** Runs a plugin to its end, without a shell. Never rejects; nobody waits for what it has started in its turn. */
export function runPlugin(run: PluginRun): Promise<PluginEnd> {
  let child: ChildProcess;
  try {
    child = spawn(run.path, run.args, {
      argv0: run.argv0,
      cwd: run.cwd,
      env: run.env,
      stdio: [
        run.isInteractive ? 'inherit' : 'ignore',
        'pipe',
        run.inheritStderr ? 'inherit' : 'pipe',
      ],
      detached: hasOwnGroup(run),
      windowsHide: true,
    });
  } catch (error) {
    return Promise.resolve({ kind: 'failed', code: codeOf(error) });
  }
  return new Promise((resolve) => new Watch(child, run, resolve));
}

/** Windows has no process groups, and would open a window instead. */
function hasOwnGroup({ isInteractive, platform }: PluginRun): boolean {
  return !isInteractive && platform !== 'win32';
}

class Watch {
  readonly #child: ChildProcess;
  readonly #run: PluginRun;
  readonly #resolve: (end: PluginEnd) => void;
  readonly #stdout: Buffer[] = [];
  readonly #bytes = { stdout: 0, stderr: 0 };
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(child: ChildProcess, run: PluginRun, resolve: (end: PluginEnd) => void) {
    this.#child = child;
    this.#run = run;
    this.#resolve = resolve;
    child.on('error', (error) => {
      // A signal that may not be sent is an error too, but no end.
      if (child.pid === undefined) this.#settle({ kind: 'failed', code: codeOf(error) });
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      if (this.#counts('stdout', chunk)) this.#stdout.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (this.#counts('stderr', chunk)) run.onStderr(chunk);
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('error', () => {});
    child.once('exit', () => {
      // A browser or an agent that it has started may hold its pipes open for days.
      clearTimeout(this.#timer);
      if (!this.#isOver) this.#timer = setTimeout(this.#exited, GRACE_MS);
    });
    child.once('close', this.#exited);
    run.signal.addEventListener('abort', this.#closed);
    if (run.timeoutMs > 0 && !run.isInteractive)
      this.#timer = setTimeout(() => this.#stop({ kind: 'deadline' }), run.timeoutMs);
  }

  #counts(stream: 'stdout' | 'stderr', chunk: Buffer): boolean {
    if (this.#isOver) return false;
    this.#bytes[stream] += chunk.length;
    if (this.#bytes[stream] <= MAX_OUTPUT_BYTES) return true;
    this.#stop({ kind: 'too much', stream });
    return false;
  }

  readonly #exited = (): void => {
    const { exitCode, signalCode } = this.#child;
    if (signalCode !== null) this.#settle({ kind: 'signalled', signal: signalCode });
    else this.#settle({ kind: 'exited', code: exitCode ?? 1, stdout: Buffer.concat(this.#stdout) });
  };

  readonly #closed = (): void => this.#stop({ kind: 'closed' });

  #stop(end: PluginEnd): void {
    if (this.#isOver) return;
    this.#kill();
    this.#settle(end);
  }

  #kill(): void {
    const child = this.#child;
    if (child.pid === undefined) return;
    if (this.#run.isInteractive) {
      // Asked first: it may have to give the terminal its echo back.
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      child.once('exit', () => clearTimeout(timer));
    } else if (hasOwnGroup(this.#run)) {
      try {
        this.#run.kill(-child.pid, 'SIGKILL');
      } catch {
        // Nobody is left in it.
      }
    } else child.kill('SIGKILL');
  }

  #settle(end: PluginEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#run.signal.removeEventListener('abort', this.#closed);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#resolve(end);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

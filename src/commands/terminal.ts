/** The operator's side of a command: the process, as far as commands may know it. Only cli.ts has the real one. */
export interface Terminal {
  readonly programName: 'porthole' | 'kubectl porthole';
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** As Node spells it: `x64`, `arm64`. */
  readonly arch: string;
  /** `v20.20.2` */
  readonly nodeVersion: string;
  /** Those that Node itself was given on its command line, `--inspect`; those of NODE_OPTIONS are in `env`. */
  readonly nodeFlags: readonly string[];
  readonly pid: number;
  /** What the process has used so far: ms, and bytes. */
  usage(): { uptimeMs: number; memory: { readonly rss: number; readonly heapUsed: number } };
  /** Whether a person reads stderr, and whether one types into stdin. */
  readonly stderrIsTTY: boolean;
  readonly stdinIsTTY: boolean;
  /** Sends a signal to a process, or with a negative id to its group. Throws as `process.kill`. */
  kill(pid: number, signal: NodeJS.Signals): void;
  /** Whether the terminal that it was started at has gone; false where there was none. */
  hungUp(): boolean;
  /** What is typed, or piped, into it. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** To stdout, as it is. */
  print(text: string): void;
  /** Likewise; resolves when it was taken, to false when nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** A line to stderr. */
  say(sentence: string): void;
  /** Calls `handler` for each signal of these, which asks the process to stop or to read its files again, until the returned function is called. */
  onSignal(handler: (signal: StopSignal) => void): () => void;
  /** Calls `handler` for each SIGUSR2, which asks how things are. */
  onStatusSignal(handler: () => void): void;
  /** Columns of the terminal behind stderr, at this moment; undefined where there is none. */
  readonly columns: number | undefined;
}

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT';

/** 128 and the signal's number, as shells count. */
export const EXIT_CODES: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGQUIT: 131,
  SIGTERM: 143,
};

/** What did the user ask for? argv becomes a completed, validated invocation, or one error that names every mistake. */

import { PortholeError } from './errors.ts';
import { nearest, normalise } from './flags/argv.ts';
import type { ProgramName } from './flags/help.ts';
import {
  readClientKubeconfig,
  readDemo,
  readDoctor,
  readRun,
  readServe,
  readShell,
  readTrace,
} from './flags/read.ts';
import { readAuditReport } from './flags/read-recordings.ts';
import type { AuditReportOptions, LogOptions, RecordingOptions } from './flags/recordings.ts';
import { type CommandName, FLAGS, flagsOf } from './flags/table.ts';
import { FlagValues, parseBool, type Shell, type TraceOutput } from './flags/values.ts';
import { packageVersion } from './flags/version.ts';
import type { KubeconfigFlags } from './kubeconfig/kubeconfig.ts';
import type { WwwOptions } from './proxy.ts';
import type { Deadlines } from './server/deadlines.ts';
import type { Limits } from './server/limits.ts';
import { quote } from './server/quote.ts';

export type { AuditOptions, AuditReportOptions } from './flags/recordings.ts';

/** Where to serve, and until when. */
interface ListenOptions {
  /** IP address or host name, IPv6 without brackets. */
  readonly address: string;
  /** 0 is any free port. */
  readonly port: number;
  readonly shutdownGraceMs: number;
}

/** https with a certificate of porthole's own, or of the user's. */
export type TlsChoice =
  | { readonly kind: 'off' }
  | { readonly kind: 'own' }
  | { readonly kind: 'files'; readonly cert: string; readonly key: string };

/** What clients have to speak, and to prove. */
interface DoorOptions {
  readonly tls: TlsChoice;
  readonly requireToken: boolean;
  /** Where the token is; undefined for one that is chosen at the start. */
  readonly tokenFile: string | undefined;
}

/** What credential plugins may do. */
interface PluginOptions {
  /** How long one may take that can ask nobody, in ms; 0 is no limit. */
  readonly execTimeoutMs: number;
  /** kubectl's preferences, where a flag says which; '' is none. */
  readonly kuberc: string | undefined;
}

/** What clients may take; times in ms, Infinity is no limit. */
export interface LimitOptions {
  readonly limits: Limits;
  readonly deadlines: Pick<Deadlines, 'head' | 'idle'>;
}

/** What `porthole` and `porthole run` have in common: all but where to listen. */
interface ProxyingOptions
  extends LogOptions,
    RecordingOptions,
    DoorOptions,
    LimitOptions,
    PluginOptions {
  readonly kubeconfig: KubeconfigFlags;
  /** The four filters: RE2 patterns that compile, split at the commas. */
  readonly acceptHosts: readonly string[];
  readonly acceptPaths: readonly string[];
  readonly rejectPaths: readonly string[];
  readonly rejectMethods: readonly string[];
  readonly disableFilter: boolean;
  readonly allowOrigins: readonly string[];
  readonly disableOriginCheck: boolean;
  readonly readOnly: boolean;
  /** Rules that parse: `pods/exec`, `deployments.apps`. */
  readonly deny: readonly string[];
  /** Whether the path of the API server's URL goes before every path. */
  readonly appendServerPath: boolean;
  /** 0 is porthole's own choice. */
  readonly keepaliveMs: number;
  /** 0 is no limit. */
  readonly requestTimeoutMs: number;
  /** How long watches and tunnels go on that belong to something that is not used any more. */
  readonly rotationGraceMs: number;
  /** klog's level: from 6 on, requests to the API server are told of as kubectl tells of its own. */
  readonly verbosity: number;
}

/** `porthole`, completed and validated. */
export interface ServeOptions extends ProxyingOptions, ListenOptions {
  /** In place of address and port. */
  readonly unixSocket: string | undefined;
  readonly acceptExposure: boolean;
  readonly apiPrefix: string;
  readonly www: WwwOptions | undefined;
}

/** `porthole demo`, completed and validated. */
export interface DemoOptions extends LogOptions, ListenOptions {
  readonly directory: string | undefined;
}

/** `porthole run`, completed and validated. */
export interface RunOptions extends ProxyingOptions {
  /** The program and its arguments; at least one word. */
  readonly command: readonly string[];
}

/** `porthole trace`, completed and validated. */
export interface TraceOptions extends Omit<RunOptions, keyof LogOptions> {
  /** How each call is shown; `text` is a line for a person. */
  readonly output: TraceOutput;
  /** Where the calls go, instead of stderr. */
  readonly outputFile: string | undefined;
  /** The summary alone. */
  readonly summaryOnly: boolean;
}

/** `porthole kubeconfig`, completed and validated: where is the porthole that clients are to use? */
export interface ClientKubeconfigOptions extends DoorOptions {
  readonly address: string;
  readonly port: number;
  readonly apiPrefix: string;
  readonly namespace: string | undefined;
  /** The file to write; undefined for stdout. */
  readonly write: string | undefined;
}

/** `porthole doctor`, completed and validated. */
export interface DoctorOptions extends PluginOptions {
  readonly kubeconfig: KubeconfigFlags;
  /** For each question; 0 is 10 s. */
  readonly requestTimeoutMs: number;
}

export type Invocation =
  | { readonly kind: 'serve'; readonly options: ServeOptions }
  | { readonly kind: 'demo'; readonly options: DemoOptions }
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'trace'; readonly options: TraceOptions }
  | { readonly kind: 'audit'; readonly options: AuditReportOptions }
  | { readonly kind: 'kubeconfig'; readonly options: ClientKubeconfigOptions }
  | { readonly kind: 'doctor'; readonly options: DoctorOptions }
  | { readonly kind: 'completion'; readonly shell: Shell }
  /** What the shell's completion asks for: the words behind the program's name. */
  | { readonly kind: 'complete'; readonly words: readonly string[] }
  /** A command's `--help`. */
  | { readonly kind: 'help'; readonly command: CommandName }
  | { readonly kind: 'print'; readonly text: string };

/**
 * Reads the arguments that follow the program's name. Throws one ERR_USAGE with a line for every mistake; no line holds
 * the value of --token or --password. `--help` and `--version` win over mistakes.
 */
export function parseArguments(argv: readonly string[]): Invocation {
  if (argv[0] === '__complete') return { kind: 'complete', words: argv.slice(1) };
  // Which flags there are depends on the command, and it may stand behind flags: kubectl's users put global ones first.
  const { name, help, strays } = chooseCommand(normalise(argv, FLAGS).operands);
  // Help is the answer to any mistake but one: in what help is asked for.
  if (help && strays.length > 0) throw usageError(strays.map(strayArgument));
  const { words, operands, errors } = normalise(
    argv,
    flagsOf(name),
    name === 'run' || name === 'trace' ? 1 : undefined,
  );
  const values = new FlagValues(errors, flagsOf(name));
  for (const word of words) {
    const equals = word.indexOf('=');
    values.add(word.slice('--'.length, equals), word.slice(equals + 1));
  }

  if (help || values.one('help', parseBool)) return { kind: 'help', command: name };
  if (values.one('version', parseBool))
    return { kind: 'print', text: `porthole ${packageVersion()}\n` };

  const invocation = complete(name, values, chooseCommand(operands).strays);
  if (values.errors.length > 0) throw usageError(values.errors);
  return invocation;
}

/** The name of an unknown flag may hold anything, line ends too. */
function usageError(mistakes: readonly string[]): PortholeError {
  const lines = mistakes.map((line) => line.replace(/[^ -~]/g, '?'));
  return new PortholeError('ERR_USAGE', lines.join('\n'));
}

/** The program's name with that of the command, whose `--help` tells of its flags. */
export function programOf(argv: readonly string[], programName: ProgramName): string {
  const { name } = chooseCommand(normalise(argv, FLAGS).operands);
  return name === 'serve' ? programName : `${programName} ${name}`;
}

const COMMANDS: ReadonlyMap<string, CommandName> = new Map([
  ['proxy', 'serve'],
  ['demo', 'demo'],
  ['run', 'run'],
  ['trace', 'trace'],
  ['audit', 'audit'],
  ['kubeconfig', 'kubeconfig'],
  ['doctor', 'doctor'],
  ['completion', 'completion'],
]);

function chooseCommand(operands: readonly string[]): {
  name: CommandName;
  help: boolean;
  strays: readonly string[];
} {
  const [first = '', ...others] = operands;
  if (first === 'help') {
    const topic = chooseCommand(others);
    const isUnknown = topic.strays.length === others.length;
    return { ...topic, help: true, strays: isUnknown ? others.slice(0, 1) : [] };
  }
  const name = COMMANDS.get(first);
  if (name === undefined) return { name: 'serve', help: false, strays: operands };
  return { name, help: false, strays: others };
}

/** Completes the flags of a command, and what stands behind its name. */
function complete(name: CommandName, values: FlagValues, operands: readonly string[]): Invocation {
  if (name === 'run') return { kind: name, options: readRun(values, operands) };
  if (name === 'trace') return { kind: name, options: readTrace(values, operands) };
  if (name === 'audit') return { kind: name, options: readAuditReport(values, operands) };
  if (name === 'completion') return { kind: name, shell: readShell(values, operands) };
  values.errors.push(...operands.map(strayArgument));
  switch (name) {
    case 'serve':
      return { kind: name, options: readServe(values) };
    case 'demo':
      return { kind: name, options: readDemo(values) };
    case 'kubeconfig':
      return { kind: name, options: readClientKubeconfig(values) };
    case 'doctor':
      return { kind: name, options: readDoctor(values) };
  }
}

function strayArgument(word: string): string {
  const near = nearest(word, [...COMMANDS.keys()]);
  return `unexpected argument ${quote(word)}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
}

/** What did the user ask for? argv becomes a completed, validated invocation, or one error that names every mistake. */

import { PortholeError } from './errors.ts';
import { nearest, normalise } from './flags/argv.ts';
import { commandFor, helpText, type ProgramName } from './flags/help.ts';
import { type CommandName, FLAGS, type FlagName, flagsOf } from './flags/table.ts';
import {
  FlagValues,
  type LogFormat,
  parseAddress,
  parseBool,
  parseDuration,
  parseLevel,
  parseLogFormat,
  parsePort,
  parseTimeout,
} from './flags/values.ts';
import { packageVersion } from './flags/version.ts';
import type { KubeconfigFlags } from './kubeconfig/kubeconfig.ts';
import { createOriginCheck } from './server/origin.ts';
import { compilePatterns, splitPatterns } from './server/patterns.ts';
import { quote } from './server/quote.ts';

/** Where to serve and where to log: what every command that serves is asked. */
interface CommonOptions {
  /** IP address or host name, IPv6 without brackets. */
  readonly address: string;
  /** 0 is any free port. */
  readonly port: number;
  readonly shutdownGraceMs: number;
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  readonly logFormat: LogFormat;
  readonly logFile: string | undefined;
}

/** `porthole`, completed and validated. */
export interface ServeOptions extends CommonOptions {
  readonly kubeconfig: KubeconfigFlags;
  /** The four filters: RE2 patterns that compile, split at the commas. */
  readonly acceptHosts: readonly string[];
  readonly acceptPaths: readonly string[];
  readonly rejectPaths: readonly string[];
  readonly rejectMethods: readonly string[];
  readonly disableFilter: boolean;
  readonly allowOrigins: readonly string[];
  /** Whether the path of the API server's URL goes before every path. */
  readonly appendServerPath: boolean;
  /** 0 is porthole's own choice. */
  readonly keepaliveMs: number;
  /** 0 is no limit. */
  readonly requestTimeoutMs: number;
  /** klog's level, 0 is normal; nothing depends on it yet. */
  readonly verbosity: number;
}

/** `porthole demo`, completed and validated. */
export interface DemoOptions extends CommonOptions {
  readonly directory: string | undefined;
}

export type Invocation =
  | { readonly kind: 'serve'; readonly options: ServeOptions }
  | { readonly kind: 'demo'; readonly options: DemoOptions }
  | { readonly kind: 'print'; readonly text: string };

/**
 * Reads the arguments that follow the program's name. Throws one ERR_USAGE with a line for every mistake; no line holds
 * the value of --token or --password. `--help` and `--version` win over mistakes.
 */
export function parseArguments(
  argv: readonly string[],
  io: { readonly programName: ProgramName } = { programName: 'porthole' },
): Invocation {
  // Which flags there are depends on the command, and it may stand behind flags: kubectl's users put global ones first.
  const { name, help } = chooseCommand(normalise(argv, FLAGS).operands);
  const { words, operands, errors } = normalise(argv, flagsOf(name));
  const values = new FlagValues(errors);
  commandFor(name, (long, text) => values.add(long, text)).parse(words, { from: 'user' });

  if (help || values.one('help', parseBool)) {
    return { kind: 'print', text: helpText(name, io.programName) };
  }
  if (values.one('version', parseBool))
    return { kind: 'print', text: `porthole ${packageVersion()}\n` };

  values.errors.push(...chooseCommand(operands).strays.map(strayArgument));
  const invocation = complete(name, values);
  if (values.errors.length > 0) {
    // The name of an unknown flag may hold anything, line ends too.
    const lines = values.errors.map((line) => line.replace(/[^ -~]/g, '?'));
    throw new PortholeError('ERR_USAGE', lines.join('\n'));
  }
  return invocation;
}

const COMMANDS: ReadonlyMap<string, CommandName> = new Map([
  ['proxy', 'serve'],
  ['demo', 'demo'],
]);

function chooseCommand(operands: readonly string[]): {
  name: CommandName;
  help: boolean;
  strays: readonly string[];
} {
  const [first = '', ...others] = operands;
  if (first === 'help') return { ...chooseCommand(others), help: true };
  const name = COMMANDS.get(first);
  if (name === undefined) return { name: 'serve', help: false, strays: operands };
  return { name, help: false, strays: others };
}

function strayArgument(word: string): string {
  const near = nearest(word, [...COMMANDS.keys()]);
  return `unexpected argument ${quote(word)}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
}

function complete(name: CommandName, values: FlagValues): Invocation {
  const common: CommonOptions = {
    address: values.one('address', parseAddress),
    port: values.one('port', parsePort),
    shutdownGraceMs: values.one('shutdown-grace', parseDuration),
    logFormat: values.one('log-format', parseLogFormat),
    logFile: values.text('log-file'),
  };
  if (name === 'demo') {
    return { kind: 'demo', options: { ...common, directory: values.text('dir') } };
  }
  return { kind: 'serve', options: { ...common, ...completeServe(values) } };
}

function completeServe(values: FlagValues): Omit<ServeOptions, keyof CommonOptions> {
  const allowOrigins = values.all('allow-origin', String);
  for (const origin of allowOrigins) values.check(() => createOriginCheck([origin]));
  return {
    kubeconfig: kubeconfigFlags(values),
    acceptHosts: patterns(values, 'accept-hosts'),
    acceptPaths: patterns(values, 'accept-paths'),
    rejectPaths: patterns(values, 'reject-paths'),
    rejectMethods: patterns(values, 'reject-methods'),
    disableFilter: values.one('disable-filter', parseBool),
    allowOrigins,
    appendServerPath: values.one('append-server-path', parseBool),
    keepaliveMs: values.one('keepalive', parseDuration),
    requestTimeoutMs: values.one('request-timeout', parseTimeout),
    verbosity: values.one('v', parseLevel),
  };
}

function patterns(values: FlagValues, name: FlagName): string[] {
  const list = values.one(name, splitPatterns);
  values.check(() => compilePatterns(`--${name}`, list));
  return list;
}

function kubeconfigFlags(values: FlagValues): KubeconfigFlags {
  return {
    kubeconfig: values.text('kubeconfig'),
    context: values.text('context'),
    cluster: values.text('cluster'),
    user: values.text('user'),
    namespace: values.text('namespace'),
    server: values.text('server'),
    tlsServerName: values.text('tls-server-name'),
    certificateAuthority: values.text('certificate-authority'),
    insecureSkipTlsVerify: values.one('insecure-skip-tls-verify', parseBool),
    clientCertificate: values.text('client-certificate'),
    clientKey: values.text('client-key'),
    token: values.text('token'),
    username: values.text('username'),
    password: values.text('password'),
    as: values.text('as'),
    asGroup: values.all('as-group', String),
    asUid: values.text('as-uid'),
    asUserExtra: values.all('as-user-extra', String),
    proxyUrl: values.text('proxy-url'),
    disableCompression: values.one('disable-compression', parseBool),
    inCluster: values.one('in-cluster', parseBool),
  };
}

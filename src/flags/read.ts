/** What do the flags of each command add up to? Mistakes go to the values' errors. */
import type { KubeconfigFlags } from '../kubeconfig/kubeconfig.ts';
import type {
  ClientKubeconfigOptions,
  DemoOptions,
  DoctorOptions,
  RunOptions,
  ServeOptions,
  TlsChoice,
  TraceOptions,
} from '../options.ts';
import { parseDenyRule } from '../server/guard.ts';
import { createOriginCheck } from '../server/origin.ts';
import { compilePatterns, splitPatterns } from '../server/patterns.ts';
import { quote } from '../server/quote.ts';
import { readLimits } from './read-limits.ts';
import { readLog, readRecording } from './read-recordings.ts';
import type { LogOptions } from './recordings.ts';
import type { FlagName } from './table.ts';
import {
  type FlagValues,
  parseAddress,
  parseBool,
  parseDuration,
  parseLevel,
  parsePort,
  parsePrefix,
  parseTimeout,
  parseWord,
  SHELLS,
  type Shell,
  TRACE_OUTPUTS,
} from './values.ts';

export function readServe(values: FlagValues): ServeOptions {
  const unixSocket = values.text('unix-socket');
  const listening = readListening(values);
  // kubectl lets its own default stand beside it, too.
  if (unixSocket !== undefined && listening.port !== 8001)
    values.errors.push('cannot set --unix-socket and --port at the same time');
  return {
    ...readProxying(values),
    ...readLog(values),
    ...readPlaces(values),
    ...listening,
    unixSocket,
    acceptExposure: values.one('i-understand-anyone-can-use-my-credentials', parseBool),
  };
}

export function readDemo(values: FlagValues): DemoOptions {
  return { ...readListening(values), ...readLog(values), directory: values.text('dir') };
}

export function readRun(values: FlagValues, command: readonly string[]): RunOptions {
  if (command.length === 0)
    values.errors.push('run needs a command: porthole run [flags] -- COMMAND [ARGUMENTS]');
  const { logFormat, logFile, ...logging } = readLog(values);
  const options = readChildsProxy(values);
  // The command's own output stands alone, unless somebody asked for the log.
  const isQuiet = logFormat === 'auto' && logFile === undefined;
  return { ...options, ...logging, logFile, logFormat: isQuiet ? 'off' : logFormat, command };
}

export function readTrace(values: FlagValues, command: readonly string[]): TraceOptions {
  if (command.length === 0)
    values.errors.push('trace needs a command: porthole trace [flags] -- COMMAND [ARGUMENTS]');
  const options = {
    ...readChildsProxy(values),
    output: values.one('output', parseWord(TRACE_OUTPUTS)),
    outputFile: values.text('output-file'),
    summaryOnly: values.one('summary', parseBool),
    command,
  };
  if (options.output === 'har' && options.outputFile === undefined)
    values.errors.push('--output=har needs a file: add -o FILE');
  if (options.outputFile === '-')
    values.errors.push("--output-file=- would mix with the command's output; give a file");
  if (options.summaryOnly && (options.output === 'har' || options.output === 'audit'))
    values.errors.push(`--output=${options.output} is made of calls, which --summary leaves out`);
  return options;
}

/** Of a proxy for one command, whose standard output is the command's. */
function readChildsProxy(values: FlagValues): Omit<RunOptions, 'command' | keyof LogOptions> {
  const options = readProxying(values);
  if (options.requireToken && options.tls.kind === 'off')
    values.errors.push('clients send a token over TLS only; add --tls to --require-token');
  if (options.audit?.path === '-')
    values.errors.push("--audit-log-path=- would mix with the command's output; give a file");
  return options;
}

export function readClientKubeconfig(values: FlagValues): ClientKubeconfigOptions {
  const port = values.one('port', parsePort);
  if (port === 0) values.errors.push('--port=0 names no porthole; give the port that it printed');
  return {
    ...readDoor(values),
    address: values.one('address', parseAddress),
    port,
    apiPrefix: values.one('api-prefix', parsePrefix),
    namespace: values.text('namespace'),
    write: values.text('write'),
  };
}

export function readDoctor(values: FlagValues): DoctorOptions {
  return {
    kubeconfig: readKubeconfigFlags(values),
    requestTimeoutMs: values.one('request-timeout', parseTimeout),
    ...readPlugins(values),
  };
}

export function readShell(values: FlagValues, operands: readonly string[]): Shell {
  const [name = ''] = operands;
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined || operands.length > 1)
    values.errors.push(
      `completion needs one shell of ${SHELLS.join(', ')}${name === '' ? '' : `, not ${operands.map(quote).join(' ')}`}`,
    );
  return shell ?? 'bash';
}

function readListening(values: FlagValues) {
  return {
    address: values.one('address', parseAddress),
    port: values.one('port', parsePort),
    shutdownGraceMs: values.one('shutdown-grace', parseDuration),
  };
}

/** The paths below which the API and files are served. */
function readPlaces(values: FlagValues): Pick<ServeOptions, 'apiPrefix' | 'www'> {
  const apiPrefix = values.one('api-prefix', parsePrefix);
  const prefix = values.one('www-prefix', parsePrefix);
  const directory = values.text('www');
  if (directory === undefined) return { apiPrefix, www: undefined };
  if (prefix === apiPrefix)
    values.errors.push(`--www-prefix and --api-prefix are both ${quote(prefix)}; change one`);
  const listings = values.one('www-list', parseBool);
  return { apiPrefix, www: { directory, prefix, listings } };
}

function readDoor(values: FlagValues) {
  const tokenFile = readFileName(values, 'require-token-file');
  return {
    tls: readTls(values),
    requireToken: values.one('require-token', parseBool) || tokenFile !== undefined,
    tokenFile,
  };
}

/** An empty name would leave the door open: it is a variable that was not set. */
function readFileName(values: FlagValues, name: FlagName): string | undefined {
  if (values.all(name, String).at(-1) === '') values.errors.push(`--${name} needs a file`);
  return values.text(name);
}

function readTls(values: FlagValues): TlsChoice {
  const cert = readFileName(values, 'tls-cert');
  const key = readFileName(values, 'tls-key');
  if (cert !== undefined && key !== undefined) return { kind: 'files', cert, key };
  if (cert !== undefined || key !== undefined)
    values.errors.push('--tls-cert and --tls-key go together; --tls alone makes a certificate');
  return { kind: values.one('tls', parseBool) ? 'own' : 'off' };
}

function readProxying(values: FlagValues): Omit<RunOptions, 'command' | keyof LogOptions> {
  const allowOrigins = values.all('allow-origin', String);
  for (const origin of allowOrigins)
    values.check(() =>
      createOriginCheck({ allowOrigins: [origin], scheme: 'http', disabled: false }),
    );
  const deny = values.all('deny', String);
  for (const rule of deny) values.check(() => parseDenyRule(rule));
  return {
    ...readRecording(values),
    ...readDoor(values),
    ...readLimits(values),
    kubeconfig: readKubeconfigFlags(values),
    acceptHosts: readPatterns(values, 'accept-hosts'),
    acceptPaths: readPatterns(values, 'accept-paths'),
    rejectPaths: readPatterns(values, 'reject-paths'),
    rejectMethods: readPatterns(values, 'reject-methods'),
    disableFilter: values.one('disable-filter', parseBool),
    allowOrigins,
    disableOriginCheck: values.one('dangerously-disable-origin-check', parseBool),
    readOnly: values.one('read-only', parseBool),
    deny,
    appendServerPath: values.one('append-server-path', parseBool),
    keepaliveMs: values.one('keepalive', parseDuration),
    requestTimeoutMs: values.one('request-timeout', parseTimeout),
    rotationGraceMs: values.one('rotation-grace', parseDuration),
    ...readPlugins(values),
    verbosity: values.one('v', parseLevel),
  };
}

function readPlugins(values: FlagValues) {
  return {
    execTimeoutMs: values.one('exec-timeout', parseDuration),
    kuberc: values.text('kuberc'),
  };
}

function readPatterns(values: FlagValues, name: FlagName): string[] {
  const list = values.one(name, splitPatterns);
  values.check(() => compilePatterns(`--${name}`, list));
  return list;
}

function readKubeconfigFlags(values: FlagValues): KubeconfigFlags {
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

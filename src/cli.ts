import { basename } from 'node:path';
import process, { argv, env, exit, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { PortholeError } from './errors.ts';
import { packageVersion } from './flags/version.ts';
import type { KubeconfigFlags, ResolvedConfig } from './kubeconfig/kubeconfig.ts';
import { loadKubeconfig } from './kubeconfig/load.ts';
import { printable } from './kubeconfig/printable.ts';
import { type DemoOptions, parseArguments, type ServeOptions } from './options.ts';
import { createProxy, type RunningProxy } from './proxy.ts';
import { type AccessLog, openAccessLog } from './record/access-log.ts';

/** 128 + the signal's number, as shells count. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

const PROGRAM = basename(argv[1] ?? '').startsWith('kubectl-') ? 'kubectl porthole' : 'porthole';

// A reader that goes away ends its pipe, not the proxy.
stdout.on('error', () => {});
stderr.on('error', () => {});

try {
  await run();
} catch (error) {
  if (!(error instanceof PortholeError)) throw error;
  const usage = error.code === 'ERR_USAGE';
  for (const line of error.message.split('\n')) stderr.write(`error: ${line}\n`);
  if (usage) stderr.write(`See '${PROGRAM} --help' for usage.\n`);
  exit(usage ? 2 : 1);
}

async function run(): Promise<void> {
  const invocation = parseArguments(argv.slice(2), { programName: PROGRAM });
  if (invocation.kind === 'print') stdout.write(invocation.text);
  else if (invocation.kind === 'demo') await demo(invocation.options);
  else await serve(invocation.options, () => Promise.resolve());
}

/** A cluster of its own, and the proxy in front of it. */
async function demo(options: DemoOptions): Promise<void> {
  // Loaded only here: a proxy that serves has no use for node-forge, and would wait for it.
  const { startDemo } = await import('./demo/demo.ts');
  const directory = options.directory ?? fileURLToPath(new URL('../certs', import.meta.url));
  const { kubeconfig, server } = await startDemo({ directory });
  const flags = parseArguments(['--kubeconfig', kubeconfig, '--context', 'porthole-demo']);
  if (flags.kind !== 'serve') throw new TypeError('the demo serves');
  say(`Demo API server on ${server.url}; what it holds is new at each start.`);
  say(`For kubectl without the proxy: kubectl --kubeconfig=${kubeconfig} get pods -A`);
  const address = await serve({ ...flags.options, ...options }, () => server.close());
  say(`Try: curl http://${address}/version`);
}

/** Begins to serve, until a signal; `after` ends what was started for this proxy. Resolves to the address. */
async function serve(options: ServeOptions, after: () => Promise<void>): Promise<string> {
  const json = logsJson(options);
  const warn = (sentence: string): void => tell('warn', sentence, json);
  const config = load(options.kubeconfig);
  const log = openAccessLog({
    format: options.logFormat === 'auto' ? (json ? 'json' : 'pretty') : options.logFormat,
    colour: stderr.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    file: options.logFile,
    fd: 2,
  });
  const proxy = await createProxy({
    ...options,
    config,
    userAgent: userAgent(),
    sslCertFile: env['SSL_CERT_FILE'],
    log: (record) => log.write(record),
    warn,
  });
  for (const warning of config.warnings) warn(warning);
  warnOfIgnoredProxy(config, warn);
  if (!json) say(describe(config));
  stopOnSignal(proxy, log, options.shutdownGraceMs, after);
  stdout.write(`Starting to serve on ${proxy.address}\n`);
  return proxy.address;
}

/** As kubectl builds its own, with Go's names for what both know. */
function userAgent(): string {
  const { platform, arch } = process;
  return `porthole/${packageVersion()} (${platform}/${arch === 'x64' ? 'amd64' : arch})`;
}

function load(flags: KubeconfigFlags): ResolvedConfig {
  return loadKubeconfig({
    flags,
    env,
    cwd: process.cwd(),
    platform: process.platform,
    now: new Date(),
  });
}

/** Go's HTTP clients would go through it, so an operator may rely on that (`net/http.ProxyFromEnvironment`). */
function warnOfIgnoredProxy({ cluster }: ResolvedConfig, warn: (sentence: string) => void): void {
  const name = cluster.server.scheme === 'https' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const isSet = env[name] || env[name.toLowerCase()];
  const { hostname } = cluster.server;
  const spared = (env['NO_PROXY'] || env['no_proxy'] || '').split(',').map((name) => name.trim());
  if (spared.includes('*') || spared.includes(hostname)) return;
  if (!isSet || hostname === 'localhost' || hostname === '::1' || hostname.startsWith('127.'))
    return;
  warn(`${name} is set, but this version connects to the API server directly`);
}

/** JSON wherever the lines are not for a person at a terminal. */
function logsJson({ logFormat, logFile }: ServeOptions): boolean {
  if (logFormat !== 'auto') return logFormat === 'json';
  return logFile !== undefined || !stderr.isTTY;
}

function describe({ cluster, user, contextName }: ResolvedConfig): string {
  const { scheme, authority, pathPrefix } = cluster.server;
  const context = contextName === undefined ? '' : ` (context ${printable(contextName)})`;
  const name = user.name === undefined ? '' : ` as ${printable(user.name)}`;
  return `Proxying ${scheme}://${authority}${pathPrefix}${name}${context}. Ctrl-C stops.`;
}

/** The first signal lets requests finish, the second does not. */
function stopOnSignal(
  proxy: RunningProxy,
  log: AccessLog,
  graceMs: number,
  after: () => Promise<void>,
): void {
  let stopping = false;
  const stop = async (signal: Signal): Promise<void> => {
    if (stopping) exit(SIGNALS[signal]);
    stopping = true;
    const open = proxy.connections.client;
    if (open > 0 && stderr.isTTY) {
      say(`Stopping: ${open} connections have up to ${graceMs / 1000} s; Ctrl-C again stops now.`);
    }
    await proxy.close(graceMs);
    await Promise.all([after(), log.close()]);
    exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal));
}

function say(sentence: string): void {
  stderr.write(`${sentence}\n`);
}

/** A sentence for the operator, in the shape of what else goes to stderr. */
function tell(level: 'warn', msg: string, json: boolean): void {
  const time = new Date().toISOString();
  stderr.write(json ? `${JSON.stringify({ time, level, msg })}\n` : `warning: ${msg}\n`);
}

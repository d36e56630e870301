import { statSync } from 'node:fs';
import type { ResolvedConfig } from '../kubeconfig/kubeconfig.ts';
import type { ServeOptions } from '../options.ts';
import { printable } from '../printable.ts';
import { compilePatterns } from '../server/patterns.ts';
import { inheritedSocket } from './activation.ts';
import { credentialText } from './credential-state.ts';
import { runtimeWarnings } from './runtime.ts';
import { type Serving, startServing } from './serving.ts';
import { EXIT_CODES, type Terminal } from './terminal.ts';

/** `porthole`: serves until a signal. Resolves to the exit code. */
export async function serveCommand(options: ServeOptions, terminal: Terminal): Promise<number> {
  const fd = inheritedSocket(terminal.env, terminal.pid);
  const serving = await startServing({ ...options, fd }, terminal);
  // Before anybody is told that it serves, and stops it.
  const stopped = untilStopped(serving, options.shutdownGraceMs, terminal);
  for (const warning of [...runtimeWarnings(terminal), ...warnings(options, serving.config)])
    serving.notes.warn(warning);
  if (!serving.notes.json) serving.notes.info(describe(serving.config));
  announceDoor(serving, terminal);
  const announcement = `Starting to serve on ${serving.proxy.address}`;
  // A line among the events would be none of them.
  if (options.audit?.path === '-') terminal.say(announcement);
  else terminal.print(`${announcement}\n`);
  return stopped;
}

/**
 * The first signal lets requests finish, the second does not; SIGHUP reads the configuration again, unless it is the
 * terminal that has gone, and SIGUSR2 asks how things are. Resolves to the exit code.
 */
export function untilStopped(
  serving: Serving,
  graceMs: number,
  terminal: Terminal,
  after: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    terminal.onStatusSignal(() => tellStatus(serving));
    terminal.onSignal((signal) => {
      if (signal === 'SIGHUP' && !terminal.hungUp()) {
        serving.recordings.reopen();
        void serving.proxy.reload().then(() => {
          const state = credentialText(serving.proxy.credentials, Date.now());
          serving.notes.info(`credentials: ${state}`);
        });
        return;
      }
      if (stopping) {
        serving.destroy().then(() => resolve(EXIT_CODES[signal]), reject);
        return;
      }
      stopping = true;
      const open = serving.proxy.connections.client;
      if (open > 0 && terminal.stderrIsTTY)
        terminal.say(
          `Stopping: ${open} connections have up to ${graceMs / 1000} s; Ctrl-C again stops now.`,
        );
      Promise.all([serving.close(graceMs), after()]).then(() => resolve(0), reject);
    });
  });
}

/** Upon SIGUSR2. */
function tellStatus({ proxy, recordings, notes }: Serving): void {
  const credentials = credentialText(proxy.credentials, Date.now());
  const { connections } = proxy;
  notes.info(recordings.summary({ connections, credentials }).trimEnd());
}

function describe({ cluster, user, contextName }: ResolvedConfig): string {
  const { scheme, authority, pathPrefix } = cluster.server;
  const context = contextName === undefined ? '' : ` (context ${printable(contextName)})`;
  const name = user.name === undefined ? '' : ` as ${printable(user.name)}`;
  return `Proxying ${scheme}://${authority}${pathPrefix}${name}${context}. Ctrl-C stops.`;
}

/** How to get in. The token itself is shown to nobody; a login URL only to a person at a terminal. */
function announceDoor({ lock, keys, proxy, url, notes }: Serving, terminal: Terminal): void {
  if (lock.ca !== undefined)
    notes.info(`Clients have to trust the certificate authority in ${lock.ca.file}`);
  if (keys === undefined) return;
  if (keys.tokenFile !== undefined)
    notes.info(`Clients need "Authorization: Bearer" with the token in ${keys.tokenFile}`);
  const login = `${url ?? ''}${proxy.loginPath ?? ''}`;
  if (url === undefined) return;
  notes.info(
    terminal.stderrIsTTY
      ? `For a browser, once: ${login} (the next such URL is then in ${keys.loginFile})`
      : `For a browser: the URL in ${keys.loginFile} is good once`,
  );
}

/** What an operator should know of flags and files that are valid, and yet. */
function warnings(options: ServeOptions, config: ResolvedConfig): string[] {
  const found = [...config.warnings];
  if (options.disableFilter && options.unixSocket === undefined)
    found.push(
      'Request filter disabled: hosts, paths and methods are not checked, and a web page whose name leads to this machine can act with your rights, please be cautious',
    );
  else if (compilePatterns('--accept-hosts', options.acceptHosts)('any.example'))
    found.push(
      '--accept-hosts accepts any.example too: a web page whose name leads to this machine can act with your rights. The flag is about the Host that a client asks for, not about where clients are',
    );
  if (options.disableOriginCheck)
    found.push(
      'Origin check disabled: any web page that your browser shows can act with your rights',
    );
  if (options.acceptExposure)
    found.push('anyone who reaches the port can act with your rights, as you have confirmed');
  if (options.www !== undefined) {
    const problem = wwwProblem(options.www.directory);
    if (problem !== undefined) found.push(`--www ${printable(options.www.directory)}: ${problem}`);
  }
  return found;
}

function wwwProblem(directory: string): string | undefined {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return 'there is no such directory (yet)';
  return found.isDirectory() ? undefined : 'this is no directory';
}

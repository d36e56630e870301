import { resolve } from 'node:path';
import { asPortholeError } from '../errors.ts';
import { packageVersion } from '../flags/version.ts';
import type { ResolvedConfig } from '../kubeconfig/kubeconfig.ts';
import { loadKubeconfig, traceLoading } from '../kubeconfig/load.ts';
import type { ServeOptions } from '../options.ts';
import { createProxy, type RunningProxy } from '../proxy.ts';
import { type AccessLog, openAccessLog } from '../record/access-log.ts';
import { type Lock, makeLock, type PostedKeys, postKeys } from './lock.ts';
import { createNotes, type Notes } from './notes.ts';
import { pluginSurroundings } from './plugins.ts';
import type { Terminal } from './terminal.ts';
import { inTurns } from './turns.ts';

/** A proxy that serves, with what belongs to it. */
export interface Serving {
  readonly proxy: RunningProxy;
  readonly config: ResolvedConfig;
  readonly lock: Lock;
  /** Undefined where no token is required. */
  readonly keys: PostedKeys | undefined;
  /** `http://127.0.0.1:8001`; undefined on a unix socket. */
  readonly url: string | undefined;
  readonly notes: Notes;
  /** Lets requests finish, for `graceMs` at most, and leaves nothing behind. */
  close(graceMs: number): Promise<void>;
  /** The same at once. */
  destroy(): void;
}

export interface ServingOptions extends Omit<ServeOptions, 'shutdownGraceMs'> {
  /** A listening socket that was inherited, in place of address and port. */
  readonly fd?: number | undefined;
  /** Whoever is to get in is told the token in another way. */
  readonly keepsKeys?: boolean;
  /** Nothing is said about what goes well: the terminal is somebody else's. */
  readonly quiet?: boolean;
}

/**
 * Starts to serve as the flags say.
 * @throws {PortholeError} as rejection, when a flag, a file or an address is not right
 */
export async function startServing(options: ServingOptions, terminal: Terminal): Promise<Serving> {
  const { unixSocket, www } = options;
  const notes = createNotes(options, terminal);
  const { cwd, env, platform } = terminal;
  const loading = { flags: options.kubeconfig, env, cwd, platform };
  const config = loadKubeconfig({ ...loading, now: new Date() });
  const lock = await makeLock(options, options.address, terminal);
  const log = openLog(options, lock.token, notes, terminal);
  // A question on the terminal has to stay readable.
  const takeTerminal = inTurns((taken) => {
    if (!terminal.stderrIsTTY) return;
    if (options.logFile === undefined) log.hold(taken);
    notes.hold(taken);
  });
  let onLogin = (_path: string): void => {};
  const proxy = await createProxy({
    ...options,
    unixSocket: unixSocket && resolve(cwd, unixSocket),
    www: www && { ...www, directory: resolve(cwd, www.directory) },
    config,
    tls: lock.tls,
    token: lock.token,
    onLogin: (path) => onLogin(path),
    userAgent: userAgent(terminal),
    reload: (trace) => traceLoading({ ...loading, now: new Date(), again: true }, trace),
    plugins: { ...pluginSurroundings(options, notes, terminal), takeTerminal },
    log: (record) => log.write(record),
    inform: options.quiet ? () => {} : notes.info,
    warn: notes.warn,
  });
  const url = proxy.port === 0 ? undefined : `${lock.tls ? 'https' : 'http'}://${proxy.address}`;
  const serving = { proxy, config, lock, url, notes };
  try {
    const isPosted = lock.token !== undefined && !options.keepsKeys;
    const keys = isPosted ? postKeys(lock, proxy.address, terminal) : undefined;
    const post = (path = ''): void => keys?.postLogin(`${url ?? 'http://localhost'}${path}`);
    post(proxy.loginPath);
    onLogin = (path) => {
      try {
        post(path);
      } catch (error) {
        notes.warn(asPortholeError(error).message);
      }
    };
    return { ...serving, keys, ...ends(proxy, keys, log) };
  } catch (error) {
    proxy.destroy();
    throw error;
  }
}

function ends(
  proxy: RunningProxy,
  keys: PostedKeys | undefined,
  log: AccessLog,
): Pick<Serving, 'close' | 'destroy'> {
  return {
    async close(graceMs) {
      // First: from now on another porthole may serve there, and have files of the same names.
      keys?.remove();
      await proxy.close(graceMs);
      await log.close();
    },
    destroy() {
      proxy.destroy();
      keys?.remove();
    },
  };
}

function openLog(
  { logFormat, logFile }: ServingOptions,
  secret: string | undefined,
  { json }: Notes,
  { env, stderrIsTTY }: Terminal,
): AccessLog {
  return openAccessLog({
    format: logFormat === 'auto' ? (json ? 'json' : 'pretty') : logFormat,
    colour: stderrIsTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    file: logFile,
    fd: 2,
    secret,
  });
}

/** As kubectl builds its own, with Go's names for what both know. */
export function userAgent({ platform, arch }: Pick<Terminal, 'platform' | 'arch'>): string {
  return `porthole/${packageVersion()} (${platform}/${arch === 'x64' ? 'amd64' : arch})`;
}

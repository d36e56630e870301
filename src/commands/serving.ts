import { resolve } from 'node:path';
import { asPortholeError } from '../errors.ts';
import { packageVersion } from '../flags/version.ts';
import type { ResolvedConfig } from '../kubeconfig/kubeconfig.ts';
import { loadKubeconfig, traceLoading } from '../kubeconfig/load.ts';
import type { ServeOptions } from '../options.ts';
import { createProxy, type RunningProxy } from '../proxy.ts';
import type { KlogUpstream } from '../record/klog/heads-trail.ts';
import type { Recorder } from '../record/recorder.ts';
import { chooseProxy } from '../upstream/forward-proxy/choose.ts';
import { type Lock, makeLock, type PostedKeys, postKeys } from './lock.ts';
import { createNotes, type Notes } from './notes.ts';
import { pluginSurroundings } from './plugins.ts';
import { openRecordings, type Recordings } from './recordings.ts';
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
  readonly recordings: Recordings;
  /** Lets requests finish, for `graceMs` at most, and leaves nothing behind. */
  close(graceMs: number): Promise<void>;
  /** The same at once, but for what is still to be recorded. */
  destroy(): Promise<void>;
}

export interface ServingOptions extends Omit<ServeOptions, 'shutdownGraceMs'> {
  /** A listening socket that was inherited, in place of address and port. */
  readonly fd?: number | undefined;
  /** Whoever is to get in is told the token in another way. */
  readonly keepsKeys?: boolean;
  /** Nothing is said about what goes well: the terminal is somebody else's. */
  readonly quiet?: boolean;
  /** Further ones. */
  readonly recorders?: readonly Recorder[];
  /** They want to know who we are. */
  readonly identify?: boolean;
  /** Told when somebody else has the terminal, and when it is free again. */
  readonly onTerminalTaken?: (taken: boolean) => void;
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
  let current = (): ResolvedConfig => config;
  const upstream = () => klogUpstream(current(), terminal);
  const secret = lock.token;
  const recordings = await openRecordings(options, { terminal, notes, secret, upstream });
  const takeTerminal = takingTerminal(recordings, notes, terminal);
  let onLogin = (_path: string): void => {};
  const proxy = await orElse(recordings.close, () =>
    createProxy({
      ...options,
      unixSocket: unixSocket && resolve(cwd, unixSocket),
      www: www && { ...www, directory: resolve(cwd, www.directory) },
      config,
      tls: lock.tls,
      token: lock.token,
      onLogin: (path) => tellingOf(notes, () => onLogin(path)),
      userAgent: userAgent(terminal),
      reload: (trace) => traceLoading({ ...loading, now: new Date(), again: true }, trace),
      plugins: { ...pluginSurroundings(options, notes, terminal), takeTerminal },
      recorders: recordings.recorders,
      identify: recordings.identify,
      inform: options.quiet ? () => {} : notes.info,
      warn: notes.warn,
    }),
  );
  current = () => proxy.config;
  const url = proxy.port === 0 ? undefined : `${lock.tls ? 'https' : 'http'}://${proxy.address}`;
  const serving = { proxy, config, lock, url, notes, recordings };
  try {
    const posted = lock.token !== undefined && !options.keepsKeys;
    const keys = posted ? postKeys(lock, proxy.address, terminal) : undefined;
    onLogin = (path) => keys?.postLogin(`${url ?? 'http://localhost'}${path}`);
    onLogin(proxy.loginPath ?? '');
    return { ...serving, keys, ...ends(proxy, keys, recordings) };
  } catch (error) {
    proxy.destroy();
    await recordings.close();
    throw error;
  }
}

/** A question on the terminal has to stay readable. */
function takingTerminal(recordings: Recordings, notes: Notes, { stderrIsTTY }: Terminal) {
  return inTurns((taken) => {
    if (!stderrIsTTY) return;
    recordings.hold(taken);
    notes.hold(taken);
  });
}

/** A failure is the operator's to know, and nobody else's. */
function tellingOf(notes: Notes, run: () => void): void {
  try {
    run();
  } catch (error) {
    notes.warn(asPortholeError(error).message);
  }
}

/** Runs `undo` when it fails. */
async function orElse<T>(undo: () => Promise<void>, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await undo();
    throw error;
  }
}

function ends(
  proxy: RunningProxy,
  keys: PostedKeys | undefined,
  recordings: Recordings,
): Pick<Serving, 'close' | 'destroy'> {
  return {
    async close(graceMs) {
      // First: from now on another porthole may serve there, and have files of the same names.
      keys?.remove();
      await proxy.close(graceMs);
      await recordings.close();
    },
    async destroy() {
      proxy.destroy();
      keys?.remove();
      // What was cut has to be told of.
      await proxy.close(0);
      await recordings.close();
    },
  };
}

/** What klog lines say of the API server. */
function klogUpstream({ cluster }: ResolvedConfig, { env }: Terminal): KlogUpstream {
  const { scheme, authority, hostname } = cluster.server;
  const proxy = chooseProxy(cluster.server, cluster.proxyUrl, env);
  return { url: `${scheme}://${authority}`, dialHost: proxy?.hostname ?? hostname };
}

/** As kubectl builds its own, with Go's names for what both know. */
export function userAgent({ platform, arch }: Pick<Terminal, 'platform' | 'arch'>): string {
  return `porthole/${packageVersion()} (${platform}/${arch === 'x64' ? 'amd64' : arch})`;
}

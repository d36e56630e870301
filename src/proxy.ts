import { randomUUID } from 'node:crypto';
import type { CredentialState } from './credentials/credentials.ts';
import { PortholeError } from './errors.ts';
import type { FilesOptions } from './files/files.ts';
import { Generations, type GenerationsOptions } from './generations.ts';
import { handle, type Parts } from './handle.ts';
import { createIdentities } from './identify.ts';
import type { ResolvedConfig } from './kubeconfig/kubeconfig.ts';
import { OpenRecords } from './record/open-records.ts';
import type { Recorder } from './record/recorder.ts';
import { Recorders } from './record/recorders.ts';
import { recordMalformed } from './recording.ts';
import { createCors } from './server/cors.ts';
import type { Deadlines } from './server/deadlines.ts';
import { createDoor, type Door, type DoorOptions, LOGIN_PATH } from './server/door.ts';
import type { Limits } from './server/limits.ts';
import { type Bound, type Listener, listen } from './server/listen.ts';
import { createRoute } from './server/route.ts';

/** Everything that decides what a proxy does. */
export interface ProxyOptions extends Omit<GenerationsOptions, 'scheme'> {
  /** IP address or host name, IPv6 without brackets. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Path of a unix socket to listen on, in place of address and port. */
  readonly unixSocket?: string | undefined;
  /** A listening socket that was inherited, in place of address and port. */
  readonly fd?: number | undefined;
  /** Serve https with this certificate (and its chain) and key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** What a client has to prove that it knows. */
  readonly token?: string | undefined;
  /** Told each one-time path that logs a browser in: `loginPath` is used up. Only with `token`. */
  readonly onLogin?: ((path: string) => void) | undefined;
  /** Serve on an address that others reach, even if they need no token or it goes in the clear. */
  readonly acceptExposure?: boolean | undefined;
  /** The API's own path here; begins and ends with a slash. */
  readonly apiPrefix: string;
  /** Serve the files of a directory below `prefix`, which begins and ends with a slash. */
  readonly www?: WwwOptions | undefined;
  /** Of client connections, in place of the usual ones. */
  readonly deadlines?: Partial<Deadlines>;
  readonly limits?: Partial<Limits>;
  /** What exchanges are recorded in. */
  readonly recorders: readonly Recorder[];
  /** Whether the API server is asked who we are, for the records. */
  readonly identify?: boolean | undefined;
}

/** A directory of files, as createFiles wants it, and the path that they are served below. */
export interface WwwOptions extends FilesOptions {
  readonly prefix: string;
}

/** A proxy that serves. */
export interface RunningProxy {
  /** `127.0.0.1:8001`, or the path of the unix socket. */
  readonly address: string;
  /** 0 on a unix socket. */
  readonly port: number;
  /** Path and query that log a browser in, once; undefined without `token`. */
  readonly loginPath: string | undefined;
  /** The configuration and the credentials that are in use at this moment. */
  readonly config: ResolvedConfig;
  readonly credentials: CredentialState;
  /** What is open at this moment, for leak checks and status reports. */
  readonly connections: { readonly client: number; readonly upstream: number };
  /** Reads the configuration's files again, and forgets what failures make it wait for. Never rejects. */
  reload(): Promise<void>;
  /** Lets short requests finish, cuts watches and tunnels after `graceMs`. Resolves when everything is closed. */
  close(graceMs: number): Promise<void>;
  /** Cuts everything now. */
  destroy(): void;
}

/**
 * Wires the parts together and listens. With generation.ts, the only place that knows all of them.
 * @throws {PortholeError} `ERR_LISTEN`, `ERR_USAGE`, `ERR_CREDENTIALS`, `ERR_KUBECONFIG`, as rejection
 */
export async function createProxy(options: ProxyOptions): Promise<RunningProxy> {
  const recorder = new Recorders(options.recorders);
  const records = new OpenRecords((record) => recorder.ended(record));
  const scheme = options.tls === undefined ? 'http' : 'https';
  // Before it serves: later another version may have been installed over this one.
  const files = options.www && (await import('./files/files.ts')).createFiles(options.www);
  const generations = new Generations({ ...options, scheme });
  const parts = orClose(
    () => ({ ...createParts(options, generations, recorder, records), files }),
    generations,
  );
  const listener = await listen({
    ...options,
    keepAliveMs: options.keepaliveMs === 0 ? 30_000 : options.keepaliveMs,
    check: (bound) => refuseExposure(bound, options),
    onExchange(exchange) {
      records.begun();
      void handle(exchange, parts);
    },
    onMalformed(error, clientAddress) {
      records.begun();
      recordMalformed(error, clientAddress, parts);
    },
  }).catch((error: unknown) => {
    generations.close();
    throw error;
  });
  return openProxy(listener, generations, records, parts.door);
}

function orClose<T>(create: () => T, generations: Generations): T {
  try {
    return create();
  } catch (error) {
    generations.close();
    throw error;
  }
}

function createParts(
  options: ProxyOptions,
  generations: Generations,
  recorder: Recorder,
  records: OpenRecords,
): Omit<Parts, 'files'> {
  const { token, www } = options;
  return {
    generation: () => generations.current,
    renew: (...refusal) => generations.renew(...refusal),
    route: createRoute({
      apiPrefix: options.apiPrefix,
      wwwPrefix: www?.prefix,
      loginPath: token === undefined ? undefined : LOGIN_PATH,
    }),
    cors: createCors(options.allowOrigins),
    door: token === undefined ? undefined : createDoor(doorOptions(options, token)),
    recorder,
    ended: (record) => records.ended(record),
    identities: options.identify ? createIdentities(options.warn) : undefined,
  };
}

function doorOptions(
  { port, tls, www, apiPrefix, onLogin }: ProxyOptions,
  token: string,
): DoorOptions {
  return {
    token,
    // A browser sends a host's cookies to each of its ports.
    cookieName: `porthole-${port === 0 ? randomUUID() : port}`,
    home: www?.prefix ?? apiPrefix,
    secure: tls !== undefined,
    onLogin: onLogin ?? (() => {}),
  };
}

/** Whoever reaches the port acts with the user's rights, and kubectl's warning about it was not enough. */
function refuseExposure(bound: Bound, { tls, token, acceptExposure }: ProxyOptions): void {
  if (bound.loopback || acceptExposure || (tls !== undefined && token !== undefined)) return;
  throw new PortholeError(
    'ERR_USAGE',
    `refusing to serve on ${bound.address}: others reach that address, and would act with your rights; add --tls and --require-token, or --i-understand-anyone-can-use-my-credentials`,
  );
}

function openProxy(
  listener: Listener,
  generations: Generations,
  records: OpenRecords,
  door: Door | undefined,
): RunningProxy {
  let closing: Promise<void> | undefined;
  return {
    address: listener.address,
    port: listener.port,
    get loginPath() {
      return door?.loginPath;
    },
    get config() {
      return generations.current.config;
    },
    get credentials() {
      return generations.current.credentials.state;
    },
    get connections() {
      return { client: listener.connections, upstream: generations.open };
    },
    reload: () => generations.reload(),
    close(graceMs) {
      closing ??= listener.close(graceMs).then(() => {
        generations.close();
        return records.none();
      });
      return closing;
    },
    destroy() {
      listener.destroy();
      generations.close();
    },
  };
}

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createCredentials } from './credentials/create.ts';
import { PortholeError } from './errors.ts';
import { createFiles, type FilesOptions } from './files/files.ts';
import { createForward } from './forward/forward.ts';
import { createRewrite } from './forward/rewrite.ts';
import { handle, type Parts, recordMalformed } from './handle.ts';
import type { Cluster, PemSource, ResolvedConfig } from './kubeconfig/kubeconfig.ts';
import type { ExchangeRecord } from './record/exchange-record.ts';
import { OpenRecords } from './record/open-records.ts';
import { type AdmitOptions, createAdmit } from './server/admit.ts';
import { createCors } from './server/cors.ts';
import type { Deadlines } from './server/deadlines.ts';
import { createDoor, type Door, type DoorOptions, LOGIN_PATH } from './server/door.ts';
import { type Bound, type Listener, listen } from './server/listen.ts';
import { createRoute } from './server/route.ts';
import type { Route } from './upstream/dial.ts';
import { Pool } from './upstream/pool.ts';
import { systemRoots } from './upstream/system-roots.ts';

/** Everything that decides what a proxy does. */
export interface ProxyOptions
  extends Omit<AdmitOptions, 'impersonating' | 'scheme' | 'pathPrefix'> {
  /** From `loadKubeconfig`. */
  readonly config: ResolvedConfig;
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
  /** Whether the path of the API server's URL goes before every path. */
  readonly appendServerPath: boolean;
  /** TCP keep-alive on both sides, in milliseconds; 0 is 30 s. */
  readonly keepaliveMs: number;
  /** Until an answer's head has to be here, in milliseconds, but for long-running requests; 0 is no limit. */
  readonly requestTimeoutMs: number;
  /** Of client connections, in place of the usual ones. */
  readonly deadlines?: Partial<Deadlines>;
  /** Sent to the API server for clients that name none. */
  readonly userAgent: string;
  /** SSL_CERT_FILE of the environment: the system's roots are there. */
  readonly sslCertFile: string | undefined;
  /** Takes every record once it has ended; must not throw. */
  readonly log: (record: ExchangeRecord) => void;
  /** Takes sentences for the operator. */
  readonly warn: (sentence: string) => void;
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
  /** What is open at this moment, for leak checks and status reports. */
  readonly connections: { readonly client: number; readonly upstream: number };
  /** Lets short requests finish, cuts watches and tunnels after `graceMs`. Resolves when everything is closed. */
  close(graceMs: number): Promise<void>;
  /** Cuts everything now. */
  destroy(): void;
}

/**
 * Wires the parts together and listens. The only place that knows all of them.
 * @throws {PortholeError} `ERR_LISTEN`, `ERR_USAGE`, `ERR_CREDENTIALS`, `ERR_KUBECONFIG`, as rejection
 */
export async function createProxy(options: ProxyOptions): Promise<RunningProxy> {
  refuseProxies(options.config.cluster);
  const keepAliveMs = options.keepaliveMs === 0 ? 30_000 : options.keepaliveMs;
  const records = new OpenRecords(options.log);
  const pool = new Pool(routeTo(options.config.cluster, keepAliveMs, options.sslCertFile));
  const parts = createParts(options, pool, records);
  const listener = await listen({
    ...options,
    keepAliveMs,
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
    pool.close();
    throw error;
  });
  return openProxy(listener, pool, records, parts.door);
}

function createParts(options: ProxyOptions, pool: Pool, records: OpenRecords): Parts {
  const { config, token, www, warn } = options;
  const { impersonate } = config.user;
  const scheme = options.tls === undefined ? 'http' : 'https';
  const rewrite = createRewrite({ ...options, server: config.cluster.server, impersonate });
  return {
    admit: createAdmit({
      ...options,
      scheme,
      pathPrefix: options.appendServerPath ? config.cluster.server.pathPrefix : '',
      impersonating: impersonate !== undefined,
    }),
    route: createRoute({
      apiPrefix: options.apiPrefix,
      wwwPrefix: www?.prefix,
      loginPath: token === undefined ? undefined : LOGIN_PATH,
    }),
    cors: createCors(options.allowOrigins),
    door: token === undefined ? undefined : createDoor(doorOptions(options, token)),
    files: www === undefined ? undefined : createFiles(www),
    credentials: createCredentials(config, { now: () => performance.now(), warn }),
    forward: createForward({ pool, rewrite, requestTimeoutMs: options.requestTimeoutMs }),
    log: (record) => records.ended(record),
    impersonatedUser: impersonate?.user,
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
  pool: Pool,
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
    get connections() {
      return { client: listener.connections, upstream: pool.open };
    },
    close(graceMs) {
      closing ??= listener.close(graceMs).then(() => {
        pool.close();
        return records.none();
      });
      return closing;
    },
    destroy() {
      listener.destroy();
      pool.close();
    },
  };
}

/** Dialling past a proxy that was asked for would show the API server another address, or none at all. */
function refuseProxies({ name, proxyUrl }: Cluster): void {
  if (proxyUrl === undefined) return;
  const whose = name === undefined ? '--proxy-url' : `proxy-url of cluster "${name}"`;
  throw new PortholeError(
    'ERR_KUBECONFIG',
    `${whose}: this version can not go through a proxy yet; use a direct way to the API server`,
  );
}

function routeTo(cluster: Cluster, keepAliveMs: number, sslCertFile: string | undefined): Route {
  const { server, certificateAuthority } = cluster;
  if (server.scheme === 'http') return { server, keepAliveMs, tls: undefined };
  return {
    server,
    keepAliveMs,
    tls: {
      certificateAuthority: certificateAuthority && readPem(certificateAuthority),
      systemRoots: certificateAuthority ? undefined : systemRoots(sslCertFile),
      insecureSkipTlsVerify: cluster.insecureSkipTlsVerify,
      serverName: cluster.tlsServerName,
    },
  };
}

function readPem(source: PemSource): string {
  if (source.kind === 'data') return source.pem;
  try {
    return readFileSync(source.path, 'utf8');
  } catch (cause) {
    const message = `unable to read certificate-authority ${source.path}`;
    throw new PortholeError('ERR_KUBECONFIG', message, { cause });
  }
}

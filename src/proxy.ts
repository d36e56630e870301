import { readFileSync } from 'node:fs';
import { createCredentials } from './credentials/create.ts';
import { PortholeError } from './errors.ts';
import { createForward } from './forward/forward.ts';
import { createRewrite } from './forward/rewrite.ts';
import { handle, type Parts, recordMalformed } from './handle.ts';
import type { Cluster, PemSource, ResolvedConfig } from './kubeconfig/kubeconfig.ts';
import type { ExchangeRecord } from './record/exchange-record.ts';
import { OpenRecords } from './record/open-records.ts';
import { type AdmitOptions, createAdmit } from './server/admit.ts';
import type { Deadlines } from './server/deadlines.ts';
import { type Listener, listen } from './server/listen.ts';
import type { Route } from './upstream/dial.ts';
import { Pool } from './upstream/pool.ts';
import { systemRoots } from './upstream/system-roots.ts';

/** Everything that decides what a proxy does. */
export interface ProxyOptions extends Omit<AdmitOptions, 'impersonating'> {
  /** From `loadKubeconfig`. */
  readonly config: ResolvedConfig;
  /** IP address or host name, IPv6 without brackets. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
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

/** A proxy that serves. */
export interface RunningProxy {
  /** `127.0.0.1:8001` */
  readonly address: string;
  readonly port: number;
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
  const { config } = options;
  const { impersonate } = config.user;
  const { server } = config.cluster;
  refuseProxies(config.cluster);
  const keepAliveMs = options.keepaliveMs === 0 ? 30_000 : options.keepaliveMs;
  const admit = createAdmit({ ...options, impersonating: impersonate !== undefined });
  const { warn } = options;
  const credentials = createCredentials(config, { now: () => performance.now(), warn });
  const rewrite = createRewrite({ ...options, server, impersonate });
  const records = new OpenRecords(options.log);
  const pool = new Pool(routeTo(config.cluster, keepAliveMs, options.sslCertFile));
  const parts: Parts = {
    admit,
    credentials,
    forward: createForward({ pool, rewrite, requestTimeoutMs: options.requestTimeoutMs }),
    log: (record) => records.ended(record),
    impersonatedUser: impersonate?.user,
  };
  const listener = await listen({
    address: options.address,
    port: options.port,
    keepAliveMs,
    deadlines: options.deadlines,
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
  return openProxy(listener, pool, records);
}

function openProxy(listener: Listener, pool: Pool, records: OpenRecords): RunningProxy {
  let closing: Promise<void> | undefined;
  return {
    address: listener.address,
    port: listener.port,
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

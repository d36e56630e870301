import { isDeepStrictEqual } from 'node:util';
import { createCredentials } from './credentials/create.ts';
import type { ClientCertificate, Credentials } from './credentials/credentials.ts';
import { execSource, type PluginSurroundings } from './credentials/exec/source.ts';
import { oidcSource } from './credentials/oidc/source.ts';
import { staticCertificate } from './credentials/static.ts';
import { createForward, type Forward } from './forward/forward.ts';
import type { HeldBudget } from './forward/outgoing-body.ts';
import { createRewrite } from './forward/rewrite.ts';
import { pairProblem } from './kubeconfig/certificates.ts';
import type { Cluster, Impersonation, ResolvedConfig } from './kubeconfig/kubeconfig.ts';
import { readYaml } from './kubeconfig/yaml.ts';
import { type Admit, type AdmitOptions, createAdmit } from './server/admit.ts';
import { chooseProxy } from './upstream/forward-proxy/choose.ts';
import { Pool } from './upstream/pool.ts';
import type { Route } from './upstream/route.ts';
import { systemRoots } from './upstream/system-roots.ts';

/** What decides about a generation, beside the configuration. */
export interface GenerationOptions
  extends Omit<AdmitOptions, 'impersonating' | 'scheme' | 'pathPrefix'> {
  /** What plugins are given, and the variables that name forward proxies and trusted roots. */
  readonly plugins: PluginSurroundings;
  /** Whether the path of the API server's URL goes before every path. */
  readonly appendServerPath: boolean;
  /** TCP keep-alive of connections to the API server, in milliseconds; 0 is 30 s. */
  readonly keepaliveMs: number;
  /** Until an answer's head has to be here, in milliseconds, but for long-running requests; 0 is no limit. */
  readonly requestTimeoutMs: number;
  /** How long watches and tunnels go on with a client certificate, user or cluster that is not used any more, in ms. */
  readonly rotationGraceMs: number;
  /** Sent to the API server for clients that name none. */
  readonly userAgent: string;
  readonly scheme: 'http' | 'https';
  /** Whether files that the configuration names are followed, so that it may be renewed by them. */
  readonly follows: boolean;
  /** What request bodies may hold, all together. */
  readonly held: HeldBudget;
  /** Told the certificate, or its absence, that credentials have just put to use. */
  readonly onCertificate: (of: Credentials, current: ClientCertificate | undefined) => void;
  /** Take sentences for the operator: about what goes well, and what should be looked at. */
  readonly inform: (sentence: string) => void;
  readonly warn: (sentence: string) => void;
}

/** All that one state of the configuration decides: who may do what here, who we are there, and the way there. */
export interface Generation {
  readonly config: ResolvedConfig;
  readonly admit: Admit;
  readonly credentials: Credentials;
  /** What was written into the kubeconfig for these credentials, and is no news when it is read from there. */
  readonly persisted: Map<string, string>;
  /** The user's own, which stands in the kubeconfig or in files that it names. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** Whether a credential that the API server refuses may be had anew. */
  readonly renewable: boolean;
  readonly forward: Forward;
  /** Likewise, as the user that the credentials prove, whomever the configuration impersonates. */
  readonly forwardAsOneself: Forward;
  readonly pool: Pool;
}

/**
 * Makes the generation that takes the place of `before`. Connections and credentials go over to it where they are still
 * right: so the token of a plugin outlives a change of another context.
 * @throws {PortholeError} `ERR_CREDENTIALS`, `ERR_KUBECONFIG` when the configuration can not work; nothing is left behind then
 */
export function createGeneration(
  config: ResolvedConfig,
  options: GenerationOptions,
  before?: Generation,
): Generation {
  const { cluster, user } = config;
  const route = routeTo(cluster, options);
  const pool = before !== undefined && canShare(before, config, route) ? before.pool : undefined;
  const next = pool ?? createPool(route, options);
  const clientCertificate = staticCertificate(user, before?.clientCertificate);
  const stays = before !== undefined && isDeepStrictEqual(identity(before), identity({ config }));
  const persisted = stays ? before.persisted : new Map<string, string>();
  const credentials = stays
    ? before.credentials
    : credentialsFor(config, options, clientCertificate, persisted);
  const forwardAs = (impersonate: Impersonation | undefined): Forward => {
    const rewrite = createRewrite({ ...options, server: cluster.server, impersonate });
    return createForward({ pool: next, rewrite, ...options });
  };
  return {
    config,
    admit: createAdmit({
      ...options,
      pathPrefix: options.appendServerPath ? cluster.server.pathPrefix : '',
      impersonating: user.impersonate !== undefined,
    }),
    credentials,
    persisted,
    clientCertificate,
    renewable: credentials.renewable || (options.follows && readsFiles(config)),
    forward: forwardAs(user.impersonate),
    forwardAsOneself: forwardAs(undefined),
    pool: next,
  };
}

/** Ends the way that only `before` has used, as far as `now` allows. */
export function retire(before: Generation, now: Generation, graceMs: number): void {
  if (before.pool !== now.pool) {
    before.pool.retire(isSameWay(before.config, now.config) ? Number.POSITIVE_INFINITY : graceMs);
    // Which certificate a plugin gives is known when it has been run.
  } else if (now.config.user.exec === undefined) {
    now.pool.retireOthers(now.clientCertificate, graceMs);
  }
}

function createPool(route: Route, { inform, warn }: GenerationOptions): Pool {
  return new Pool(
    route,
    {},
    {
      onReachability: ({ reachable, sentence }) => (reachable ? inform : warn)(sentence),
    },
  );
}

/** All that decides how credentials are obtained: plugins may be told of the cluster, and providers' tokens may be our own. */
function identity({
  config,
  persisted,
}: Pick<Generation, 'config'> & Partial<Generation>): unknown {
  const { user, cluster } = config;
  const told = user.exec?.provideClusterInfo;
  const tokens = new Map([...(user.authProvider?.config ?? []), ...(persisted ?? [])]);
  return [{ ...user, authProvider: user.authProvider?.name }, tokens, told ? cluster : undefined];
}

function canShare(before: Generation, config: ResolvedConfig, route: Route): boolean {
  return isDeepStrictEqual(before.pool.route, route) && isSameIdentity(before.config, config);
}

/** Whether a request that was admitted for `a` may go out by `b`: to the same server, as the same user. */
export function isSameWay(a: ResolvedConfig, b: ResolvedConfig): boolean {
  return isDeepStrictEqual(a.cluster.server, b.cluster.server) && isSameIdentity(a, b);
}

/** Whether it is still the same user, whatever proves it. */
function isSameIdentity({ user: a }: ResolvedConfig, { user: b }: ResolvedConfig): boolean {
  return a.name === b.name && isDeepStrictEqual(a.impersonate, b.impersonate);
}

function readsFiles({ user, cluster }: ResolvedConfig): boolean {
  const sources = [user.clientCertificate, user.clientKey, cluster.certificateAuthority];
  return sources.some((source) => source?.kind === 'file');
}

function credentialsFor(
  config: ResolvedConfig,
  options: GenerationOptions,
  clientCertificate: ClientCertificate | undefined,
  persisted: Map<string, string>,
): Credentials {
  const { cluster, user } = config;
  const { plugins, warn } = options;
  const now = (): number => Date.now();
  const credentials = createCredentials(config, {
    now,
    monotonic: () => performance.now(),
    inform: options.inform,
    warn,
    onChange: (credential) => options.onCertificate(credentials, credential.clientCertificate),
    clientCertificate,
    execSource: (exec) =>
      execSource({ config: exec, cluster, surroundings: plugins, readYaml, pairProblem, now }),
    oidcSource: (provider) => {
      const oidc = loadOidc();
      return oidcSource({
        config: provider.config,
        fetchText: async (request) => {
          const { createFetchText } = await oidc.fetchText;
          return createFetchText({
            chooseProxy: (server) => chooseProxy(server, undefined, plugins.env),
            sslCertFile: plugins.env['SSL_CERT_FILE'],
          })(request);
        },
        persist: async (changes) => {
          if (user.file === undefined) return;
          const userName = user.name ?? '';
          const { file } = user;
          const { persistAuthProvider } = await oidc.persist;
          await persistAuthProvider({ file, userName, changes, lockAll: config.files });
          for (const [key, value] of changes) persisted.set(key, value);
        },
        warn,
        now,
      });
    },
  });
  return credentials;
}

/**
 * What only users of OIDC need: node:http takes time to start and memory. Begun with the credentials, not with the first
 * refresh: by then another version may have been installed over this one.
 */
function loadOidc() {
  const fetchText = import('./upstream/fetch-text.ts');
  const persist = import('./kubeconfig/persist/persist.ts');
  // Told to those who await them.
  for (const loading of [fetchText, persist]) loading.catch(() => {});
  return { fetchText, persist };
}

function routeTo(cluster: Cluster, { keepaliveMs, plugins }: GenerationOptions): Route {
  const { server, certificateAuthority } = cluster;
  const proxy = chooseProxy(server, cluster.proxyUrl, plugins.env);
  const keepAliveMs = keepaliveMs === 0 ? 30_000 : keepaliveMs;
  const trusted = (): string[] | undefined => systemRoots(plugins.env['SSL_CERT_FILE']);
  const proxyRoots = proxy?.scheme === 'https' ? trusted() : undefined;
  const way = { server, proxy, proxyRoots, keepAliveMs };
  if (server.scheme === 'http') return { ...way, tls: undefined };
  return {
    ...way,
    tls: {
      certificateAuthority: certificateAuthority?.pem,
      systemRoots: certificateAuthority ? undefined : trusted(),
      insecureSkipTlsVerify: cluster.insecureSkipTlsVerify,
      serverName: cluster.tlsServerName,
    },
  };
}

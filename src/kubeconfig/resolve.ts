import { PortholeError } from '../errors.ts';
import { printable, quote } from '../printable.ts';
import type { Choice } from './choose.ts';
import type { ClusterEntry, ExecEntry, UserEntry } from './entries.ts';
import { joinProblems } from './join-problems.ts';
import type {
  Cluster,
  ExecConfig,
  Impersonation,
  PemSource,
  ResolvedConfig,
  ServerAddress,
  User,
} from './kubeconfig.ts';
import { parseServerAddress } from './server-address.ts';
import type { SourceReader } from './source-reader.ts';
import { type Judging, validateCluster, validateUser } from './validate.ts';

/**
 * From the chosen entries, with flags merged in, to what the rest of porthole works with. Adds to the warnings.
 * @throws {PortholeError} `ERR_KUBECONFIG`, about all that is wrong with them
 */
export function resolveChoice(
  choice: Choice,
  files: readonly string[],
  judging: Judging,
): ResolvedConfig {
  const { cluster, user } = choice;
  const { reader, warnings } = judging;
  const problems: string[] = [];
  const server = resolveServer(choice, problems);
  const secure = server?.scheme === 'https';
  const [clusterName, userName] = [choice.clusterName ?? 'default', choice.userName ?? 'default'];
  problems.push(
    ...validateUser(userName, user, secure, judging).map((text) => located(user.file, text)),
    ...validateCluster(clusterName, cluster, secure, reader).map((text) =>
      located(cluster.file, text),
    ),
  );
  if (server === undefined || problems.length > 0)
    throw new PortholeError('ERR_KUBECONFIG', joinProblems(problems));
  const resolved = resolveUser(choice.userName, user, secure, reader);
  warnings.push(...securityWarnings(choice, server, resolved, reader));
  return {
    contextName: choice.contextName,
    cluster: resolveCluster(choice.clusterName, cluster, server, reader),
    user: resolved,
    namespace: resolveNamespace(choice, warnings),
    files,
    sources: [...reader.sources.keys()],
    warnings,
  };
}

function located(file: string | undefined, problem: string): string {
  return file === undefined ? problem : `${printable(file)}: ${problem}`;
}

function resolveServer(choice: Choice, problems: string[]): ServerAddress | undefined {
  const { clusterName, contextName, cluster } = choice;
  if (cluster.server === undefined) {
    if (clusterName !== undefined)
      problems.push(
        located(
          cluster.file,
          `no server found for cluster ${quote(clusterName)}; add one, or pass --server`,
        ),
      );
    else if (contextName !== undefined)
      problems.push(
        `cluster was not specified for context ${quote(contextName)}; pass --cluster or --server`,
      );
    else
      problems.push('default cluster has no server defined; pass --server, --cluster or --context');
    return undefined;
  }
  try {
    return parseServerAddress(cluster.server);
  } catch (error) {
    if (!(error instanceof PortholeError)) throw error;
    problems.push(
      located(cluster.file, `cluster ${quote(clusterName ?? 'default')}: ${error.message}`),
    );
    return undefined;
  }
}

function resolveCluster(
  name: string | undefined,
  entry: ClusterEntry,
  server: ServerAddress,
  reader: SourceReader,
): Cluster {
  const secure = server.scheme === 'https';
  return {
    name,
    server,
    certificateAuthority: secure
      ? pemSource(entry.certificateAuthority, entry.certificateAuthorityData, reader)
      : undefined,
    insecureSkipTlsVerify: secure && entry.insecureSkipTlsVerify,
    tlsServerName: secure ? entry.tlsServerName : undefined,
    proxyUrl: entry.proxyUrl,
    disableCompression: entry.disableCompression,
    execExtension: entry.execExtension,
  };
}

/**
 * Leaves out what client-go would not use: everything but impersonation over http, half a certificate or a password without
 * its other half, a plugin beside static credentials (`UpdateTransportConfig`), a provider beside an Authorization.
 */
function resolveUser(
  name: string | undefined,
  entry: UserEntry,
  secure: boolean,
  reader: SourceReader,
): User {
  const used = secure ? entry : undefined;
  const paired =
    Boolean(used?.clientCertificate ?? used?.clientCertificateData) &&
    Boolean(used?.clientKey ?? used?.clientKeyData);
  const authorized = [used?.token, used?.tokenFile, used?.username].some(Boolean);
  return {
    name,
    file: entry.file,
    clientCertificate: paired
      ? pemSource(used?.clientCertificate, used?.clientCertificateData, reader)
      : undefined,
    clientKey: paired ? pemSource(used?.clientKey, used?.clientKeyData, reader) : undefined,
    token: used?.token,
    tokenFile: used?.tokenFile,
    username: used?.username,
    password: used?.username === undefined ? undefined : used.password,
    impersonate: resolveImpersonation(entry),
    exec: authorized || paired || used?.exec === undefined ? undefined : resolveExec(used.exec),
    authProvider: authorized ? undefined : used?.authProvider,
  };
}

/** Of a file that `validateCluster` or `validateUser` has read. */
function pemSource(
  path: string | undefined,
  data: string | undefined,
  reader: SourceReader,
): PemSource | undefined {
  if (path !== undefined) return { kind: 'file', path, pem: reader.text(path) };
  return data ? { kind: 'data', pem: data } : undefined;
}

function resolveImpersonation(entry: UserEntry): Impersonation | undefined {
  if (entry.as === undefined) return undefined;
  return { user: entry.as, uid: entry.asUid, groups: entry.asGroups, extra: entry.asUserExtra };
}

/** Of an entry that `validateUser` found nothing wrong with. */
function resolveExec(entry: ExecEntry): ExecConfig {
  const mode = entry.interactiveMode;
  return {
    apiVersion: entry.apiVersion ?? '',
    command: entry.command ?? '',
    args: entry.args,
    env: entry.env,
    installHint: entry.installHint,
    provideClusterInfo: entry.provideClusterInfo,
    interactiveMode: mode === 'Never' || mode === 'Always' ? mode : 'IfAvailable',
  };
}

function securityWarnings(
  choice: Choice,
  server: ServerAddress,
  user: User,
  reader: SourceReader,
): string[] {
  const warnings: string[] = [];
  const who = `user ${quote(choice.userName ?? 'default')}`;
  if (server.scheme === 'http') {
    if (provesSomeone(resolveUser(choice.userName, choice.user, true, reader)))
      warnings.push(
        `the server http://${server.authority} is plain http, so the credentials of ${who} are not sent`,
      );
    return warnings;
  }
  if (choice.cluster.insecureSkipTlsVerify)
    warnings.push(
      'insecure-skip-tls-verify is on: the server is not verified, and whoever answers in its place gets the credentials',
    );
  if (!provesSomeone(user))
    warnings.push(
      `${choice.userName === undefined ? 'no user is chosen' : `${who} has no credentials`}, so requests are anonymous`,
    );
  return warnings;
}

function provesSomeone(user: User): boolean {
  const { clientCertificate, token, tokenFile, username, exec, authProvider } = user;
  return [clientCertificate, token, tokenFile, username, exec, authProvider].some(Boolean);
}

/** A namespace that the API server would refuse does not keep a proxy from working. */
function resolveNamespace(choice: Choice, warnings: string[]): string {
  const namespace = choice.namespace ?? 'default';
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))
    warnings.push(
      `namespace ${quote(namespace)} for context ${quote(choice.contextName ?? '')} does not conform to the kubernetes DNS_LABEL rules`,
    );
  return namespace;
}

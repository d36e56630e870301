import { basename, dirname, resolve } from 'node:path';
import { quote } from '../printable.ts';
import type { ClusterEntry, ContextEntry, ExecEntry, Kubeconfig, UserEntry } from './entries.ts';
import { Fields } from './fields.ts';
import { MAX_DEPTH, readYaml } from './yaml.ts';

/** What clusters hand to exec plugins (client-go `clientcmdapi.Extensions`, key of `ConfigToExecCluster`). */
const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';

/**
 * Reads the text of one kubeconfig. `path` is its absolute path: relative paths inside are resolved against its folder.
 * Unknown fields are ignored, field names are case-sensitive (client-go `clientcmd.Load`).
 * @throws {PortholeError} `ERR_KUBECONFIG`, naming the line or the entry, but not the file
 */
export function parseKubeconfig(text: string, path: string): Kubeconfig {
  const root = new Fields(readYaml(text) ?? new Map(), '');
  const kind = root.string('kind') ?? 'Config';
  const apiVersion = root.string('apiVersion') ?? 'v1';
  if (kind !== 'Config' || apiVersion !== 'v1')
    throw root.error(
      `no kind ${quote(kind)} is registered for version ${quote(apiVersion)}; a kubeconfig has kind "Config", apiVersion "v1"`,
    );
  return {
    currentContext: root.string('current-context'),
    clusters: named(root, 'clusters', (item, at) => clusterEntry(item.fields('cluster', at), path)),
    users: named(root, 'users', (item, at) => userEntry(item.fields('user', at), path)),
    contexts: named(root, 'contexts', (item, at) => contextEntry(item.fields('context', at), path)),
  };
}

/** A list of `{name, ...}` as a map. The duplicate's message shows no entry: those of users hold secrets. */
function named<T>(
  parent: Fields,
  list: string,
  read: (item: Fields, where: string) => T,
): Map<string, T> {
  const entries = new Map<string, T>();
  for (const item of parent.items(list)) {
    const name = item.string('name') ?? '';
    if (entries.has(name))
      throw parent.error(`duplicate name ${quote(name)} in ${list}; rename or remove one of them`);
    entries.set(name, read(item, `${item.where} ${quote(name)}`));
  }
  return entries;
}

function clusterEntry(fields: Fields, file: string): ClusterEntry {
  const extensions = named(fields, 'extensions', (item) => item.get('extension'));
  return {
    file,
    server: fields.string('server'),
    tlsServerName: fields.string('tls-server-name'),
    certificateAuthority: pathIn(file, fields.string('certificate-authority')),
    certificateAuthorityData: fields.data('certificate-authority-data'),
    insecureSkipTlsVerify: fields.boolean('insecure-skip-tls-verify'),
    proxyUrl: fields.string('proxy-url'),
    disableCompression: fields.boolean('disable-compression'),
    execExtension: plain(extensions.get(EXEC_EXTENSION), fields, 1),
  };
}

function userEntry(fields: Fields, file: string): UserEntry {
  return {
    file,
    clientCertificate: pathIn(file, fields.string('client-certificate')),
    clientCertificateData: fields.data('client-certificate-data') || undefined,
    clientKey: pathIn(file, fields.string('client-key')),
    clientKeyData: fields.data('client-key-data') || undefined,
    token: fields.secret('token'),
    tokenFile: pathIn(file, fields.string('tokenFile')),
    username: fields.secret('username'),
    password: fields.secret('password'),
    as: fields.string('as'),
    asUid: fields.string('as-uid'),
    asGroups: fields.strings('as-groups'),
    asUserExtra: extraOf(fields.fields('as-user-extra')),
    exec: fields.has('exec') ? execEntry(fields.fields('exec'), file) : undefined,
    authProvider: fields.has('auth-provider')
      ? authProvider(fields.fields('auth-provider'))
      : undefined,
  };
}

function contextEntry(fields: Fields, file: string): ContextEntry {
  return {
    file,
    cluster: fields.string('cluster'),
    user: fields.string('user'),
    namespace: fields.string('namespace'),
  };
}

function extraOf(fields: Fields): Map<string, readonly string[]> {
  const extra = new Map<string, readonly string[]>();
  for (const key of fields.keys()) extra.set(key, fields.strings(key));
  return extra;
}

function execEntry(fields: Fields, file: string): ExecEntry {
  const apiVersion = fields.string('apiVersion');
  const command = fields.string('command');
  return {
    apiVersion,
    // A bare name is looked up in PATH when it is run (client-go ResolvePaths).
    command:
      command === undefined || command === basename(command) ? command : pathIn(file, command),
    args: fields.strings('args'),
    env: fields.items('env').map((item) => ({
      name: item.string('name') ?? '',
      value: item.string('value') ?? '',
    })),
    installHint: fields.string('installHint'),
    provideClusterInfo: fields.boolean('provideClusterInfo'),
    // client-go SetDefaults_ExecConfig: only v1 insists on an answer.
    interactiveMode:
      fields.string('interactiveMode') ??
      (apiVersion?.match(/\/v1(alpha|beta)1$/) ? 'IfAvailable' : undefined),
  };
}

function authProvider(fields: Fields): UserEntry['authProvider'] {
  const settings = fields.fields('config');
  const config = new Map<string, string>();
  for (const key of settings.keys()) config.set(key, settings.string(key) ?? '');
  return { name: fields.string('name') ?? '', config };
}

function pathIn(file: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(dirname(file), path);
}

/** Maps to objects that JSON.stringify can write. Aliases inside aliases may have made it deeper than the text was. */
function plain(value: unknown, fields: Fields, depth: number): unknown {
  if (depth > MAX_DEPTH)
    throw fields.error(`extensions are nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => plain(item, fields, depth + 1));
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(
    [...value].map(([key, item]) => [key, plain(item, fields, depth + 1)] as const),
  );
}

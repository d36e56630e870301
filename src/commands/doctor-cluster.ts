import type { ClusterEntry } from '../kubeconfig/entries.ts';
import type { ExplainedEntry, Explanation, Sourced } from '../kubeconfig/explain.ts';
import type { ServerAddress } from '../kubeconfig/kubeconfig.ts';
import { parseServerAddress } from '../kubeconfig/server-address.ts';
import { printable, quote } from '../printable.ts';
import { environmentProxy } from '../upstream/forward-proxy/choose.ts';
import { lifetime, readCertificates, textIn } from './doctor-credentials.ts';
import { row, sentence, shownPath, shownSource } from './doctor-layout.ts';

/** What the report depends on beside the kubeconfig. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
}

const NAMED_BY = {
  flag: '--kubeconfig',
  KUBECONFIG: 'the variable KUBECONFIG',
  home: 'nobody, so it is the one of the home folder',
};

/** Which files were looked for, and which context they and the flags lead to. */
export function kubeconfigRows(explanation: Explanation, { env }: Surroundings): string[] {
  const { from, files, choice, inCluster } = explanation;
  const home = env['HOME'];
  const rows = [
    row('named by', from === undefined ? '--in-cluster: no file is read' : NAMED_BY[from]),
  ];
  for (const { path, state } of files) rows.push(row(state, shownPath(path, home)));
  if (choice === undefined) return rows;
  const none = inCluster
    ? 'none: this is a pod, and its service account is used'
    : 'none is chosen';
  rows.push(row('context', ...named(choice.context, none, home)));
  rows.push(row('namespace', ...named(choice.namespace, '', home)));
  return rows;
}

/** `"prod" (--context)` */
export function named(name: Sourced | undefined, none: string, home: string | undefined): string[] {
  return name === undefined ? [none] : [quote(name.value), shownSource(name.source, home)];
}

/** The effective cluster, each value with its source. */
export function clusterRows(
  cluster: ExplainedEntry<ClusterEntry>,
  inCluster: boolean,
  surroundings: Surroundings,
): string[] {
  const { entry, sources } = cluster;
  const home = surroundings.env['HOME'];
  const from = (field: keyof ClusterEntry): string =>
    shownSource(sources.get(field), home) || '(default)';
  const { server, tlsServerName, proxyUrl, insecureSkipTlsVerify } = entry;
  return [
    row('entry', ...named(cluster.name, inCluster ? "the pod's own" : 'none is chosen', home)),
    server === undefined
      ? row('server', 'none')
      : row('server', shownServer(server), from('server')),
    row(
      'tls-server-name',
      tlsServerName === undefined ? "the server's host" : printable(tlsServerName),
      from('tlsServerName'),
    ),
    ...authorityRows(cluster, surroundings),
    row(
      'insecure',
      insecureSkipTlsVerify ? 'yes, the server is not verified' : 'no',
      from('insecureSkipTlsVerify'),
    ),
    row('proxy-url', proxyUrl === undefined ? 'none' : shownProxy(proxyUrl), from('proxyUrl')),
    ...environmentRows(entry, surroundings),
    ...setAsideRows(cluster),
  ];
}

/** Fields that the kubeconfig has and a flag takes away. */
export function setAsideRows<T>({ setAside }: Pick<ExplainedEntry<T>, 'setAside'>): string[] {
  const names = setAside.map((field) => FIELD_NAMES[String(field)] ?? String(field));
  return names.length === 0 ? [] : [row('set aside', `by flags: ${names.join(', ')}`)];
}

const FIELD_NAMES: Readonly<Record<string, string>> = {
  tlsServerName: 'tls-server-name',
  certificateAuthority: 'certificate-authority',
  certificateAuthorityData: 'certificate-authority-data',
  insecureSkipTlsVerify: 'insecure-skip-tls-verify',
  clientCertificateData: 'client-certificate-data',
  clientKeyData: 'client-key-data',
};

/** Query, fragment and user information of an address are not part of where the server is, and may be secrets. */
function shownServer(server: string): string {
  try {
    const { scheme, authority, pathPrefix } = parseServerAddress(server);
    return printable(`${scheme}://${authority}${pathPrefix}`);
  } catch {
    return server.includes('@')
      ? 'an address with user information'
      : quote(server.split(/[?#]/, 1)[0] ?? '');
  }
}

/** Where a proxy is, without what proves us to it. */
function shownProxy(url: string): string {
  // Environment variables may leave the scheme out.
  const full = url.includes('://') ? url : `http://${url}`;
  if (!URL.canParse(full)) return 'not a URL';
  const { protocol, host, username, password } = new URL(full);
  return printable(`${protocol}//${username || password ? 'REDACTED@' : ''}${host}`);
}

function authorityRows(
  { entry, sources }: ExplainedEntry<ClusterEntry>,
  { env, now }: Surroundings,
): string[] {
  const { certificateAuthority: path, certificateAuthorityData: data } = entry;
  const home = env['HOME'];
  if (path === undefined && data === undefined) return [row('CA', defaultRoots(entry, env))];
  const certificates = readCertificates((path === undefined ? data : textIn(path)) ?? '');
  const [first] = certificates;
  return [
    path === undefined
      ? row('CA', 'DATA+OMITTED', shownSource(sources.get('certificateAuthorityData'), home))
      : row('CA', shownPath(path, home), shownSource(sources.get('certificateAuthority'), home)),
    row('', certificates.length === 1 ? '1 certificate' : `${certificates.length} certificates`),
    ...(first === undefined
      ? []
      : [row('', `subject ${first.subject}`), row('', lifetime(first.notAfter, now))]),
  ];
}

function defaultRoots(entry: ClusterEntry, env: Surroundings['env']): string {
  if (entry.insecureSkipTlsVerify || !isHttps(entry.server)) return 'none';
  const file = env['SSL_CERT_FILE'];
  if (file) return `${shownPath(file, env['HOME'])} (SSL_CERT_FILE)`;
  return "the system's root certificates (default)";
}

function isHttps(server: string | undefined): boolean {
  return /^https:/i.test(server ?? '');
}

/** The proxy of the environment, which counts where no proxy-url does, or why it does not. */
function environmentRows({ server, proxyUrl }: ClusterEntry, { env }: Surroundings): string[] {
  if (proxyUrl !== undefined || server === undefined) return [];
  const address = addressOf(server);
  const found = address && environmentProxy(address, env);
  if (found === undefined) return [];
  const { variable, value, unused } = found;
  const use = unused === undefined ? 'used' : `not used: ${sentence(unused)}`;
  return [row(variable, shownProxy(value), `(environment; ${use})`)];
}

/** Undefined for one that porthole can not serve anyway. */
function addressOf(server: string): ServerAddress | undefined {
  try {
    return parseServerAddress(server);
  } catch {
    return undefined;
  }
}

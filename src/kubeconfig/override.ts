import { resolve } from 'node:path';
import type { ClusterEntry, UserEntry } from './entries.ts';
import type { KubeconfigFlags } from './kubeconfig.ts';

/** A cluster with the flags merged in, and their side effects (client-go `DirectClientConfig.getCluster`). */
export function overrideCluster(
  entry: ClusterEntry,
  flags: KubeconfigFlags,
  cwd: string,
): ClusterEntry {
  const authorityOrInsecure = flags.certificateAuthority || flags.insecureSkipTlsVerify;
  return {
    ...entry,
    server: flags.server || entry.server,
    // The kubeconfig's name belongs to the kubeconfig's server.
    tlsServerName: flags.tlsServerName || (flags.server ? undefined : entry.tlsServerName),
    ...(authorityOrInsecure && {
      certificateAuthority: pathFlag(flags.certificateAuthority, cwd),
      certificateAuthorityData: undefined,
      insecureSkipTlsVerify: flags.insecureSkipTlsVerify ?? false,
    }),
    proxyUrl: flags.proxyUrl || entry.proxyUrl,
    disableCompression: flags.disableCompression || entry.disableCompression,
  };
}

/**
 * A user with the flags merged in (client-go `DirectClientConfig.getAuthInfo`). `--token` also beats a `tokenFile`, which
 * client-go means to do and does not.
 */
export function overrideUser(entry: UserEntry, flags: KubeconfigFlags, cwd: string): UserEntry {
  return {
    ...entry,
    ...(flags.clientCertificate && {
      clientCertificate: pathFlag(flags.clientCertificate, cwd),
      clientCertificateData: undefined,
    }),
    ...(flags.clientKey && {
      clientKey: pathFlag(flags.clientKey, cwd),
      clientKeyData: undefined,
    }),
    ...(flags.token && { token: flags.token, tokenFile: undefined }),
    username: flags.username || entry.username,
    password: flags.password || entry.password,
    as: flags.as || entry.as,
    asUid: flags.asUid || entry.asUid,
    asGroups: flags.asGroup?.length ? flags.asGroup : entry.asGroups,
    asUserExtra: new Map([...entry.asUserExtra, ...extraFlag(flags.asUserExtra ?? [])]),
  };
}

function pathFlag(flag: string | undefined, cwd: string): string | undefined {
  return flag ? resolve(cwd, flag) : undefined;
}

function extraFlag(pairs: readonly string[]): Map<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 0) continue;
    const key = pair.slice(0, at);
    extra.set(key, [...(extra.get(key) ?? []), pair.slice(at + 1)]);
  }
  return extra;
}

/** The namespace that `--namespace` gives, without `ns/` and the like (client-go `RemoveNamespacesPrefix`). */
export function overrideNamespace(
  namespace: string | undefined,
  flags: KubeconfigFlags,
): string | undefined {
  return flags.namespace?.replace(/^(namespaces|namespace|ns)\//, '') || namespace;
}

import { X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { printable, quote } from '../../printable.ts';
import type { Cluster, ResolvedConfig, User } from '../kubeconfig.ts';

/** What a new configuration changes, as one printable sentence without secrets; undefined when it changes nothing. */
export function describeChange(before: ResolvedConfig, now: ResolvedConfig): string | undefined {
  if (isDeepStrictEqual({ ...before, warnings: [] }, { ...now, warnings: [] })) return undefined;
  if (before.contextName !== now.contextName)
    return `switched from ${contextOf(before)} to ${contextOf(now, before)}: now ${whereAndWho(now)}`;
  const parts = [
    ...clusterChanges(before.cluster, now.cluster),
    ...userChanges(before.user, now.user),
  ];
  return parts.length === 0 ? 'kubeconfig changed' : parts.join(', ');
}

/** `context "a"`, of which the first word is not said twice. */
function contextOf({ contextName, files }: ResolvedConfig, before?: ResolvedConfig): string {
  if (contextName !== undefined)
    return `${before?.contextName === undefined ? 'context ' : ''}${quote(contextName)}`;
  return files.length === 0 ? 'no kubeconfig' : 'no context';
}

function whereAndWho({ cluster, user }: ResolvedConfig): string {
  const as = user.impersonate === undefined ? '' : `, acting as ${quote(user.impersonate.user)}`;
  return `${addressOf(cluster)} as ${user.name === undefined ? 'no named user' : quote(user.name)}${as}`;
}

function addressOf({ server }: Cluster): string {
  return printable(`${server.scheme}://${server.authority}${server.pathPrefix}`);
}

function clusterChanges(before: Cluster, now: Cluster): string[] {
  const parts: string[] = [];
  const rest = {
    name: undefined,
    server: undefined,
    certificateAuthority: undefined,
    insecureSkipTlsVerify: undefined,
  };
  if (!isDeepStrictEqual(before.server, now.server))
    parts.push(`server changed from ${addressOf(before)} to ${addressOf(now)}`);
  else if (before.name !== now.name)
    parts.push(`cluster is now ${quote(now.name ?? '')} (${addressOf(now)})`);
  if (before.insecureSkipTlsVerify !== now.insecureSkipTlsVerify)
    parts.push(`the server is ${now.insecureSkipTlsVerify ? 'not verified any more' : 'verified'}`);
  const [earlier, later] = [before.certificateAuthority?.pem, now.certificateAuthority?.pem];
  if (later !== earlier) parts.push(`the cluster's certificate authority ${fate(earlier, later)}`);
  if (!isDeepStrictEqual({ ...before, ...rest }, { ...now, ...rest }))
    parts.push("the cluster's settings changed");
  return parts;
}

function fate(before: string | undefined, now: string | undefined): string {
  if (now === undefined) return 'was removed';
  return before === undefined ? 'was added' : 'was renewed';
}

function userChanges(before: User, now: User): string[] {
  const parts: string[] = [];
  if (before.name !== now.name)
    parts.push(`user changed from ${quote(before.name ?? '')} to ${quote(now.name ?? '')}`);
  if (!isDeepStrictEqual(before.impersonate, now.impersonate))
    parts.push(
      now.impersonate === undefined
        ? 'nobody is impersonated any more'
        : `impersonation changed, now of ${quote(now.impersonate.user)}`,
    );
  const [earlier, later] = [before.clientCertificate?.pem, now.clientCertificate?.pem];
  if (earlier !== later || before.clientKey?.pem !== now.clientKey?.pem)
    parts.push(`the client certificate ${fate(earlier, later)}${validUntil(later)}`);
  if (!isDeepStrictEqual(credentialsOf(before), credentialsOf(now)))
    parts.push('credentials changed');
  return parts;
}

function credentialsOf({ token, tokenFile, username, password, exec, authProvider }: User) {
  return { token, tokenFile, username, password, exec, authProvider };
}

function validUntil(pem: string | undefined): string {
  if (pem === undefined) return '';
  try {
    const end = new Date(new X509Certificate(pem).validTo);
    return ` (valid until ${end.toISOString().replace('.000Z', 'Z')})`;
  } catch {
    return '';
  }
}

import { PortholeError } from '../errors.ts';
import type { ResolvedConfig, User } from '../kubeconfig/kubeconfig.ts';
import type { Credentials } from './credentials.ts';
import { readClientCertificate, staticAuthorization, staticCredentials } from './static.ts';
import { TokenFileCredentials } from './token-file.ts';

export interface CredentialsOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Takes sentences for the operator; they hold no secret. */
  readonly warn: (sentence: string) => void;
}

/**
 * The credentials that a user entry calls for. Client certificate and key are read here, once.
 * @throws {PortholeError} `ERR_CREDENTIALS` when they cannot be read, or are of a kind that is not supported
 */
export function createCredentials(
  config: ResolvedConfig,
  options: CredentialsOptions,
): Credentials {
  const { user } = config;
  const problem = unsupported(user);
  if (problem !== undefined) throw new PortholeError('ERR_CREDENTIALS', problem);
  const clientCertificate = readClientCertificate(user);
  const authorization = staticAuthorization(user);
  if (user.tokenFile === undefined) return staticCredentials({ authorization, clientCertificate });
  return new TokenFileCredentials({
    path: user.tokenFile,
    clientCertificate,
    fallback: authorization,
    ...options,
  });
}

/** Providers that client-go had and removed, in its words (`rest/plugin.go`). */
const REMOVED_PROVIDERS: ReadonlyMap<string, string> = new Map([
  [
    'gcp',
    'The gcp auth plugin has been removed. Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead. See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke for further details',
  ],
  [
    'azure',
    'The azure auth plugin has been removed. Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead. See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins for further details',
  ],
]);

function unsupported(user: User): string | undefined {
  const who = `user ${JSON.stringify(user.name ?? 'default')}`;
  const instead = 'use a client certificate, a token or a tokenFile, or pass --token';
  if (user.exec !== undefined)
    return `${who} gets credentials from an exec plugin, which porthole cannot run yet; ${instead}`;
  const provider = user.authProvider?.name;
  if (provider === undefined) return undefined;
  if (provider === 'oidc')
    return `${who} gets credentials from the auth provider oidc, which porthole does not support yet; ${instead}`;
  return (
    REMOVED_PROVIDERS.get(provider) ??
    `no Auth Provider found for name ${JSON.stringify(provider)} (${who}); ${instead}`
  );
}

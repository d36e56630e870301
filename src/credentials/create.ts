import { X509Certificate } from 'node:crypto';
import { PortholeError } from '../errors.ts';
import type { AuthProvider, ExecConfig, ResolvedConfig, User } from '../kubeconfig/kubeconfig.ts';
import type {
  ClientCertificate,
  CredentialKind,
  CredentialSource,
  Credentials,
} from './credentials.ts';
import { RefreshingCredentials, type RefreshingOptions } from './refreshing.ts';
import { StaticCredentials, staticAuthorization } from './static.ts';
import { TokenFileCredentials } from './token-file.ts';

export interface CredentialsOptions extends Omit<RefreshingOptions, 'source'> {
  /** The user's own, by `staticCertificate`. */
  readonly clientCertificate: ClientCertificate | undefined;
  readonly execSource: (exec: ExecConfig) => CredentialSource;
  readonly oidcSource: (provider: AuthProvider) => CredentialSource;
}

/**
 * The credentials that a user entry calls for. Nothing is run or asked before a request needs it.
 * @throws {PortholeError} `ERR_CREDENTIALS` when they are of a kind that does not exist, or can not work
 */
export function createCredentials(
  { user }: ResolvedConfig,
  options: CredentialsOptions,
): Credentials {
  const source = sourceFor(user, options);
  if (source !== undefined) return new RefreshingCredentials({ ...options, source });
  const { clientCertificate } = options;
  const authorization = staticAuthorization(user);
  if (user.tokenFile === undefined) {
    const credential = { authorization, clientCertificate };
    return new StaticCredentials(credential, kindOf(user), endOf(clientCertificate));
  }
  return new TokenFileCredentials({
    path: user.tokenFile,
    clientCertificate,
    fallback: authorization,
    now: options.monotonic,
    warn: options.warn,
  });
}

function sourceFor(user: User, options: CredentialsOptions): CredentialSource | undefined {
  if (user.exec !== undefined) return options.execSource(user.exec);
  if (user.authProvider === undefined) return undefined;
  const { name } = user.authProvider;
  if (name === 'oidc') return options.oidcSource(user.authProvider);
  const problem =
    REMOVED_PROVIDERS.get(name) ??
    `no Auth Provider found for name ${JSON.stringify(name)} (user ${JSON.stringify(user.name ?? 'default')}); use an exec plugin, a client certificate or a token`;
  throw new PortholeError('ERR_CREDENTIALS', problem);
}

function kindOf(user: User): CredentialKind {
  if (user.token !== undefined) return 'token';
  if (user.username !== undefined) return 'basic';
  return user.clientCertificate === undefined ? 'none' : 'client certificate';
}

function endOf(certificate: ClientCertificate | undefined): number | undefined {
  if (certificate === undefined) return undefined;
  try {
    return Date.parse(new X509Certificate(certificate.cert).validTo);
  } catch {
    return undefined;
  }
}

/** Providers that client-go had and removed, in its words (`rest/plugin.go`). */
const REMOVED_PROVIDERS: ReadonlyMap<string, string> = new Map([
  [
    'gcp',
    'The gcp auth plugin has been removed.\nPlease use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.\nSee https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke for further details',
  ],
  [
    'azure',
    'The azure auth plugin has been removed.\nPlease use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.\nSee https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins for further details',
  ],
]);

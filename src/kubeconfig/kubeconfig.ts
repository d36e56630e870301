/** PEM text and where it came from. A file's text is what was judged when the configuration was loaded: nothing reads it again. */
export type PemSource =
  | { readonly kind: 'data'; readonly pem: string }
  | { readonly kind: 'file'; readonly path: string; readonly pem: string };

/** The API server's address (client-go `rest.Config.Host`, split). */
export interface ServerAddress {
  readonly scheme: 'https' | 'http';
  /** Host name or IP literal, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** What goes into the Host header: brackets kept, the port only where the URL had one. */
  readonly authority: string;
  /** Path of the server URL without its trailing slash: `''` or `/k8s/clusters/c-1`. */
  readonly pathPrefix: string;
}

/** The effective cluster entry, flags merged in (`reference: client-go api/v1 Cluster`). */
export interface Cluster {
  readonly name: string | undefined;
  readonly server: ServerAddress;
  /** What to trust instead of the system's roots. */
  readonly certificateAuthority: PemSource | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly disableCompression: boolean;
  /** The `client.authentication.k8s.io/exec` extension, handed to exec plugins as it is. */
  readonly execExtension: unknown;
}

/** Whom to act as (`Impersonate-*` headers). */
export interface Impersonation {
  readonly user: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: ReadonlyMap<string, readonly string[]>;
}

/** `users[].user.exec`, as configured. */
export interface ExecConfig {
  readonly apiVersion: string;
  /** Absolute when the kubeconfig's held a path separator, else a bare name for PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint: string | undefined;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: 'Never' | 'IfAvailable' | 'Always';
}

/** `users[].user.auth-provider`, as configured. */
export interface AuthProvider {
  readonly name: string;
  readonly config: ReadonlyMap<string, string>;
}

/** The effective user entry, flags merged in. A field that client-go would ignore is left out already. */
export interface User {
  readonly name: string | undefined;
  /** The kubeconfig that the entry stands in (client-go `LocationOfOrigin`); undefined for one that only flags or a pod made. */
  readonly file: string | undefined;
  readonly clientCertificate: PemSource | undefined;
  readonly clientKey: PemSource | undefined;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly impersonate: Impersonation | undefined;
  readonly exec: ExecConfig | undefined;
  readonly authProvider: AuthProvider | undefined;
}

/** Which cluster, and as which user: all that the rest of porthole knows of a kubeconfig. */
export interface ResolvedConfig {
  readonly contextName: string | undefined;
  readonly cluster: Cluster;
  readonly user: User;
  readonly namespace: string;
  /** The files that were read, in order; empty in a cluster. */
  readonly files: readonly string[];
  /**
   * Absolute paths of all that this was made from, or would have been were it there: the loading list, CA, client
   * certificate and key. A change of any of them may change the outcome.
   */
  readonly sources: readonly string[];
  /** Sentences for the operator: expiring certificates, anonymous access, insecure TLS. */
  readonly warnings: readonly string[];
}

/**
 * The command line's say in it, under kubectl's names. As in client-go a zero value (`''`, `false`, no member) never
 * overrides anything. Paths are relative to the working directory.
 */
export interface KubeconfigFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly server?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly certificateAuthority?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroup?: readonly string[] | undefined;
  readonly asUid?: string | undefined;
  /** `key=value` each; one without `=` is ignored, as in kubectl. */
  readonly asUserExtra?: readonly string[] | undefined;
  readonly namespace?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly disableCompression?: boolean | undefined;
  /** Use the pod's service account and read no kubeconfig. */
  readonly inCluster?: boolean | undefined;
}

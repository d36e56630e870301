/** A cluster as one file has it: typed, paths absolute, `-data` decoded, empty strings gone. */
export interface ClusterEntry {
  /** The file that the entry stands in; undefined for one that only flags or a pod made. */
  readonly file: string | undefined;
  readonly server: string | undefined;
  readonly tlsServerName: string | undefined;
  readonly certificateAuthority: string | undefined;
  /** `''` is kept: a CA that is named but empty must not turn into trust in the system's roots. */
  readonly certificateAuthorityData: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly proxyUrl: string | undefined;
  readonly disableCompression: boolean;
  readonly execExtension: unknown;
}

/** `users[].user.exec` before it is judged. */
export interface ExecEntry {
  readonly apiVersion: string | undefined;
  readonly command: string | undefined;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint: string | undefined;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: string | undefined;
}

/** A user as one file has it. */
export interface UserEntry {
  readonly file: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly clientCertificateData: string | undefined;
  readonly clientKey: string | undefined;
  readonly clientKeyData: string | undefined;
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly as: string | undefined;
  readonly asUid: string | undefined;
  readonly asGroups: readonly string[];
  readonly asUserExtra: ReadonlyMap<string, readonly string[]>;
  readonly exec: ExecEntry | undefined;
  readonly authProvider:
    | { readonly name: string; readonly config: ReadonlyMap<string, string> }
    | undefined;
}

export interface ContextEntry {
  readonly file: string | undefined;
  readonly cluster: string | undefined;
  readonly user: string | undefined;
  readonly namespace: string | undefined;
}

/** One kubeconfig file, or several merged. Names are keys of maps, so `__proto__` is a name like any other. */
export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
}

export const EMPTY_CLUSTER: ClusterEntry = {
  file: undefined,
  server: undefined,
  tlsServerName: undefined,
  certificateAuthority: undefined,
  certificateAuthorityData: undefined,
  insecureSkipTlsVerify: false,
  proxyUrl: undefined,
  disableCompression: false,
  execExtension: undefined,
};

export const EMPTY_USER: UserEntry = {
  file: undefined,
  clientCertificate: undefined,
  clientCertificateData: undefined,
  clientKey: undefined,
  clientKeyData: undefined,
  token: undefined,
  tokenFile: undefined,
  username: undefined,
  password: undefined,
  as: undefined,
  asUid: undefined,
  asGroups: [],
  asUserExtra: new Map(),
  exec: undefined,
  authProvider: undefined,
};

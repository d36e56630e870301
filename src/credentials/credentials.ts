/** A client certificate with its key, both PEM. A renewed pair is a new object: identity tells them apart. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What proves the user to the API server, at one moment. */
export interface Credential {
  /** Value of the `Authorization` header, or undefined where there is none to send. */
  readonly authorization: string | undefined;
  readonly clientCertificate: ClientCertificate | undefined;
}

/** A source of credentials. The seam for static ones, token files, exec plugins and OIDC. */
export interface Credentials {
  /**
   * The credential to use for a request that starts now. A plain value when one is at hand, which is the common case and
   * costs the request nothing; a promise when it must be read or renewed, shared by all who ask meanwhile.
   * @throws {PortholeError} `ERR_CREDENTIALS`, `ERR_CREDENTIALS_TIMEOUT`, also as rejection
   */
  current(): Credential | Promise<Credential>;
  /** Whether `renew` can ever find another one. Only then are request bodies held for a second try. */
  readonly renewable: boolean;
  /**
   * The API server did not accept `refused`: the one that took its place meanwhile, or a renewed one; shared by all who ask
   * meanwhile. Resolves to undefined when there is no other, or when it is too early to try again; never rejects.
   */
  renew(refused: Credential): Promise<Credential | undefined>;
  /** While the credential in use is new: to be told when the API server has answered it with anything but a 401. */
  readonly accepted: ((credential: Credential) => void) | undefined;
  /** Forgets failures: the operator says that it is worth another try now. */
  retry(): void;
  readonly state: CredentialState;
  /** An attempt to obtain one is under way. */
  readonly busy: boolean;
  /** Ends what was started for it: timers, processes. */
  close(): void;
}

export type CredentialKind =
  | 'none'
  | 'client certificate'
  | 'token'
  | 'basic'
  | 'token file'
  | 'exec plugin'
  | 'oidc';

/** What is known of credentials at one moment, for people: it holds no secret. Times are ms since the epoch. */
export interface CredentialState {
  readonly kind: CredentialKind;
  /** Undefined while none was obtained, and where none is known. */
  readonly expiresAt: number | undefined;
  /** When the credential in use was obtained. */
  readonly renewedAt: number | undefined;
  /** How long that took, in ms. */
  readonly tookMs: number | undefined;
  /** Why the last attempt failed; undefined after a success. */
  readonly failure: { readonly at: number; readonly message: string } | undefined;
}

/** A credential as a source has just obtained it. */
export interface Obtained {
  readonly credential: Credential;
  /** ms since the epoch; undefined where nobody knows. */
  readonly expiresAt: number | undefined;
}

/** Where {@link RefreshingCredentials} gets credentials from: an exec plugin, an OIDC provider. */
export interface CredentialSource {
  readonly kind: CredentialKind;
  /** For sentences: `exec plugin "aws"`. Printable. */
  readonly name: string;
  /** How long a request may wait for it, in ms; 0 is as long as it takes. The attempt itself goes on. */
  readonly waitMs: number;
  /** Why a request that has waited for so long is refused: a sentence. */
  readonly waitMessage: string;
  /**
   * One attempt to obtain a new credential; never called while another one is under way.
   * @throws {PortholeError} `ERR_CREDENTIALS`, `ERR_CREDENTIALS_TIMEOUT`, as rejection
   */
  obtain(): Promise<Obtained>;
  /** Ends an attempt that is under way. */
  close(): void;
}

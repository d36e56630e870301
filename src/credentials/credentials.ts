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
   * @throws {PortholeError} `ERR_CREDENTIALS`, also as rejection
   */
  current(): Credential | Promise<Credential>;
}

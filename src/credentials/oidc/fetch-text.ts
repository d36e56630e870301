/** A request of porthole's own to a server that is not the API server. */
export interface TextRequest {
  /** https or http; its user information is not sent. */
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM bundle to trust; undefined trusts the system's roots. */
  readonly certificateAuthority: string | undefined;
  /** Its reason is what the call then rejects with. */
  readonly signal: AbortSignal;
}

/** An answer, whole. Nothing in it has been judged: it is the server's word. */
export interface TextResponse {
  readonly status: number;
  readonly statusText: string;
  readonly contentType: string;
  readonly location: string | undefined;
  readonly body: string;
}

/**
 * Sends one request on a connection of its own and reads the answer, at most 1 MiB. Redirects are answers like others.
 * @throws {PortholeError} `ERR_UPSTREAM_*`, `ERR_CREDENTIALS`, `ERR_KUBECONFIG`, or the reason of the signal, as rejection
 */
export type FetchText = (request: TextRequest) => Promise<TextResponse>;

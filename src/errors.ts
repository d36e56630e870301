/** Which HTTP status and Kubernetes `Status.reason` an error becomes, should a client be waiting for an answer. */
interface ErrorKind {
  readonly status: number;
  readonly reason: string;
}

/**
 * Every way in which porthole itself can fail or refuse. The table is closed: a code that is not here does not exist.
 * Reasons are apimachinery's `metav1.StatusReason` where it has a word for the case.
 */
const KINDS = {
  ERR_MALFORMED_REQUEST: { status: 400, reason: 'BadRequest' },
  ERR_BAD_TARGET: { status: 400, reason: 'BadRequest' },
  ERR_UNAUTHORIZED: { status: 401, reason: 'Unauthorized' },
  ERR_HOST_REFUSED: { status: 403, reason: 'Forbidden' },
  ERR_ORIGIN_REFUSED: { status: 403, reason: 'Forbidden' },
  ERR_PATH_REFUSED: { status: 403, reason: 'Forbidden' },
  ERR_METHOD_REFUSED: { status: 403, reason: 'Forbidden' },
  ERR_IMPERSONATION_REFUSED: { status: 403, reason: 'Forbidden' },
  ERR_DENIED: { status: 403, reason: 'Forbidden' },
  ERR_FILE_REFUSED: { status: 403, reason: 'Forbidden' },
  ERR_NOT_FOUND: { status: 404, reason: 'NotFound' },
  ERR_METHOD_NOT_ALLOWED: { status: 405, reason: 'MethodNotAllowed' },
  ERR_HEAD_TIMEOUT: { status: 408, reason: 'Timeout' },
  ERR_EXPECTATION_FAILED: { status: 417, reason: 'BadRequest' },
  ERR_HEAD_TOO_LARGE: { status: 431, reason: 'RequestHeaderFieldsTooLarge' },
  ERR_CLIENT_GONE: { status: 499, reason: 'ClientClosedRequest' },
  ERR_INTERNAL: { status: 500, reason: 'InternalError' },
  ERR_FILE_ABORTED: { status: 500, reason: 'InternalError' },
  ERR_UPSTREAM_UNREACHABLE: { status: 502, reason: 'BadGateway' },
  ERR_UPSTREAM_TLS: { status: 502, reason: 'BadGateway' },
  ERR_UPSTREAM_MALFORMED: { status: 502, reason: 'BadGateway' },
  ERR_UPSTREAM_CLOSED: { status: 502, reason: 'BadGateway' },
  ERR_UPSTREAM_ABORTED: { status: 502, reason: 'BadGateway' },
  ERR_UPGRADE_FAILED: { status: 502, reason: 'BadGateway' },
  ERR_CREDENTIALS: { status: 503, reason: 'ServiceUnavailable' },
  ERR_CREDENTIALS_TIMEOUT: { status: 504, reason: 'Timeout' },
  /** The connection belonged to credentials or to a cluster that are not used any more. */
  ERR_RETIRED: { status: 503, reason: 'ServiceUnavailable' },
  ERR_LIMIT_REACHED: { status: 503, reason: 'ServiceUnavailable' },
  ERR_SHUTTING_DOWN: { status: 503, reason: 'ServiceUnavailable' },
  ERR_UPSTREAM_TIMEOUT: { status: 504, reason: 'Timeout' },
  ERR_KUBECONFIG: { status: 500, reason: 'InternalError' },
  ERR_LISTEN: { status: 500, reason: 'InternalError' },
  ERR_LOG_FILE: { status: 500, reason: 'InternalError' },
  /** The audit log or its policy can not be used. */
  ERR_AUDIT_LOG: { status: 500, reason: 'InternalError' },
  /** The request could not be recorded, and so is not forwarded. */
  ERR_AUDIT: { status: 500, reason: 'InternalError' },
  ERR_USAGE: { status: 500, reason: 'InternalError' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof KINDS;

export interface PortholeErrorOptions {
  readonly cause?: unknown;
  readonly retryAfter?: number | undefined;
}

/**
 * The one error class. `message` is one sentence for a person, says what to do where that is known, and never holds a
 * secret: it is printed, logged and sent to clients as it is.
 */
export class PortholeError extends Error {
  readonly code: ErrorCode;
  /** Seconds after which it is worth another try, where that is known. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: PortholeErrorOptions = {}) {
    super(message, options);
    this.name = 'PortholeError';
    this.code = code;
    this.retryAfter = options.retryAfter;
  }

  /** The HTTP status of the answer that reports this error. */
  get status(): number {
    return KINDS[this.code].status;
  }

  /** `metav1.Status.reason` of that answer. */
  get reason(): string {
    return KINDS[this.code].reason;
  }
}

/**
 * What was thrown, as one of ours. A defect of porthole's own becomes `ERR_INTERNAL`, with its place but without its
 * message, which may quote anything.
 */
export function asPortholeError(error: unknown): PortholeError {
  if (error instanceof PortholeError) return error;
  const place = error instanceof Error ? /\n\s+at (.*)/.exec(error.stack ?? '')?.[1] : undefined;
  const message = `a defect of porthole's own at ${place ?? 'an unknown place'}`;
  return new PortholeError('ERR_INTERNAL', message, { cause: error });
}

import { PortholeError } from '../errors.ts';

/** The API server did not begin its answer. */
export function closed(): PortholeError {
  const message = 'the API server closed the connection without an answer';
  return new PortholeError('ERR_UPSTREAM_CLOSED', message);
}

/** It did not come to the end of it; `cause` is why, where that is known. */
export function aborted(cause?: PortholeError): PortholeError {
  const message = cause?.message ?? 'the API server cut its answer short';
  return new PortholeError('ERR_UPSTREAM_ABORTED', message, { cause });
}

import { PortholeError } from '../errors.ts';
import type { RequestHead } from '../http1/message.ts';

/**
 * Refuses what is well-formed but cannot be relayed in one meaning only.
 * @throws {PortholeError} `ERR_EXPECTATION_FAILED`, `ERR_MALFORMED_REQUEST`
 */
export function checkRules({ headers }: RequestHead): void {
  if (headers.has('expect') && headers.getAll('expect').some(isUnknownExpectation)) {
    throw new PortholeError('ERR_EXPECTATION_FAILED', 'Expect other than 100-continue');
  }
  if (headers.count('authorization') > 1 || headers.count('audit-id') > 1) {
    throw new PortholeError('ERR_MALFORMED_REQUEST', 'repeated Authorization or Audit-ID');
  }
  if (headers.has('connection') && headers.listOf('connection').some(isImpersonation)) {
    // Taken away as a field of this hop, it would leave a request with more rights than the client meant.
    throw new PortholeError('ERR_MALFORMED_REQUEST', 'Connection names an Impersonate header');
  }
}

/** RFC 9110 section 10.1.1: 100-continue is the only expectation there is. */
function isUnknownExpectation(value: string): boolean {
  return value.toLowerCase() !== '100-continue';
}

function isImpersonation(key: string): boolean {
  return key.startsWith('impersonate-');
}

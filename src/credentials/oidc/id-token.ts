import { PortholeError } from '../../errors.ts';

/** What porthole reads of an ID token, in ms since the epoch. The signature is the API server's to judge. */
export interface IdTokenTimes {
  /** Undefined without `exp`. */
  readonly expiresAt: number | undefined;
  /** Undefined without `iat`, or where it is no number. */
  readonly issuedAt: number | undefined;
}

/**
 * Reads the dates of an ID token (client-go `idTokenExpired`).
 * @throws {PortholeError} `ERR_CREDENTIALS`, with nothing of the token in it
 */
export function readIdToken(token: string): IdTokenTimes {
  const parts = token.split('.');
  // What follows goes into a header.
  if (parts.length !== 3 || !/^[!-~]+$/.test(token)) throw broken('ID Token is not a valid JWT');
  const claims = parseClaims(parts[1] ?? '');
  const expiresAt = timeOf(claims['exp']);
  if (expiresAt !== undefined && !Number.isFinite(expiresAt))
    throw broken('parsing claims: exp of the ID Token is not a number');
  const issuedAt = timeOf(claims['iat']);
  return { expiresAt, issuedAt: Number.isFinite(issuedAt) ? issuedAt : undefined };
}

function parseClaims(part: string): Readonly<Record<string, unknown>> {
  if (!/^[A-Za-z0-9_-]*$/.test(part)) throw broken('the ID Token is not base64url');
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw broken('parsing claims: the ID Token holds no JSON object');
  return claims as Readonly<Record<string, unknown>>;
}

/** Seconds as a number, or as one in quotes (Go's `json.Number`), to ms; NaN for anything else. */
function timeOf(claim: unknown): number | undefined {
  if (claim === undefined || claim === null) return undefined;
  const isText = typeof claim === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(claim);
  return isText || typeof claim === 'number' ? Math.trunc(Number(claim)) * 1000 : Number.NaN;
}

function broken(problem: string): PortholeError {
  return new PortholeError('ERR_CREDENTIALS', problem);
}

import type { CredentialState } from '../credentials/credentials.ts';
import { span } from './doctor-credentials.ts';

/** How credentials are, in one printable sentence without secrets: kind, age, plugin time, expiry, last failure. */
export function credentialText(state: CredentialState, now: number): string {
  const { kind, renewedAt, tookMs, expiresAt, failure } = state;
  const parts: string[] = [kind];
  if (renewedAt !== undefined) {
    const took = tookMs === undefined ? '' : ` in ${(tookMs / 1000).toFixed(1)} s`;
    parts.push(`obtained ${ago(renewedAt, now)}${took}`);
  } else if (kind === 'exec plugin' || kind === 'oidc') parts.push('not obtained yet');
  if (expiresAt !== undefined) {
    const end = new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z');
    const left = expiresAt - now;
    parts.push(left > 0 ? `good until ${end}, for ${span(left)}` : `expired at ${end}`);
  }
  if (failure !== undefined)
    parts.push(`last attempt failed ${ago(failure.at, now)}: ${failure.message}`);
  return parts.join('; ');
}

function ago(at: number, now: number): string {
  return now - at < 1_000 ? 'just now' : `${span(now - at)} ago`;
}

import { describe, expect, it } from 'vitest';
import { credentialText } from '../../../src/commands/credential-state.ts';
import type { CredentialState } from '../../../src/credentials/credentials.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const NOTHING: CredentialState = {
  kind: 'none',
  expiresAt: undefined,
  renewedAt: undefined,
  tookMs: undefined,
  failure: undefined,
};
const MINUTE = 60_000;

describe('the state of credentials in words', () => {
  it.each<[Partial<CredentialState>, string]>([
    [{}, 'none'],
    [{ kind: 'token' }, 'token'],
    [
      { kind: 'client certificate', expiresAt: NOW + 48 * 60 * MINUTE },
      'client certificate; good until 2026-11-25T10:00:00Z, for 2 days',
    ],
    [{ kind: 'exec plugin' }, 'exec plugin; not obtained yet'],
    [
      { kind: 'exec plugin', renewedAt: NOW - 90_000, tookMs: 412, expiresAt: NOW + 15 * MINUTE },
      'exec plugin; obtained 1 minute ago in 0.4 s; good until 2026-11-23T10:15:00Z, for 15 minutes',
    ],
    [
      { kind: 'oidc', renewedAt: NOW, expiresAt: NOW - MINUTE },
      'oidc; obtained just now; expired at 2026-11-23T09:59:00Z',
    ],
    [
      {
        kind: 'token file',
        renewedAt: NOW - MINUTE,
        failure: { at: NOW - 5_000, message: 'gone' },
      },
      'token file; obtained 1 minute ago; last attempt failed 5 seconds ago: gone',
    ],
  ])('%j', (state, text) => {
    expect(credentialText({ ...NOTHING, ...state }, NOW)).toBe(text);
  });
});

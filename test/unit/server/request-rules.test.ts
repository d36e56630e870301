import { describe, expect, it } from 'vitest';
import { checkRules } from '../../../src/server/request-rules.ts';
import { requestOf } from './request-of.ts';

describe('checkRules', () => {
  it.each([
    ['S15 an expectation that nobody knows', 'ERR_EXPECTATION_FAILED', ['Expect', 'bogus']],
    [
      'D06 two Authorization lines',
      'ERR_MALFORMED_REQUEST',
      ['Authorization', 'a', 'authorization', 'b'],
    ],
    ['two Audit-IDs', 'ERR_MALFORMED_REQUEST', ['Audit-ID', 'a', 'Audit-ID', 'b']],
    [
      'Connection taking an impersonation away',
      'ERR_MALFORMED_REQUEST',
      ['Connection', 'close, Impersonate-User', 'Impersonate-User', 'nobody'],
    ],
  ])('refuses %s', (_, code, headers) => {
    expect(() => checkRules(requestOf({ headers }))).toThrow(expect.objectContaining({ code }));
  });

  it('lets the expectation pass that there is, in any case', () => {
    expect(() => checkRules(requestOf({ headers: ['Expect', '100-Continue'] }))).not.toThrow();
  });
});

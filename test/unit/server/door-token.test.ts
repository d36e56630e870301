import { describe, expect, it } from 'vitest';
import { newToken, parseToken } from '../../../src/server/door.ts';
import { refusalOf } from './at-the-door.ts';

describe('a token', () => {
  it('that is new is 256 bits, and another one each time', () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens).size).toBe(100);
    for (const text of tokens) {
      expect(Buffer.from(text, 'base64url').toString('base64url')).toBe(text);
      expect(Buffer.from(text, 'base64url')).toHaveLength(32);
      expect(parseToken(text)).toBe(text);
    }
  });

  it.each([
    ['0123456789abcdef', '0123456789abcdef'],
    ['0123456789abcdef\n', '0123456789abcdef'],
    ['0123456789abcdef\r\n', '0123456789abcdef'],
    ['AZaz09-._~+/AZaz09==', 'AZaz09-._~+/AZaz09=='],
  ])('in a file as %j is %s', (text, expected) => {
    expect(parseToken(text)).toBe(expected);
  });

  it.each([
    '',
    '\n',
    '0123456789abcde',
    '0123456789abcde\n',
    '0123456789abcdef\n\n',
    '0123456789abcdef\r\n\r\n',
    '\n0123456789abcdef',
    ' 0123456789abcdef',
    '0123456789abcdef ',
    '01234567 89abcdef',
    '01234567\n89abcdef',
    '01234567=89abcdef',
    '================',
    '0123456789abcdef,',
    '0123456789abcd\u00e9f',
    '\ufeff0123456789abcdef',
    '0123456789abcdef\0',
  ])('in a file as %j is a usage error that does not repeat it', (text) => {
    const error = refusalOf(() => parseToken(text));
    expect(error.code).toBe('ERR_USAGE');
    expect(error.message).not.toContain('89abc');
  });
});

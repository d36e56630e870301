import { describe, expect, it } from 'vitest';
import { quote } from '../../../src/server/quote.ts';

describe('quote', () => {
  it.each([
    ['plain', 'a/b', '"a/b"'],
    ['quotes and backslashes', 'a"b\\', '"a\\"b\\\\"'],
    ['a forged line', 'a\r\nb', '"a\\r\\nb"'],
    ['a terminal escape', '\x1b[2J\x7f', '"\\u001b[2J\\u007f"'],
    ['what is not ASCII', '\u00e9\u2028\u202e', '"\\u00e9\\u2028\\u202e"'],
    ['an astral character', '\u{1f4a5}', '"\\ud83d\\udca5"'],
  ])('escapes %s', (_, text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });

  it('cuts after 200 characters', () => {
    expect(quote('a'.repeat(200))).toBe(`"${'a'.repeat(200)}"`);
    expect(quote('a'.repeat(201))).toBe(`"${'a'.repeat(200)}..."`);
  });
});

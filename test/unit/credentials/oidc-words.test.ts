import { describe, expect, it } from 'vitest';
import { formEncode, quoteWithout } from '../../../src/credentials/oidc/words.ts';

describe('quoteWithout', () => {
  it.each<[string, string, string]>([
    ['a secret', 'bad token s3cret!', '"bad token [...]"'],
    ['a secret in a URL', 'no: a=s3cret%21&b', '"no: a=[...]&b"'],
    [
      'a token that nobody told of',
      `got ${'eyJhbGciOiJSUzI1NiIsImtpZCI6'.repeat(3)}.x`,
      '"got [...].x"',
    ],
    ['control characters', 'a\x1b[31m\n"b"\u202e', '"a\\u{1b}[31m\\u{a}\\"b\\"\\u{202e}"'],
  ])('shows no %s', (_, text, shown) => {
    expect(quoteWithout(['s3cret!', ''], text)).toBe(shown);
  });

  it('cuts, and only after the secrets are out', () => {
    expect(quoteWithout(['s3cret'], 'a s3cret b', 5)).toBe('"a [....."');
  });

  it('leaves identifiers that support asks for', () => {
    const id = 'Trace ID: 00000000-1111-2222-3333-444444444444';
    expect(quoteWithout([], id)).toBe(`"${id}"`);
  });
});

describe('formEncode', () => {
  // The characters that encodeURIComponent, URLSearchParams and Go's QueryEscape treat in different ways.
  it.each([
    ["a b~c*d'(e)!", 'a+b~c%2Ad%27%28e%29%21'],
    ['ü:/@', '%C3%BC%3A%2F%40'],
    ['\ud800', '%EF%BF%BD'],
  ])('%s', (text, encoded) => {
    expect(formEncode(text)).toBe(encoded);
  });
});

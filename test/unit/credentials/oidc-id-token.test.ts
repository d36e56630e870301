import { describe, expect, it } from 'vitest';
import { readIdToken } from '../../../src/credentials/oidc/id-token.ts';

const encode = (payload: string): string =>
  ['{}', payload, 'blah'].map((part) => Buffer.from(part).toString('base64url')).join('.');

describe('readIdToken', () => {
  it.each<[string, number | undefined]>([
    ['{"exp":1493851263}', 1_493_851_263_000],
    ['{"exp":1.493851263e9}', 1_493_851_263_000],
    ['{"exp":1493851263.9}', 1_493_851_263_000],
    ['{"exp":"1493851263"}', 1_493_851_263_000],
    ['{"exp":null}', undefined],
    ['{}', undefined],
  ])('reads the end of %s', (payload, expiresAt) => {
    expect(readIdToken(encode(payload)).expiresAt).toBe(expiresAt);
  });

  it('reads when it was issued, where it says so', () => {
    expect(readIdToken(encode('{"iat":5}')).issuedAt).toBe(5_000);
    expect(readIdToken(encode('{"iat":"today"}')).issuedAt).toBeUndefined();
  });

  it.each<[string, string, RegExp]>([
    ['is no token', 'notanidtoken', /^ID Token is not a valid JWT$/],
    ['has two parts', 'a.b', /not a valid JWT/],
    ['would break out of the header', `${encode('{}')}\r\nX: y`, /not a valid JWT/],
    ['is not base64url', 'e30.s3cret*.x', /not base64url/],
    ['has no JSON in it', encode('s3cret'), /^parsing claims/],
    ['has a list in it', encode('["s3cret"]'), /^parsing claims/],
    ['has an end that is no number', encode('{"exp":"s3cret"}'), /^parsing claims/],
    ['has an end beyond all numbers', encode('{"exp":1e999}'), /^parsing claims/],
  ])('refuses one that %s, without showing it', (_, token, message) => {
    expect(() => readIdToken(token)).toThrow(message);
    expect(() => readIdToken(token)).not.toThrow(/s3cret/);
  });
});

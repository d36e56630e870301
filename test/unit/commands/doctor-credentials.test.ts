import { describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import {
  expiredCredential,
  lifetime,
  readCertificates,
  readClaims,
  withoutSecrets,
} from '../../../src/commands/doctor-credentials.ts';
import type { User } from '../../../src/kubeconfig/kubeconfig.ts';
import { NOBODY } from '../../support/nobody.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const DAY_S = 24 * 60 * 60;

function jwt(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
}

describe('lifetime', () => {
  it.each([
    [12 * DAY_S, 'until 2030-01-13, in 12 days'],
    [1.9 * DAY_S, 'until 2030-01-02, in 1 day'],
    [DAY_S - 1, 'until 2030-01-01, in 23 hours'],
    [90, 'until 2030-01-01, in 1 minute'],
    [0, 'until 2030-01-01, in 0 seconds'],
    [-1, 'expired on 2029-12-31, 1 second ago'],
    [-3 * DAY_S, 'expired on 2029-12-29, 3 days ago'],
  ])('of %d seconds', (seconds, words) => {
    expect(lifetime(new Date(NOW.getTime() + seconds * 1000), NOW)).toBe(words);
  });
});

describe('readCertificates', () => {
  const authority = mintAuthority({ commonName: 'ca' });

  it('reads names, groups and end, in order, and passes over what is none', () => {
    const client = authority.issueClient({
      commonName: 'ali\u001b[31mce',
      organizations: ['devs', 'ops'],
      notAfter: new Date('2031-02-03T04:05:06Z'),
    });
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(readCertificates(`note\n${client.key}${client.cert}${broken}${authority.pem}`)).toEqual([
      {
        commonName: 'ali\\u{1b}[31mce',
        subject: expect.stringMatching(/^O=devs, O=ops, CN=ali[^\u001b]*ce$/),
        issuer: 'CN=ca',
        notAfter: new Date('2031-02-03T04:05:06Z'),
      },
      expect.objectContaining({ subject: 'CN=ca', commonName: 'ca' }),
    ]);
  });
});

describe('readClaims', () => {
  it.each<[string, string, unknown]>([
    [
      'a service account',
      jwt({ iss: 'https://i', sub: 'system:serviceaccount:a:b', exp: NOW.getTime() / 1000 }),
      { issuer: 'https://i', subject: 'system:serviceaccount:a:b', expires: NOW },
    ],
    [
      'control characters',
      jwt({ iss: 'a\nb', sub: '\u202e' }),
      { issuer: 'a\\u{a}b', subject: '\\u{202e}', expires: undefined },
    ],
    [
      'claims of other types',
      jwt({ iss: 1, sub: ['x'], exp: '1' }),
      { issuer: undefined, subject: undefined, expires: undefined },
    ],
    ['a date beyond dates', jwt({ exp: 1e300 }), expect.objectContaining({ expires: undefined })],
    ['a bootstrap token', 'abcdef.0123456789abcdef', undefined],
    ['three parts of nothing', 'a.b.c', undefined],
    ['a list', jwt([1]), expect.anything()],
    ['null', jwt(null), undefined],
  ])('of %s', (_, token, claims) => {
    expect(readClaims(token)).toEqual(claims);
  });
});

describe('expiredCredential', () => {
  const authority = mintAuthority({ commonName: 'ca' });
  const certificate = (notAfter: Date): User => ({
    ...NOBODY,
    clientCertificate: {
      kind: 'data',
      pem: authority.issueClient({ commonName: 'a', notAfter }).cert,
    },
  });
  const token = (exp: number): User => ({ ...NOBODY, token: jwt({ exp }) });
  const yesterday = new Date(NOW.getTime() - DAY_S * 1000);
  const tomorrow = new Date(NOW.getTime() + DAY_S * 1000);

  it.each<[string, User, string | undefined]>([
    [
      'a certificate',
      certificate(yesterday),
      'the client certificate expired on 2029-12-31, 1 day ago',
    ],
    ['a token', token(yesterday.getTime() / 1000), 'the token expired on 2029-12-31, 1 day ago'],
    ['no certificate', certificate(tomorrow), undefined],
    ['no token', token(tomorrow.getTime() / 1000), undefined],
    ['nothing', NOBODY, undefined],
  ])('names %s', (_, user, words) => {
    expect(expiredCredential(user, NOW)).toBe(words);
  });
});

describe('withoutSecrets', () => {
  const user = { ...NOBODY, token: 'hidden', username: 'bob', password: 'pass:word' };

  it.each([
    ['a token', 'you sent hidden!', 'you sent REDACTED!'],
    ['a password', 'pass:word is wrong', 'REDACTED is wrong'],
    ['both as Basic sends them', `x${btoa('bob:pass:word')}`, 'xREDACTED'],
    ['a bearer of a plugin', 'authorization: bearer abc.def', 'authorization: bearer REDACTED'],
    ['a JWT of a plugin', 'token eyJhbGci.eyJzdWIi.c2ln.', 'token REDACTED.'],
    ['a short one only by itself', 'hidden unhidden (hidden)', 'REDACTED unhidden (REDACTED)'],
    ['no other word', 'user bob is forbidden', 'user bob is forbidden'],
  ])('takes out %s', (_, text, expected) => {
    expect(withoutSecrets(text, user)).toBe(expected);
  });

  it('finds a secret that looks like a pattern', () => {
    expect(withoutSecrets('x a.*(b)[c]$ y', { ...NOBODY, token: 'a.*(b)[c]$' })).toBe(
      'x REDACTED y',
    );
  });

  it('leaves text alone when there are none', () => {
    expect(withoutSecrets('a b', NOBODY)).toBe('a b');
  });
});

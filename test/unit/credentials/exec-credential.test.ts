import { describe, expect, it } from 'vitest';
import { readExecCredential } from '../../../src/credentials/exec/credential.ts';
import { readYaml } from '../../../src/kubeconfig/yaml.ts';
import { execCredential, V1, V1BETA1 } from '../../support/plugin.ts';

function read(text: string, apiVersion = V1) {
  return readExecCredential(Buffer.from(text), { apiVersion, plugin: '"it"', readYaml });
}

const S = 'sup3rs3cret';
const withStatus = (status: unknown): string => execCredential(status);
const jwt = (claims: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

describe('readExecCredential', () => {
  it.each<[string, string, string]>([
    ['nothing', ' \n', 'exec plugin printed nothing on its standard output'],
    ['words', `hello ${S}`, 'decoding stdout: what plugin "it" printed is not an ExecCredential'],
    ['a list', `["${S}"]`, 'decoding stdout: what plugin "it" printed is not an ExecCredential'],
    ['half of it', `{"token":"${S}"`, 'and neither JSON nor YAML (line 1'],
    [
      'words before it',
      `hello\n${withStatus({ token: S })}`,
      'is not an ExecCredential; it may print nothing else',
    ],
    ['words after it', `${withStatus({ token: S })} bye`, 'neither JSON nor YAML (line'],
    ['YAML that would take long to read', ']'.repeat(20_000), 'more than 10000 YAML tokens'],
    ['binary', `\0\x01${S}`, 'decoding stdout: '],
    [
      'no version',
      `{"kind":"ExecCredential","status":{"token":"${S}"}}`,
      `exec plugin is configured to use API version ${V1}, plugin returned no apiVersion`,
    ],
    [
      'another version',
      execCredential({ token: S }, V1BETA1),
      `exec plugin is configured to use API version ${V1}, plugin returned version ${V1BETA1}`,
    ],
    [
      'v1alpha1',
      execCredential({ token: S }, 'client.authentication.k8s.io/v1alpha1'),
      `plugin returned version client.authentication.k8s.io/v1alpha1`,
    ],
    ['a secret for a version', execCredential({}, S), 'plugin returned version another one'],
    [
      'another kind',
      `{"kind":"Pod","apiVersion":"${V1}","status":{"token":"${S}"}}`,
      `decoding stdout: no kind "Pod" is registered for version "${V1}"`,
    ],
    ['no status', withStatus(undefined), "exec plugin didn't return a status field"],
    ['a status of null', withStatus(null), "exec plugin didn't return a status field"],
    ['a status of words', withStatus(S), 'decoding stdout: status is no object'],
    ['an empty status', withStatus({}), "exec plugin didn't return a token or cert/key pair"],
    [
      'an empty token',
      withStatus({ token: '' }),
      "exec plugin didn't return a token or cert/key pair",
    ],
    [
      'a number for a token',
      withStatus({ token: 5 }),
      'decoding stdout: status.token must be a string',
    ],
    [
      'no key',
      withStatus({ clientCertificateData: S }),
      'exec plugin returned only certificate or key, not both',
    ],
    [
      'no certificate',
      withStatus({ token: S, clientKeyData: S }),
      'exec plugin returned only certificate or key, not both',
    ],
    ['a token of two lines', withStatus({ token: `${S}\n` }), 'a token with a line break'],
    [
      'a token in Greek',
      withStatus({ token: `${S}\u03b1` }),
      'or another character that no HTTP header may',
    ],
    ...[
      S,
      '',
      '2026-02-30T00:00:00Z',
      '2026-01-02',
      '2026-01-02T24:00:00Z',
      '2026-01-02T03:04:05',
    ].map((time): [string, string, string] => [
      `the time ${time}`,
      withStatus({ token: S, expirationTimestamp: time }),
      'decoding stdout: status.expirationTimestamp is not a date and time as in RFC 3339',
    ]),
  ])('refuses %s, and quotes none of it', (_, text, message) => {
    const error = (() => {
      try {
        return read(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'ERR_CREDENTIALS' });
    expect(error).not.toHaveProperty('cause');
    const shown = String((error as Error).message);
    expect(shown).toMatch(/^getting credentials: /);
    expect(shown).toContain(message);
    expect(shown).not.toContain(S);
  });

  it('takes one without a kind, as client-go does', () => {
    expect(read(`{"apiVersion":"${V1}","status":{"token":"t"}}`).token).toBe('t');
  });

  it('takes JSON with tabs and escapes that are no YAML, and a byte order mark', () => {
    expect(read(`\ufeff{\n\t"apiVersion": "${V1}",\n\t"status": {"token": "a\\/b"}}`).token).toBe(
      'a/b',
    );
  });

  it.each([
    ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['2026-01-02T03:04:05.123456789Z', Date.UTC(2026, 0, 2, 3, 4, 5, 123)],
    ['2026-01-02T03:04:05+05:30', Date.UTC(2026, 0, 1, 21, 34, 5)],
    ['2024-02-29T23:59:59-08:00', Date.UTC(2024, 2, 1, 7, 59, 59)],
  ])('reads the time %s', (expirationTimestamp, ms) => {
    expect(read(withStatus({ token: jwt({ exp: 1 }), expirationTimestamp })).expiresAt).toBe(ms);
  });

  it('reads an unquoted time in YAML', () => {
    const yaml = `apiVersion: ${V1}\nstatus:\n  token: t\n  expirationTimestamp: 2026-01-02T03:04:05Z\n`;
    expect(read(yaml).expiresAt).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
  });

  it.each<[string, number | undefined]>([
    [jwt({ exp: 1_700_000_000 }), 1_700_000_000_000],
    [jwt({ exp: 1_700_000_000.5 }), 1_700_000_000_500],
    [jwt({ exp: '1700000000' }), undefined],
    [jwt({ exp: 1e300 }), undefined],
    [jwt({}), undefined],
    [jwt(null), undefined],
    ['a.b.c', undefined],
    ['k8s-aws-v1.aHR0cHM6Ly8', undefined],
    ['opaque', undefined],
  ])('has a token without a time last until its exp, if it has one: %s', (token, ms) => {
    expect(read(withStatus({ token })).expiresAt).toBe(ms);
  });
});

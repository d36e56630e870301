import { describe, expect, it } from 'vitest';
import { describeChange } from '../../../src/kubeconfig/follow/describe-change.ts';
import { base64, config, ecPair, HTTPS, loadText, rsaPair } from './support.ts';

const ec = ecPair();
const rsa = rsaPair(new Date('2029-01-01T00:00:00Z'), new Date('2031-02-03T04:05:06Z'));
const PAIR = `client-certificate-data: ${base64(ec.cert)}\nclient-key-data: ${base64(ec.key)}`;
const RSA = `client-certificate-data: ${base64(rsa.cert)}\nclient-key-data: ${base64(rsa.key)}`;
const ca = (pem: string) => `${HTTPS}\ncertificate-authority-data: ${base64(pem)}`;

/** Configurations of the same file: which folder it is in is of no matter here. */
function of(cluster: string, user = 'token: t0ken', as = {}) {
  const { user: named, ...rest } = loadText(config(cluster, user), as);
  return { ...rest, files: ['f'], sources: ['f'], user: { ...named, file: 'f' } };
}

describe('a change in one sentence', () => {
  it.each<[string, Parameters<typeof of>, Parameters<typeof of>, string]>([
    [
      'server',
      [HTTPS],
      ['server: https://other/p'],
      'server changed from https://c.example:6443 to https://other/p',
    ],
    ['token', [HTTPS], [HTTPS, 'token: s3cret'], 'credentials changed'],
    ['CA', [ca(ec.cert)], [ca(rsa.cert)], "the cluster's certificate authority was renewed"],
    ['a CA more', [HTTPS], [ca(rsa.cert)], "the cluster's certificate authority was added"],
    ['a CA less', [ca(ec.cert)], [HTTPS], "the cluster's certificate authority was removed"],
    [
      'a client certificate',
      [HTTPS, PAIR],
      [HTTPS, RSA],
      'the client certificate was renewed (valid until 2031-02-03T04:05:06Z)',
    ],
    [
      'a certificate in place of a token',
      [HTTPS],
      [HTTPS, RSA],
      'the client certificate was added (valid until 2031-02-03T04:05:06Z), credentials changed',
    ],
    [
      'whom to act as',
      [HTTPS, 'token: t\nas: a'],
      [HTTPS, 'token: t\nas: b'],
      'impersonation changed, now of "b"',
    ],
    [
      'verification',
      [HTTPS],
      [`${HTTPS}\ninsecure-skip-tls-verify: yes`],
      'the server is not verified any more',
    ],
    ['a proxy', [HTTPS], [`${HTTPS}\nproxy-url: http://p`], "the cluster's settings changed"],
    ['a namespace', [HTTPS], [HTTPS, 'token: t0ken', { namespace: 'n' }], 'kubeconfig changed'],
  ])('%s', (_, before, now, sentence) => {
    expect(describeChange(of(...before), of(...now))).toBe(sentence);
  });

  it('a context is told with server and user, printable', () => {
    const before = of(HTTPS);
    const now = { ...of(HTTPS, 'token: s3cret\nas: "r\u00f6\\u200b"'), contextName: 'b\n' };
    expect(describeChange(before, now)).toBe(
      'switched from context "x" to "b\\u{a}": now https://c.example:6443 as "u", acting as "r\u00f6\\u{200b}"',
    );
    expect(describeChange({ ...before, contextName: undefined, files: [] }, before)).toBe(
      'switched from no kubeconfig to context "x": now https://c.example:6443 as "u"',
    );
  });

  it('warnings change nothing', () => {
    expect(describeChange(of(HTTPS), { ...of(HTTPS), warnings: ['w'] })).toBeUndefined();
  });
});

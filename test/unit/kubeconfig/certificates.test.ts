import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dateWarning, pairProblem, rootsProblem } from '../../../src/kubeconfig/certificates.ts';
import { ecPair, rsaPair } from './support.ts';

const ec = ecPair();
const rsa = rsaPair(new Date('2029-01-01T00:00:00Z'), new Date('2031-01-01T00:00:00Z'));
const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('rootsProblem', () => {
  it.each<[string, string, string | undefined]>([
    ['one certificate', ec.cert, undefined],
    [
      'text, a key and a broken certificate around a good one',
      `hello\n${ec.key}${broken}${rsa.cert}`,
      undefined,
    ],
    ['no PEM', 'garbage', 'unable to parse bytes as PEM block'],
    ['only a key', ec.key, 'no valid certificate authority data seen'],
    ['only a broken certificate', broken, 'failed to parse certificate'],
    ['one without its end', '-----BEGIN CERTIFICATE-----\nAAAA\n', 'failed to parse certificate'],
  ])('%s', (_, pem, problem) => {
    expect(rootsProblem(pem)).toBe(problem);
  });

  it('megabytes of beginnings are judged', () => {
    expect(rootsProblem('-----BEGIN CERTIFICATE-----\n'.repeat(200_000))).toBe(
      'failed to parse certificate',
    );
  });
});

describe('pairProblem', () => {
  const encrypted = createPrivateKey(ec.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  it.each<[string, string, string, string | undefined]>([
    ['RSA', rsa.cert, rsa.key, undefined],
    ['EC', ec.cert, ec.key, undefined],
    ['a chain, and text before', `text\n${ec.cert}${rsa.cert}`, `text\n${ec.key}`, undefined],
    ['certificate and key in one file', `${ec.key}${ec.cert}`, `${ec.cert}${ec.key}`, undefined],
    ["another's key", rsa.cert, ec.key, 'the client key does not belong to the client certificate'],
    ['no certificate', 'x', ec.key, 'the client certificate is not a PEM certificate'],
    ['a broken certificate', broken, ec.key, 'the client certificate is not a PEM certificate'],
    ['no key', ec.cert, 'x', 'the client key is not a PEM private key'],
    ['a certificate as key', ec.cert, ec.cert, 'the client key is not a PEM private key'],
    [
      'an encrypted key',
      ec.cert,
      encrypted,
      'the client key is encrypted; store it without a passphrase',
    ],
  ])('%s', (_, cert, key, problem) => {
    expect(pairProblem(cert, key)).toBe(problem);
  });
});

describe('dateWarning', () => {
  it.each([
    ['2030-01-01T00:00:00Z', undefined],
    ['2030-12-30T23:59:59Z', undefined],
    ['2030-12-31T00:00:01Z', 'expires on 2031-01-01T00:00:00Z'],
    ['2031-01-01T00:00:01Z', 'expired on 2031-01-01T00:00:00Z'],
    ['2028-12-31T00:00:00Z', 'is not valid before 2029-01-01T00:00:00Z'],
  ])('at %s: %s', (now, warning) => {
    expect(dateWarning(rsa.cert, new Date(now))).toBe(warning);
  });
});

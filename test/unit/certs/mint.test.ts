import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

// Making RSA keys takes as long as the machine likes.
const timeout = 60_000;

const authority = mintAuthority({ commonName: 'test-ca' });
const root = new X509Certificate(authority.pem);

describe('mintAuthority', { timeout }, () => {
  it('makes a self-signed authority', () => {
    expect(root.ca).toBe(true);
    expect(root.subject).toBe('CN=test-ca');
    expect(root.issuer).toBe('CN=test-ca');
    expect(root.verify(root.publicKey)).toBe(true);
  });

  it('is valid from five minutes ago for a year', () => {
    const [from, to] = [Date.parse(root.validFrom), Date.parse(root.validTo)];
    expect(to - from).toBe(365 * 86_400_000 + 5 * 60_000);
    expect(from).toBeLessThanOrEqual(Date.now() - 5 * 60_000);
  });

  it('issues intermediate authorities, whose certificates chain by key and by name', () => {
    const intermediate = authority.issueAuthority({ commonName: 'middle' });
    const middle = new X509Certificate(intermediate.pem);
    const leaf = new X509Certificate(intermediate.issueServer().cert);
    expect(middle.ca).toBe(true);
    expect(middle.checkIssued(root) && middle.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(middle) && leaf.verify(middle.publicKey)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(false);
  });
});

describe('issueServer', { timeout }, () => {
  it('names this machine, then what is asked for', () => {
    const { cert } = authority.issueServer({
      names: ['api.example', '*.b.example'],
      ips: ['fd00::1'],
    });
    const certificate = new X509Certificate(cert);
    expect(certificate.subjectAltName).toBe(
      'DNS:localhost, DNS:api.example, DNS:*.b.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FD00:0:0:0:0:0:0:1',
    );
    expect(certificate.keyUsage).toEqual([SERVER_AUTH]);
    expect(certificate.ca).toBe(false);
  });

  it('names only what is asked for when loopback is false', () => {
    const { cert } = authority.issueServer({ loopback: false, names: ['other.example'] });
    expect(new X509Certificate(cert).subjectAltName).toBe('DNS:other.example');
  });

  it('has no subject alternative name at all when none is left', () => {
    const { cert } = authority.issueServer({ loopback: false, commonName: 'localhost' });
    const certificate = new X509Certificate(cert);
    expect(certificate.subjectAltName).toBeUndefined();
    expect(certificate.subject).toBe('CN=localhost');
  });

  it('hands out the key of the certificate', () => {
    const { cert, key } = authority.issueServer();
    const certificate = new X509Certificate(cert);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.verify(root.publicKey)).toBe(true);
  });
});

describe('issueClient', { timeout }, () => {
  it('keeps groups in order and every letter of the names', () => {
    const { cert } = authority.issueClient({
      commonName: 'jané_doe@example',
      organizations: ['system:masters', 'team_a'],
    });
    const certificate = new X509Certificate(cert);
    expect(certificate.subject).toBe('O=system:masters\nO=team_a\nCN=jané_doe@example');
    expect(certificate.keyUsage).toEqual([CLIENT_AUTH]);
  });

  it('takes dates, so that tests can have expired certificates', () => {
    const notBefore = new Date('2020-01-01T00:00:00Z');
    const notAfter = new Date('2021-01-01T00:00:00Z');
    const { cert } = authority.issueClient({ commonName: 'late', notBefore, notAfter });
    const certificate = new X509Certificate(cert);
    expect(new Date(certificate.validFrom)).toEqual(notBefore);
    expect(new Date(certificate.validTo)).toEqual(notAfter);
  });

  it('gives every certificate its own positive serial number of 16 octets', () => {
    const serials = ['a', 'b', 'c'].map((commonName) => {
      const { cert } = authority.issueClient({ commonName });
      return new X509Certificate(cert).serialNumber;
    });
    expect(new Set(serials).size).toBe(serials.length);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});

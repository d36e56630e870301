import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';

/** Where Go's crypto/x509 looks on Linux and the BSDs (`root_linux.go`, `root_bsd.go`), in its order. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/etc/ssl/cert.pem',
];

/**
 * The certificates that the operating system trusts, as PEM, or undefined to use those that Node carries. A file named
 * by SSL_CERT_FILE comes first, as in Go.
 */
export function systemRoots(sslCertFile: string | undefined): string[] | undefined {
  for (const path of sslCertFile ? [sslCertFile] : BUNDLES) {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      // Not this distribution's place.
    }
  }
  // Newer Node asks the platform itself (macOS, Windows).
  const ask = (tls as { getCACertificates?: (type: string) => string[] }).getCACertificates;
  return ask?.('system');
}

import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { PortholeError } from '../errors.ts';

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
 * The certificates that the operating system trusts, as PEM, or undefined to use those that Node carries: the file that
 * SSL_CERT_FILE names, else the first of the usual bundles, else what newer Node asks of the platform (macOS, Windows).
 * @throws {PortholeError} `ERR_KUBECONFIG` when the named file can not be read: other roots are not what was asked for
 */
export function systemRoots(sslCertFile: string | undefined): string[] | undefined {
  if (sslCertFile) return [readNamed(sslCertFile)];
  for (const path of BUNDLES) {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      // Not this distribution's place.
    }
  }
  const ask = (tls as { getCACertificates?: (type: string) => string[] }).getCACertificates;
  return ask?.('system');
}

function readNamed(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = 'unable to read the file that SSL_CERT_FILE names; correct or unset it';
    throw new PortholeError('ERR_KUBECONFIG', message, { cause });
  }
}

import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { PortholeError } from '../../errors.ts';
import { quote } from '../../printable.ts';
import { refuse } from './url.ts';

/** The longest file of certificates that is read. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Whom to trust for the provider, PEM; undefined where the config does not say. Data goes before the file, whose path is
 * relative to the working directory: client-go resolves this one nowhere.
 * @throws {PortholeError} `ERR_CREDENTIALS` when it cannot be used
 */
export function certificateAuthority(config: ReadonlyMap<string, string>): string | undefined {
  const data = config.get('idp-certificate-authority-data');
  const path = config.get('idp-certificate-authority');
  if (!data && !path) return undefined;
  const key = data ? 'idp-certificate-authority-data' : 'idp-certificate-authority';
  const pem = data ? decodeBase64(data, key) : readCertificates(path ?? '', key);
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (!blocks.some(isCertificate))
    throw refuse(`unable to load root certificates: ${key} holds no PEM certificate`);
  return pem;
}

function decodeBase64(data: string, key: string): string {
  const base64 = data.replace(/[\r\n]+/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw refuse(`illegal base64 data in ${key}; it must be the base64 of PEM text`);
  return Buffer.from(base64, 'base64').toString('utf8');
}

function readCertificates(path: string, key: string): string {
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > MAX_BYTES) throw new Error('not certificates');
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    const message = `cannot read the file ${quote(path)} that ${key} names${code}; check the path`;
    throw new PortholeError('ERR_CREDENTIALS', message, { cause });
  }
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Why text cannot serve as trusted roots, in the words of client-go's `rootCertPool`. As there, one certificate that can be
 * read is enough, whatever stands around it.
 */
export function rootsProblem(pem: string): string | undefined {
  const types = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]{1,64})-----/g)].map((match) => match[1]);
  if (types.length === 0) return 'unable to parse bytes as PEM block';
  if (!types.includes('CERTIFICATE')) return 'no valid certificate authority data seen';
  for (const block of certificateBlocks(pem))
    if (readCertificate(block) !== undefined) return undefined;
  return 'failed to parse certificate';
}

function* certificateBlocks(pem: string): Generator<string> {
  const [begin, end] = ['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----'];
  for (let at = pem.indexOf(begin); at >= 0; at = pem.indexOf(begin, at + begin.length)) {
    const stop = pem.indexOf(end, at);
    if (stop < 0) return;
    yield pem.slice(at, stop + end.length);
  }
}

/** Why a client certificate and key (PEM, the certificate's chain after it) cannot be used together. */
export function pairProblem(cert: string, key: string): string | undefined {
  const certificate = readCertificate(cert);
  if (certificate === undefined) return 'the client certificate is not a PEM certificate';
  const privateKey = readKey(key);
  if (privateKey === undefined)
    return key.includes('ENCRYPTED')
      ? 'the client key is encrypted; store it without a passphrase'
      : 'the client key is not a PEM private key';
  if (!certificate.checkPrivateKey(privateKey))
    return 'the client key does not belong to the client certificate';
  return undefined;
}

/** What is to be said of a client certificate's dates: expired, not valid yet, or within 24 hours of its end. */
export function dateWarning(cert: string, now: Date): string | undefined {
  const certificate = readCertificate(cert);
  if (certificate === undefined) return undefined;
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (now.getTime() > to) return `expired on ${iso(to)}`;
  if (now.getTime() < from) return `is not valid before ${iso(from)}`;
  return to - now.getTime() < DAY_MS ? `expires on ${iso(to)}` : undefined;
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

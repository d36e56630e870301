import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls';
import type { ClientCertificate } from '../credentials/credentials.ts';
import { PortholeError } from '../errors.ts';

/** Whom to trust, and under which name. */
export interface TlsSettings {
  /** PEM bundle to trust; undefined trusts the system's roots. */
  readonly certificateAuthority: string | undefined;
  readonly systemRoots: string[] | undefined;
  readonly insecureSkipTlsVerify: boolean;
  /** Name for SNI and verification instead of the server's own (`tls-server-name`). */
  readonly serverName: string | undefined;
}

/** Node's message for a certificate without subject alternative names, where Go refuses and Node would not. */
const NO_SAN =
  'the certificate has no subject alternative name (its common name does not count, as in Go)';

const NOBODY: PeerCertificate['subject'] = { C: '', ST: '', L: '', O: '', OU: '', CN: '' };

/**
 * Options for `tls.connect` that verify as Go's `crypto/tls` does: TLS 1.2 or newer, partial chains (an intermediate or
 * the leaf itself may be the trusted certificate), a SAN is required, and no environment variable weakens it. `protocols`
 * are those to choose from by ALPN.
 */
export function tlsOptions(
  settings: TlsSettings,
  hostname: string,
  secureContext: SecureContext,
  protocols: readonly string[] = ['http/1.1'],
): ConnectionOptions {
  const name = (settings.serverName ?? hostname).replace(/\.$/, '');
  return {
    secureContext,
    rejectUnauthorized: !settings.insecureSkipTlsVerify,
    // An IP address may not be sent as SNI (RFC 6066 section 3).
    servername: isIP(name) === 0 ? name : '',
    ALPNProtocols: [...protocols],
    checkServerIdentity: (_host, certificate) => identityProblem(name, certificate),
  };
}

function identityProblem(name: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname === undefined) return new Error(NO_SAN);
  // Node would take the common name for one, too, where the alternative names are addresses alone.
  return checkServerIdentity(name, { ...certificate, subject: NOBODY });
}

/** One context for all connections with the same trust and client certificate: building it parses every PEM. */
export function secureContextFor(
  settings: TlsSettings,
  certificate: ClientCertificate | undefined,
): SecureContext {
  const ca = settings.certificateAuthority ?? settings.systemRoots;
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      allowPartialTrustChain: true,
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
    });
  } catch (cause) {
    throw new PortholeError(
      'ERR_CREDENTIALS',
      'the client certificate and key do not work in TLS',
      {
        cause,
      },
    );
  }
}

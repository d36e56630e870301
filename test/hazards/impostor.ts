import type { TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { request } from '../support/raw-client.ts';
import { OK, type RecordingUpstream, startUpstream } from '../support/recording-upstream.ts';

/** Whom kubeconfigs trust that `trusting` writes fields for, and somebody else. */
export const root = mintAuthority({ commonName: 'root' });
export const foreign = mintAuthority({ commonName: 'foreign' });

/** A server that answers whoever comes with 200, or 101 to an upgrade, under this certificate. Ends with the test. */
export async function startServer(tls: TlsOptions): Promise<RecordingUpstream> {
  const upstream = await startUpstream(
    (head) =>
      /\r\nupgrade: /i.test(head)
        ? 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
        : OK,
    // A client that breaks off the handshake leaves half a connection otherwise.
    { requestCert: false, allowHalfOpen: false, ...tls },
  );
  onTestFinished(() => upstream.close());
  return upstream;
}

/** Fields of a cluster at `server`, whose certificate has to be of `pem`. */
export function trusting(server: string, pem: string) {
  return { server, 'certificate-authority-data': Buffer.from(pem).toString('base64') };
}

export const CLOSE = 'Connection: close\r\n';
export const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

/** One of each kind, all of which are verified in the same way. */
export const REQUESTS = [
  request('GET /api', { headers: CLOSE }),
  request('POST /api/v1/namespaces', { headers: `${CLOSE}Content-Length: 2\r\n`, body: '{}' }),
  request('GET /api/v1/pods?watch=1', { headers: CLOSE }),
  request('GET /api/v1/x', { headers: UPGRADE }),
];

/** A last request is refused like all others. */
export const LAST = { last: { status: 502 } };

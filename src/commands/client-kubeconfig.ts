import { isIP } from 'node:net';
import { stringify } from 'yaml';
import { PortholeError } from '../errors.ts';

/** What clients have to know about a porthole. */
export interface Access {
  /** From `clientUrl`. */
  readonly url: string;
  /** The authority (PEM) behind its certificate; undefined leaves clients to their system's roots. */
  readonly ca: string | undefined;
  /** What --require-token asks for. */
  readonly token: string | undefined;
  /** Where kubectl looks when it is not told. */
  readonly namespace: string | undefined;
}

/** How every kubeconfig of ours begins, so that only such a file is ever replaced. */
export const MARK = '# Written by porthole';
const FIRST_LINE = `${MARK} for its clients, by 'porthole kubeconfig' or 'porthole run'; it will be replaced as a whole.`;

/** The cluster, the user and the context of our kubeconfigs. */
const NAME = 'porthole';

/**
 * A kubeconfig, as YAML, for clients of a porthole.
 * @throws {PortholeError} `ERR_USAGE` for a token without TLS, as rejection
 */
export async function clientKubeconfig({ url, ca, token, namespace }: Access): Promise<string> {
  const tls = url.startsWith('https:');
  if (token !== undefined && !tls) throw tokenNeedsTls();
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': NAME,
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME, namespace } }],
    clusters: [{ name: NAME, cluster: { server: url, ...(tls ? authority(ca) : PLAIN) } }],
    users: [{ name: NAME, user: tls ? await credentials(token) : {} }],
  };
  // kubectl reads YAML 1.1, where a plain `on` is a boolean; long data stays on its line.
  return `${FIRST_LINE}\n${stringify(config, { version: '1.1', lineWidth: 0 })}`;
}

/** Clients would keep the token to themselves: client-go sends none without TLS. */
export function tokenNeedsTls(): PortholeError {
  return new PortholeError('ERR_USAGE', 'clients send a token over TLS alone; add --tls');
}

/** Where clients on this machine find a porthole that serves on `address`, without a slash at the end. */
export function clientUrl(place: {
  /** IPv6 without brackets; an unspecified one becomes this machine's own. */
  readonly address: string;
  readonly port: number;
  readonly apiPrefix: string;
  readonly tls: boolean;
}): string {
  const { address, port, apiPrefix, tls } = place;
  return `${tls ? 'https' : 'http'}://${hostOf(address)}:${port}${apiPrefix.replace(/\/+$/, '')}`;
}

function hostOf(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (isIP(address) !== 6) return address;
  if (/^[0:]+$/.test(address)) return '[::1]';
  return `[${address.replace('%', '%25')}]`;
}

/** The JavaScript client refuses plain HTTP to a cluster that it is to verify. */
const PLAIN = { 'insecure-skip-tls-verify': true };

function authority(ca: string | undefined): object {
  return ca === undefined ? {} : { 'certificate-authority-data': base64(ca) };
}

/**
 * Over TLS, kubectl asks for a user name where a kubeconfig has no credentials (client-go `canIdentifyUser`). So without a
 * token there is a certificate, which porthole never asks for; any other credential would be sent, and win over ours.
 */
async function credentials(token: string | undefined): Promise<object> {
  if (token !== undefined) return { token };
  // Loaded only here: node-forge is slow to load.
  const { mintAuthority } = await import('#certs/mint.ts');
  const nobody = mintAuthority({ commonName: NAME }).issueClient({ commonName: 'nobody' });
  return {
    'client-certificate-data': base64(nobody.cert),
    'client-key-data': base64(nobody.key),
  };
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64');
}

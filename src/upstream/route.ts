import type { ServerAddress } from '../kubeconfig/kubeconfig.ts';
import type { TlsSettings } from './tls.ts';

/** The way to the API server. */
export interface Route {
  readonly server: ServerAddress;
  /** The proxy to go through; undefined for the direct way. */
  readonly proxy?: ProxyServer | undefined;
  /** PEM bundles to trust for an https proxy; undefined trusts the roots that Node carries. */
  readonly proxyRoots?: string[] | undefined;
  /** Undefined for a plain http server. */
  readonly tls: TlsSettings | undefined;
  /** Of silence, after which TCP asks whether the other end is still there. Milliseconds. */
  readonly keepAliveMs: number;
  /** Milliseconds: `dial` until the way is open, a proxy's part included, then `tls` for the handshake with the API server. */
  readonly timeouts?: { readonly dial: number; readonly tls: number };
}

/** A forward proxy on the way to the API server. */
export interface ProxyServer {
  readonly scheme: 'http' | 'https' | 'socks5';
  /** Host name or IP literal, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** `host:port`, for sentences: never with user information. */
  readonly authority: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

import { PortholeError } from '../../errors.ts';
import type { ServerAddress } from '../../kubeconfig/kubeconfig.ts';
import type { ProxyServer } from '../route.ts';
import { ipBytes } from './ip-bytes.ts';
import { sparedBy } from './no-proxy.ts';
import { parseProxyUrl } from './url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment has to say about the way to one server. */
export interface EnvironmentProxy {
  /** The variable that names the proxy, as it is spelled there. */
  readonly variable: string;
  readonly value: string;
  /** Why it does not count for this server: a phrase. */
  readonly unused: string | undefined;
}

/**
 * The proxy to go through to `server`; undefined for the direct way. As client-go does: `proxy-url` is for every server,
 * whatever NO_PROXY says (`net/http.ProxyURL`); without it the environment decides (`net/http.ProxyFromEnvironment`).
 * @throws {PortholeError} `ERR_KUBECONFIG` when what names the proxy can not be read. Go would go directly then, which
 * shows the API server another address than was asked for.
 */
export function chooseProxy(
  server: ServerAddress,
  proxyUrl: string | undefined,
  env: Environment,
): ProxyServer | undefined {
  if (proxyUrl !== undefined) return parseProxyUrl(proxyUrl, 'proxy-url');
  const found = environmentProxy(server, env);
  if (found === undefined) return undefined;
  if (server.scheme === 'http' && env['REQUEST_METHOD']) {
    throw new PortholeError(
      'ERR_KUBECONFIG',
      `${found.variable} is not to be trusted where REQUEST_METHOD is set: under CGI a web client can set it (golang.org/s/cgihttpproxy); unset one of them, or use proxy-url`,
    );
  }
  return found.unused === undefined ? parseProxyUrl(found.value, found.variable) : undefined;
}

/** Undefined when no variable is set that is for servers of this scheme. There is no ALL_PROXY in Go. */
export function environmentProxy(
  server: ServerAddress,
  env: Environment,
): EnvironmentProxy | undefined {
  const variable = setOne(env, server.scheme === 'https' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (variable === undefined) return undefined;
  return { variable, value: env[variable] ?? '', unused: whyUnused(server, env) };
}

function whyUnused({ hostname, port }: ServerAddress, env: Environment): string | undefined {
  if (isThisMachine(hostname)) return 'a server on this machine is reached directly';
  const variable = setOne(env, 'NO_PROXY');
  if (variable === undefined) return undefined;
  const member = sparedBy(env[variable] ?? '', hostname, port);
  return member === undefined ? undefined : `${variable} has ${member}`;
}

/** The upper-case spelling of a variable, or the lower-case one, whichever is set. */
function setOne(env: Environment, name: string): string | undefined {
  return [name, name.toLowerCase()].find((spelling) => env[spelling]);
}

function isThisMachine(hostname: string): boolean {
  if (hostname === 'localhost') return true;
  const ip = ipBytes(hostname);
  if (ip?.length === 16) return ip.equals(LOOPBACK);
  return ip?.[0] === 127;
}

const LOOPBACK = Buffer.from('00000000000000000000000000000001', 'hex');

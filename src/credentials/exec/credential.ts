import { X509Certificate } from 'node:crypto';
import { PortholeError } from '../../errors.ts';
import type { Cluster, ExecConfig } from '../../kubeconfig/kubeconfig.ts';
import { quote } from '../../printable.ts';
import { failure } from './text.ts';

const KIND = 'ExecCredential';
/** Tokens and nodes of YAML: an ExecCredential has tens, and requests wait while it is read. */
const MAX_YAML_SIZE = 10_000;

/** `KUBERNETES_EXEC_INFO`: what a plugin is told (client-go `pkg/apis/clientauthentication`, `rest.ConfigToExecCluster`). */
export function execInfo(config: ExecConfig, cluster: Cluster, interactive: boolean): string {
  const info = {
    kind: KIND,
    apiVersion: config.apiVersion,
    spec: {
      ...(config.provideClusterInfo && { cluster: clusterInfo(cluster) }),
      interactive,
    },
  };
  return `${JSON.stringify(info)}\n`;
}

function clusterInfo(cluster: Cluster): object {
  const { server, tlsServerName, certificateAuthority, proxyUrl } = cluster;
  return {
    server: `${server.scheme}://${server.authority}${server.pathPrefix}`,
    ...(tlsServerName && { 'tls-server-name': tlsServerName }),
    ...(cluster.insecureSkipTlsVerify && { 'insecure-skip-tls-verify': true }),
    ...(certificateAuthority && {
      'certificate-authority-data': Buffer.from(certificateAuthority.pem).toString('base64'),
    }),
    ...(proxyUrl && { 'proxy-url': proxyUrl }),
    ...(cluster.disableCompression && { 'disable-compression': true }),
    // Without omitempty in effect: kubectl sends null.
    config: cluster.execExtension ?? null,
  };
}

/** `status` of an ExecCredential: a token, a pair, or both. */
export interface ExecStatus {
  readonly token: string | undefined;
  /** PEM. */
  readonly pair: { readonly cert: string; readonly key: string } | undefined;
  /** ms since the epoch; undefined where nothing in it says so. */
  readonly expiresAt: number | undefined;
}

export interface ReadOptions {
  /** That the plugin is configured to use. */
  readonly apiVersion: string;
  /** Quoted and printable: which plugin to speak of. */
  readonly plugin: string;
  /** Bounded by tokens and nodes. */
  readonly readYaml: (text: string, maxSize: number) => unknown;
}

/**
 * Reads what a plugin has printed, JSON or YAML, with client-go's checks (exec.go `refreshCredsLocked`) in its words where
 * they tell enough. Nothing of the text is ever quoted, but for the API version.
 * @throws {PortholeError} `ERR_CREDENTIALS`
 */
export function readExecCredential(stdout: Buffer, options: ReadOptions): ExecStatus {
  const { plugin } = options;
  const text = stdout.toString('utf8').replace(/^\ufeff/, '');
  if (text.trim() === '')
    throw failure(
      `exec plugin printed nothing on its standard output (plugin ${plugin}); run it in a terminal to see why`,
    );
  const credential = fieldsOf(decode(text, options));
  if (credential === undefined)
    throw failure(`decoding stdout: ${notOne(plugin)}; ${NOTHING_ELSE}`);
  checkVersion(credential, options);
  const status = credential('status');
  if (status === undefined || status === null)
    throw failure(`exec plugin didn't return a status field (plugin ${plugin})`);
  const fields = fieldsOf(status);
  if (fields === undefined)
    throw failure(`decoding stdout: status is no object (plugin ${plugin})`);
  return readStatus(fields, plugin);
}

function readStatus(fields: Fields, plugin: string): ExecStatus {
  const [token, cert, key, timestamp] = [
    'token',
    'clientCertificateData',
    'clientKeyData',
    'expirationTimestamp',
  ].map((name) => stringOf(fields, name, plugin));
  const expiresAt = timestamp === undefined ? undefined : readTime(timestamp, plugin);
  if (!token && !cert && !key)
    throw failure(`exec plugin didn't return a token or cert/key pair (plugin ${plugin})`);
  if (!cert !== !key)
    throw failure(`exec plugin returned only certificate or key, not both (plugin ${plugin})`);
  // As in token-file.ts. Go's net/http refuses such a token with a message that does not tell where it is from.
  if (token && !/^[\t\x20-\x7e\x80-\xff]+$/.test(token))
    throw failure(
      `exec plugin returned a token with a line break or another character that no HTTP header may hold (plugin ${plugin})`,
    );
  const pair = cert && key ? { cert, key } : undefined;
  return {
    token: token || undefined,
    pair,
    expiresAt: expiresAt ?? earlier(tokenEnd(token), certificateEnd(cert)),
  };
}

function decode(text: string, { readYaml, plugin }: ReadOptions): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message would quote the text.
  }
  try {
    return readYaml(text, MAX_YAML_SIZE);
  } catch (error) {
    const where = error instanceof PortholeError ? ` (${error.message})` : '';
    throw failure(
      `decoding stdout: ${notOne(plugin)}, and neither JSON nor YAML${where}; ${NOTHING_ELSE}`,
    );
  }
}

const NOTHING_ELSE = 'it may print nothing else on its standard output';

function notOne(plugin: string): string {
  return `what plugin ${plugin} printed is not an ${KIND}`;
}

function checkVersion(credential: Fields, { apiVersion, plugin }: ReadOptions): void {
  const [version, kind] = [credential('apiVersion'), credential('kind')];
  const wants = `exec plugin is configured to use API version ${apiVersion}`;
  if (typeof version !== 'string' || version === '')
    throw failure(`${wants}, plugin returned no apiVersion (plugin ${plugin})`);
  if (version !== apiVersion) {
    const shown = /^[a-z0-9.]+\/v\d+(?:(?:alpha|beta)\d+)?$/.test(version)
      ? version
      : 'another one';
    throw failure(
      `${wants}, plugin returned version ${shown} (plugin ${plugin}); change apiVersion in the kubeconfig, or update the plugin`,
    );
  }
  // client-go takes one without a kind.
  if (kind === undefined || kind === null || kind === '' || kind === KIND) return;
  const shown = typeof kind === 'string' && /^[A-Z]\w{0,40}$/.test(kind) ? quote(kind) : 'another';
  throw failure(
    `decoding stdout: no kind ${shown} is registered for version ${quote(apiVersion)}; plugin ${plugin} must print an ${KIND}`,
  );
}

/** Fields by name, of an object of JSON or a mapping of YAML. */
type Fields = (name: string) => unknown;

function fieldsOf(value: unknown): Fields | undefined {
  if (value instanceof Map) return (name) => value.get(name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const own = new Map<string, unknown>(Object.entries(value));
  return (name) => own.get(name);
}

function stringOf(fields: Fields, name: string, plugin: string): string | undefined {
  const value = fields(name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw failure(`decoding stdout: status.${name} must be a string (plugin ${plugin})`);
}

/** RFC 3339, as Go's `time.Parse` takes it. */
function readTime(text: string, plugin: string): number {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const [, date = '', clock = '', fraction = '0', zone = ''] = parts ?? [];
  const day = Date.parse(`${date}T00:00:00Z`);
  // Date.parse takes the 30th of February, and 24:00.
  const isDay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(`${date}T`);
  const ms = Date.parse(`${date}T${clock}.${fraction.slice(0, 3)}${zone}`);
  if (isDay && !clock.startsWith('24') && !Number.isNaN(ms)) return ms;
  throw failure(
    `decoding stdout: status.expirationTimestamp is not a date and time as in RFC 3339, 2006-01-02T15:04:05Z (plugin ${plugin})`,
  );
}

/** `exp` of a token that is a JWT (RFC 7519 section 4.1.4), which is not verified: only the API server can. */
function tokenEnd(token: string | undefined): number | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token ?? '')?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims = fieldsOf(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    const seconds = claims?.('exp');
    return typeof seconds === 'number' && Math.abs(seconds) < 8.64e12 ? seconds * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** A server turns an expired certificate down during the handshake: no 401 would ever ask for another one. */
function certificateEnd(cert: string | undefined): number | undefined {
  if (!cert) return undefined;
  try {
    const end = Date.parse(new X509Certificate(cert).validTo);
    return Number.isNaN(end) ? undefined : end;
  } catch {
    return undefined;
  }
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

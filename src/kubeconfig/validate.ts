import { printable, quote } from '../printable.ts';
import { dateWarning, pairProblem, rootsProblem } from './certificates.ts';
import type { ClusterEntry, ExecEntry, UserEntry } from './entries.ts';
import { readFailure } from './read-bounded.ts';
import type { SourceReader } from './source-reader.ts';

/** What judging takes beside the entries. */
export interface Judging {
  readonly reader: SourceReader;
  readonly now: Date;
  /** Added to. */
  readonly warnings: string[];
}

/**
 * Why the effective cluster cannot be used, in client-go's words (`validateClusterInfo`) and with what to do. `secure`: the
 * server is https, so what TLS needs is looked into as well.
 */
export function validateCluster(
  name: string,
  entry: ClusterEntry,
  secure: boolean,
  reader: SourceReader,
): string[] {
  const problems: string[] = [];
  const readPem = pemReader(reader, name, problems);
  const { certificateAuthority: file, certificateAuthorityData: data } = entry;
  if (entry.proxyUrl !== undefined) {
    const problem = proxyProblem(entry.proxyUrl);
    if (problem !== undefined)
      problems.push(
        `invalid 'proxy-url' ${quote(withoutUserinfo(entry.proxyUrl))} for cluster ${quote(name)}: ${problem}`,
      );
  }
  if (file !== undefined && data)
    problems.push(
      `certificate-authority-data and certificate-authority are both specified for ${printable(name)}; keep one of them`,
    );
  const roots = file === undefined ? data : readPem(file, 'certificate-authority');
  if (!secure) return problems;
  if (entry.insecureSkipTlsVerify) {
    if (file !== undefined || data)
      problems.push(
        `specifying a root certificates file with the insecure flag is not allowed (cluster ${quote(name)}); remove insecure-skip-tls-verify`,
      );
  } else if (roots !== undefined) {
    const problem = roots === '' ? 'certificate-authority is empty' : rootsProblem(roots);
    if (problem !== undefined)
      problems.push(
        `unable to load root certificates: ${problem} (certificate-authority of cluster ${quote(name)}); give PEM certificates, or remove it to trust the system's`,
      );
  }
  if (entry.tlsServerName !== undefined && !/^[!-~]+$/.test(entry.tlsServerName))
    problems.push(`tls-server-name of cluster ${quote(name)} is not a host name`);
  return problems;
}

/** Why the effective user cannot be used (client-go `validateAuthInfo`, and what its transport finds out later). */
export function validateUser(
  name: string,
  entry: UserEntry,
  secure: boolean,
  { reader, now, warnings }: Judging,
): string[] {
  const problems: string[] = [];
  const shown = printable(name);
  const pair = readPair(name, entry, reader, problems);
  if (secure && hasKeyOnly(entry))
    problems.push(
      `client-cert-data or client-cert must be specified for ${shown}: a client key alone proves nothing`,
    );
  if (secure && pair !== undefined) {
    const problem = pairProblem(pair.cert, pair.key);
    if (problem !== undefined) problems.push(`${problem} (user ${quote(name)})`);
    const dates = dateWarning(pair.cert, now);
    if (dates !== undefined)
      warnings.push(`the client certificate of user ${quote(name)} ${dates}`);
  }
  if (entry.exec !== undefined) checkExec(shown, entry.exec, problems);
  if (entry.exec !== undefined && entry.authProvider !== undefined)
    problems.push(
      `authProvider cannot be provided in combination with an exec plugin for ${shown}; keep one`,
    );
  if ((entry.token || entry.tokenFile) && (entry.username || entry.password))
    problems.push(
      `more than one authentication method found for ${shown}; found [token basicAuth], only one is allowed`,
    );
  if (entry.as === undefined && (entry.asUid || entry.asGroups.length || entry.asUserExtra.size))
    problems.push(
      `requesting uid, groups or user-extra for ${shown} without impersonating a user; add "as"`,
    );
  checkHeaderValues(name, entry, problems);
  if (secure && entry.tokenFile !== undefined) checkTokenFile(name, entry, reader, problems);
  return problems;
}

/** client-go ignores a key without certificate, which is right only if something else authenticates. */
function hasKeyOnly(entry: UserEntry): boolean {
  const { clientKey, clientKeyData, clientCertificate, clientCertificateData } = entry;
  const { token, tokenFile, username, exec, authProvider } = entry;
  const others = [clientCertificate, clientCertificateData, token, tokenFile, username, exec];
  return Boolean(clientKey ?? clientKeyData) && ![...others, authProvider].some(Boolean);
}

/** Certificate and key, if both are there and nothing is wrong with how they are given. */
function readPair(
  name: string,
  entry: UserEntry,
  reader: SourceReader,
  problems: string[],
): { readonly cert: string; readonly key: string } | undefined {
  const shown = printable(name);
  const { clientCertificate, clientCertificateData, clientKey, clientKeyData } = entry;
  if (clientCertificate === undefined && clientCertificateData === undefined) return undefined;
  const before = problems.length;
  const readPem = pemReader(reader, name, problems);
  if (clientCertificate !== undefined && clientCertificateData !== undefined)
    problems.push(`client-cert-data and client-cert are both specified for ${shown}; keep one`);
  if (clientKey !== undefined && clientKeyData !== undefined)
    problems.push(`client-key-data and client-key are both specified for ${shown}; keep one`);
  if (clientKey === undefined && clientKeyData === undefined)
    problems.push(
      `client-key-data or client-key must be specified for ${shown} to use the clientCert authentication method`,
    );
  const cert =
    clientCertificate === undefined
      ? clientCertificateData
      : readPem(clientCertificate, 'client-cert');
  const key = clientKey === undefined ? clientKeyData : readPem(clientKey, 'client-key');
  if (problems.length > before || cert === undefined || key === undefined) return undefined;
  return { cert, key };
}

function checkExec(shown: string, exec: ExecEntry, problems: string[]): void {
  const use = `must be specified for ${shown} to use exec authentication plugin`;
  if (exec.command === undefined) problems.push(`command ${use}`);
  if (exec.apiVersion === undefined) problems.push(`apiVersion ${use}`);
  if (exec.env.some((variable) => variable.name === '')) problems.push(`env variable name ${use}`);
  if (exec.interactiveMode === undefined) problems.push(`interactiveMode ${use}`);
  else if (!['Never', 'IfAvailable', 'Always'].includes(exec.interactiveMode))
    problems.push(
      `invalid interactiveMode for ${shown}: ${quote(exec.interactiveMode)}; it is Never, IfAvailable or Always`,
    );
}

/** Go sends names as UTF-8 or fails at each request; a line break in one would start a header of its own. */
function checkHeaderValues(name: string, entry: UserEntry, problems: string[]): void {
  if (!fitsHeader(entry.token ?? '')) problems.push(unfit(`token of user ${quote(name)}`));
  const values: [string, readonly string[]][] = [
    ['as', [entry.as ?? '']],
    ['as-uid', [entry.asUid ?? '']],
    ['as-groups', entry.asGroups],
    ['as-user-extra', [...entry.asUserExtra.values()].flat()],
  ];
  for (const [field, strings] of values)
    if (strings.some((text) => CONTROL.test(text)))
      problems.push(unfit(`${field} of user ${quote(name)}`));
}

/** A token file that can be used is no source: whoever sends the token reads it again by itself. */
function checkTokenFile(
  name: string,
  entry: UserEntry,
  reader: SourceReader,
  problems: string[],
): void {
  const path = entry.tokenFile ?? '';
  const before = problems.length;
  try {
    const token = reader.peek(path).toString('utf8').trim();
    if (!fitsHeader(token)) problems.push(unfit(`the token in ${printable(path)}`));
    if (token === '' && entry.token === undefined)
      problems.push(`read empty token from file ${quote(path)} of user ${quote(name)}`);
  } catch (error) {
    if (entry.token === undefined)
      problems.push(
        `unable to read tokenFile for ${printable(name)} due to ${readFailure(path, error)}; check the path`,
      );
  }
  if (problems.length > before) reader.note(path);
}

const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

function fitsHeader(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function unfit(what: string): string {
  return `${what} holds a line break or another character that no HTTP header may; write it on one line, in Latin-1`;
}

/** Gives the text of a file, or undefined and one more problem. */
function pemReader(reader: SourceReader, name: string, problems: string[]) {
  return (path: string, what: string): string | undefined => {
    try {
      return reader.text(path);
    } catch (error) {
      problems.push(
        `unable to read ${what} ${printable(path)} for ${printable(name)} due to ${readFailure(path, error)}; check the path`,
      );
      return undefined;
    }
  };
}

/** client-go `parseProxyURL`. */
function proxyProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return 'could not parse it';
  const { protocol, hostname } = new URL(url);
  const scheme = protocol.slice(0, -1);
  if (['http', 'https', 'socks5'].includes(scheme))
    return hostname === '' ? 'it has no host' : undefined;
  return `unsupported scheme ${quote(scheme)}, must be http, https, or socks5`;
}

function withoutUserinfo(url: string): string {
  const [shown = ''] = url.split(/[?#]/, 1);
  const at = shown.lastIndexOf('@');
  return at < 0 ? shown : `...${shown.slice(at)}`;
}

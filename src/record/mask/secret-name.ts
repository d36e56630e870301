import { isObject, type JsonObject } from '../json/json.ts';

/** Strings of these names are secrets in any object: TokenRequest, TokenReview, ExecCredential, kubeconfigs, custom resources. */
const SECRET_NAME =
  /(?:token|password|passwd|passphrase|bearer|(?:client|shared)[-_]?secret|(?:api|access|private)[-_]?key|key[-_]?data)s?$/i;

/** Answers of SECRET_NAME: few names occur, and often. */
const NAMES = new Map<string, boolean>();
const MAX_NAMES = 4096;

/** An OAuthClient of OpenShift has its secrets in members that are references elsewhere. */
export function isSecretName(name: string, kind: string): boolean {
  let isSecret = NAMES.get(name);
  if (isSecret === undefined) {
    isSecret = SECRET_NAME.test(name);
    if (name.length <= 64 && NAMES.size < MAX_NAMES) NAMES.set(name, isSecret);
  }
  return isSecret || (kind === 'OAuthClient' && /secrets?$/i.test(name));
}

/** Of environment variables and header fields, beside those. */
const NAME_OF_PAIR =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie$|(?:^|_)(?:pass|pwd|secret|secret_key|credentials?)$/i;

/** `{name, value}` of something that is secret by its name: an environment variable, a header field of a probe. */
export function isNamedForSecret({ name, value }: JsonObject): boolean {
  if (typeof name !== 'string' || typeof value !== 'string' || value === '') return false;
  return isSecretName(name, '') || NAME_OF_PAIR.test(name);
}

/** Of a Table, the columns that are named so, as places in its rows: authors of custom resources choose what is shown. */
export function secretColumns({ columnDefinitions }: JsonObject): ReadonlySet<number> {
  const secrets = new Set<number>();
  if (!Array.isArray(columnDefinitions)) return secrets;
  for (const [at, column] of columnDefinitions.entries()) {
    const name: unknown = isObject(column) ? column['name'] : undefined;
    if (typeof name === 'string' && isSecretName(name.trim().replaceAll(' ', '-'), ''))
      secrets.add(at);
  }
  return secrets;
}

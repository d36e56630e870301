import { isSecretText } from './secret-text.ts';

const MASK = '***';

/**
 * Keys whose values prove somebody or something: OAuth and OIDC parameters, API keys, passwords, signed URLs (AWS, Google
 * and Azure call theirs X-Amz-Signature, X-Goog-Signature, sig). Short words count only as the whole key.
 */
const SECRET_KEY =
  /token|secret|passw|passphrase|credential|signature|authorization|assertion|bearer|jwt|(?:api|access|private)[-_.]?key|^(?:key|code|sig|auth|pass|pwd|otp|ticket|samlresponse|sid|session(?:[-_]?id)?)$/i;

/** Every query with a key that SECRET_KEY matches, plain or percent-encoded, matches this, and whatever hidesSecret finds. */
const SUSPECT =
  /[%@]|basic|token|secret|pass|credential|signature|auth|assertion|bearer|jwt|key|code|sig|pwd|otp|ticket|saml|sid|session|eyj/i;

/** Every value that holds a key and a value, a credential or user information, or is a token or a private key, matches this. */
const MAY_HIDE = /[=%@+]|eyJ|LS0t|PRIVATE/;
/** What proves somebody among the words of a command or in a URL; kubectl writes a space as `+`. */
const CREDENTIAL = /\b(?:bearer|basic)[\s+]+\S|\/\/[^\s/?#]*@/i;
/** A command's flag, whose value may be the next word. */
const FLAG = /^command=--?([\w-]+)$/;

/** Keys whose values are pairs of names and values that are no secrets: `labelSelector=secret-type=repository`. */
const SELECTOR = /^(?:label|field)Selector$/i;

/**
 * A raw query string with the values of token-like keys replaced by `***`, and every other byte as it was.
 * Some servers separate pairs by `;` too, so a key is looked for behind it, and behind the `?` and the `#` of a nested URL. Values that
 * hold such a key once decoded (`--password=` among the words of a command, an encoded URL), or that are a token, go whole.
 */
export function maskQuery(query: string): string {
  if (!SUSPECT.test(query)) return query;
  const pairs = query.split('&');
  return pairs
    .map((pair, i) => (isOfSecretFlag(pair, pairs[i - 1]) ? `command=${MASK}` : maskPair(pair)))
    .join('&');
}

/**
 * A raw path, without user information and without the values of token-like keys: servlets have parameters in paths, and
 * what no request should be may be anything.
 */
export function maskPath(path: string): string {
  if (!/[=@]|%3d/i.test(path)) return path;
  return path
    .replace(/\/\/[^/?#]*@/g, `//${MASK}@`)
    .split('/')
    .map((segment) => {
      const masked = maskPair(segment);
      return masked === segment && hidesSecret(segment) ? MASK : masked;
    })
    .join('/');
}

/** `command=--password&command=...` */
function isOfSecretFlag(pair: string, before: string | undefined): boolean {
  if (before === undefined || !pair.startsWith('command=')) return false;
  const name = FLAG.exec(before)?.[1];
  return name !== undefined && SECRET_KEY.test(name);
}

function maskPair(pair: string): string {
  let at = 0;
  for (const part of pair.split(/[;?#]/)) {
    const equals = part.indexOf('=');
    if (equals >= 0 && SECRET_KEY.test(percentDecode(part.slice(0, equals))))
      return pair.slice(0, at + equals + 1) + MASK;
    at += part.length + 1;
  }
  const equals = pair.indexOf('=');
  const hides = equals >= 0 && !SELECTOR.test(pair.slice(0, equals));
  return hides && hidesSecret(pair.slice(equals + 1)) ? pair.slice(0, equals + 1) + MASK : pair;
}

function hidesSecret(value: string): boolean {
  if (!MAY_HIDE.test(value)) return false;
  const text = percentDecode(value);
  if (isSecretText(text) || CREDENTIAL.test(text)) return true;
  return text.split(/[\s&#;?+]/).some((part) => {
    const equals = part.indexOf('=');
    return equals > 0 && SECRET_KEY.test(part.slice(0, equals));
  });
}

/** Unlike `decodeURIComponent`, never throws: a broken escape must not hide the key around it. */
function percentDecode(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

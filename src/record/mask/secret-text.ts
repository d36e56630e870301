/** Where a JSON Web Token may be, in one piece: looking for its dots in the same expression takes quadratic time. */
const MAY_BE_JWT = /eyJ[\w.-]*/g;
/** RFC 7515 section 7.1: three parts in base64url, the first of which is a JSON object. */
const JWT = /^[\w-]{11,}\.[\w-]+\./;
const PRIVATE_KEY = 'PRIVATE KEY-----';
/** `-----BEGIN ` in base64. */
const PEM_IN_BASE64 = 'LS0tLS1CRUdJTi';
/** Of base64, as much as the first line of a private key is long. */
const FIRST_LINE = 56;

/** gzip in base64: helm and Rancher keep manifests and values so, and nobody looks into it here. */
const GZIP_IN_BASE64 = 'H4sI';
/** A manifest in text that is not JSON as a whole; in quotes, its own have backslashes. */
const KIND =
  /(?:\b|\\n)kind(?:\\*["'])?:[ \t]*(?:\\*["'])?Secret(?:\\*["'])?[ \t\r]*(?:[,}#\n\\]|$)/;
const DATA = /(?:\b|\\n)(?:data|stringData)(?:\\*["'])?:/;

/**
 * Text that is a secret whatever its name: it holds a private key in PEM, or in PEM and base64, or the manifest of a Secret,
 * or it is a JSON Web Token, or gzip.
 */
export function isSecretText(text: string): boolean {
  if (text.startsWith('eyJ')) return maskTokens(text, '') !== text;
  if (text.startsWith(PEM_IN_BASE64))
    return Buffer.from(text.slice(0, FIRST_LINE), 'base64').includes('PRIVATE KEY');
  if (text.startsWith(GZIP_IN_BASE64) || text.includes(PRIVATE_KEY)) return true;
  return text.includes('Secret') && KIND.test(text) && DATA.test(text);
}

/** Text with something else in place of each JSON Web Token. */
export function maskTokens(text: string, mask: string): string {
  return text.includes('eyJ')
    ? text.replace(MAY_BE_JWT, (part) => (JWT.test(part) ? mask : part))
    : text;
}

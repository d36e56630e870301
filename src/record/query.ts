const MASK = '***';

/**
 * Keys whose values prove somebody or something: OAuth and OIDC parameters, API keys, passwords, signed URLs (AWS, Google
 * and Azure call theirs X-Amz-Signature, X-Goog-Signature, sig). Short words count only as the whole key.
 */
const SECRET_KEY =
  /token|secret|passw|passphrase|credential|signature|authorization|assertion|bearer|jwt|(?:api|access|private)[-_.]?key|^(?:key|code|sig|auth|pass|pwd)$/i;

/** Every query with a key that SECRET_KEY matches, plain or percent-encoded, matches this. */
const SUSPECT =
  /%|token|secret|pass|credential|signature|auth|assertion|bearer|jwt|key|code|sig|pwd/i;

/**
 * A raw query string with the values of token-like keys replaced by `***`, and every other byte as it was.
 * Some servers separate pairs by `;` too, so a key is looked for behind it, and behind the `?` of a nested URL.
 */
export function maskQuery(query: string): string {
  if (!SUSPECT.test(query)) return query;
  return query.split('&').map(maskPair).join('&');
}

function maskPair(pair: string): string {
  let at = 0;
  for (const part of pair.split(/[;?]/)) {
    const equals = part.indexOf('=');
    if (equals >= 0 && SECRET_KEY.test(percentDecode(part.slice(0, equals))))
      return pair.slice(0, at + equals + 1) + MASK;
    at += part.length + 1;
  }
  return pair;
}

/** Unlike `decodeURIComponent`, never throws: a broken escape must not hide the key around it. */
function percentDecode(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

import { maskWarning } from './message.ts';
import { maskTokens } from './secret-text.ts';
import { maskUrl } from './url.ts';

/** What client-go writes in place of a credential. */
export const MASKED = '<masked>';

/** Fields whose values prove somebody, by their names. */
const SECRET_FIELD =
  /cookie|token|secret|passw|passphrase|credential|signature|assertion|authorization|jwt|session|csrf|xsrf|otp$|^dpop$|(?:^|-)auth$|api-?key|(?:access|private|client|subscription|functions)-key$/;
/** kubectl's number for one of its runs (conventions: the same for all its requests), which proves nothing. */
const KUBECTL_SESSION = 'kubectl-session';
/** Who somebody is said to be is what an auditor looks for; what else is said of them may be anything. */
const IMPERSONATED_EXTRA = 'impersonate-extra-';

/** The schemes that client-go shows (transport/round_trippers.go knownAuthTypes). */
const SHOWN_SCHEMES: ReadonlySet<string> = new Set(['bearer', 'basic', 'negotiate']);
/** apiserver pkg/authentication/request/websocket/protocol.go: a browser's only way to send a bearer token. */
const BEARER_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/**
 * The value of a header field as it may be shown. Authorization keeps its scheme, as with client-go; cookies and all fields
 * that are named as credentials are masked whole; in URLs and in all else, what looks like a token.
 */
export function maskField(name: string, value: string): string {
  const field = name.toLowerCase();
  if (value === '') return value;
  switch (field) {
    case 'authorization':
    case 'proxy-authorization':
      return maskCredentials(value);
    case 'www-authenticate':
    case 'proxy-authenticate':
      return maskChallenge(value);
    case 'sec-websocket-protocol':
      return value.split(',').map(maskProtocol).join(',');
    case 'warning':
      return maskWarning(value);
    case KUBECTL_SESSION:
      return value;
    case 'host':
      return value.replace(/^.*@/, `${MASKED}@`);
  }
  if (SECRET_FIELD.test(field) || field.startsWith(IMPERSONATED_EXTRA)) return MASKED;
  return maskTokens(/[?#]|\/\//.test(value) ? maskUrl(value) : value, MASKED);
}

/** client-go's maskValue. */
function maskCredentials(value: string): string {
  const space = value.indexOf(' ');
  const scheme = space > 0 ? value.slice(0, space) : value;
  if (!SHOWN_SCHEMES.has(scheme.toLowerCase())) return MASKED;
  return value.length > scheme.length + 1 ? `${scheme} ${MASKED}` : scheme;
}

/** A challenge is public, but for SPNEGO's and NTLM's, which carry the server's half of a proof. */
function maskChallenge(value: string): string {
  return value.replace(/\b(negotiate|ntlm) +[\w+/.~-]+=*/gi, `$1 ${MASKED}`);
}

function maskProtocol(protocol: string): string {
  const at = protocol.toLowerCase().indexOf(BEARER_PROTOCOL);
  return at < 0 ? protocol : protocol.slice(0, at + BEARER_PROTOCOL.length) + MASKED;
}

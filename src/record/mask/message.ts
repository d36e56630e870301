import type { About } from './redact.ts';
import { maskTokens } from './secret-text.ts';

const MASKED = '<masked>';
/**
 * Behind these an API server quotes a body. json-iterator, its parser until 1.23, ends its errors with what stands around
 * them; a patch that does not fit is quoted with the whole object (apiserver pkg/endpoints/handlers/patch.go).
 */
const QUOTES_BODY = [', error found in #', 'Invalid value: "{', 'Invalid value: "map['];
/**
 * Validation quotes each value that it refuses, decoders and typed patches what they can not read (apimachinery
 * `field.Error`, structured-merge-diff `typed/validate.go`), and an admission webhook what it likes.
 */
const QUOTES_VALUE =
  /((?:Invalid|Unsupported|Duplicate) value: |, got |cannot unmarshal |denied (?:the )?request: ).*/s;
/** A key that none can be, in a path or as an unknown field: YAML without the space behind a colon has its value in it. */
const ODD_KEY = /(\[|field ")([^\]"]*)/g;
const KEY = /^[\w.-]*$/;

/** Of fields that an object may not have, in the quotes of a Warning field (RFC 9111 section 5.5). */
const ODD_FIELD = /(field \\?")([^"\\]*[:= ][^"\\]*)/g;

/** The value of a Warning field without names of fields that have their values in them. */
export function maskWarning(value: string): string {
  return maskTokens(value, MASKED).replace(ODD_FIELD, `$1${MASKED}`);
}

/** A message of a Status without what the API server quotes in it of bodies, and of single values where they may be secrets. */
export function maskMessage(message: string, about?: About): string {
  const masked = QUOTES_BODY.reduce(cutBehind, maskTokens(message, MASKED));
  return isAboutSecrets(about) ? withoutValues(masked) : masked;
}

function withoutValues(message: string): string {
  return message
    .replace(QUOTES_VALUE, `$1${MASKED}`)
    .replace(ODD_KEY, (part, before: string, key: string) =>
      KEY.test(key) ? part : before + MASKED,
    );
}

function isAboutSecrets(about: About | undefined): boolean {
  if (about === undefined) return false;
  return /secret|token|credential/i.test(`${about.resource}/${about.subresource}`);
}

function cutBehind(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : `${text.slice(0, at + mark.length)}${MASKED}`;
}

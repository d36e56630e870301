import { maskPath, maskQuery } from './query.ts';

/**
 * A URL, or text with URLs in it, without user information (RFC 3986 section 3.2.1) and without the values of token-like keys
 * in queries and fragments: OAuth answers in either.
 */
export function maskUrl(text: string): string {
  return text
    .replace(/\/\/[^\s/?#<>"]*@/g, '//***@')
    .replace(/[?#][^\s#<>"]*/g, (part) => part.charAt(0) + maskQuery(part.slice(1)))
    .replace(/^[^\s?#<>"]*/, maskPath);
}

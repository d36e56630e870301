import { quoteUpTo } from '../../printable.ts';

const LONGEST = 200;
/** The shortest secret that is looked for: a shorter one would be found in any text. */
const SHORTEST_SECRET = 4;
/** Nothing that a person can use is longer; tokens are. A UUID has 36. */
const TOKEN_LIKE = /[\w+~-]{40,}/g;
const BASIC = /\b(basic\s+)[\w+/=-]+/gi;

/**
 * What a server wrote, in quotes, as it may stand in a sentence: without `secrets` and anything that looks like a token, with
 * control and formatting characters as `\u{..}`, cut after `longest` characters.
 */
export function quoteWithout(
  secrets: readonly string[],
  text: string,
  longest: number = LONGEST,
): string {
  let shown = text;
  for (const secret of secrets.filter(({ length }) => length >= SHORTEST_SECRET))
    for (const form of [secret, formEncode(secret), formEncode(secret).replaceAll('+', '%20')])
      shown = shown.replaceAll(form, '[...]');
  return quoteUpTo(longest, shown.replace(BASIC, '$1[...]').replace(TOKEN_LIKE, '[...]'));
}

/** Go's `url.QueryEscape`: some servers compare what they get without decoding it, so every byte counts. */
export function formEncode(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
    .replace(/[!*'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

import type { Matcher } from './patterns.ts';

// `^`, then characters that stand for themselves, escaped punctuation and `.*`; perhaps `$`.
const PLAIN = /^\^((?:[\w/:@%=-]|\\[.[\]/-]|\.\*)*)(\$?)$/;

/**
 * What RE2 says of a pattern of the kind that kubectl's defaults are, `^localhost$` or several pieces with `.*` between; undefined for others.
 * A RegExp of JavaScript would take quadratic time for two `.*`; here each piece is looked for once, in order.
 */
export function plainMatcher(pattern: string, ignoreCase: boolean): Matcher | undefined {
  const [, body, end] = PLAIN.exec(pattern) ?? [];
  if (body === undefined) return undefined;
  const [first = '', ...others] = body.replaceAll('\\', '').split('.*');
  if (ignoreCase) return others.length === 0 ? ignoringCase(first, end === '$') : undefined;
  if (others.length === 0 && end === '$') return (text) => text === first;
  const last = end === '$' ? others.pop() : undefined;
  return (text) => {
    // Where a dot stops.
    const newline = text.indexOf('\n');
    if (last !== undefined && newline >= 0) return false;
    const line = newline < 0 ? text : text.slice(0, newline);
    if (!line.startsWith(first)) return false;
    let at = first.length;
    for (const piece of others) {
      const found = line.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return last === undefined || (line.length - last.length >= at && line.endsWith(last));
  };
}

/** As RE2 folds cases, and a RegExp with `u`: the Kelvin sign is a k. */
function ignoringCase(literal: string, whole: boolean): Matcher {
  const escaped = literal.replace(/[.[\]/]/g, '\\$&');
  const regexp = new RegExp(`^${escaped}${whole ? '$' : ''}`, 'iu');
  return (text) => regexp.test(text);
}

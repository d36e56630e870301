import { createRequire } from 'node:module';
import { PortholeError } from '../errors.ts';
import { plainMatcher } from './plain-pattern.ts';
import { quote } from './quote.ts';

/** Whether a text matches one of a list of patterns, anywhere in it, as Go's `Regexp.MatchString`. */
export type Matcher = (text: string) => boolean;

// What re2js need not be asked, because any text matches: kubectl's default for --accept-paths is among them.
const ALWAYS: ReadonlySet<string> = new Set(['^', '^.*', '.*']);

// The pieces of a pattern in which a comma is a part of it, and the comma that is none.
const COMMA_OR_PIECE = /\\Q[^,]*?\\E|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\{\d+,\d*\}|,/gs;

/**
 * Splits a flag's value into its patterns at the commas, as kubectl does, but not at `\,`, nor within `{2,3}` or `[a,b]`:
 * there kubectl would cut one pattern into two that are wrong. An empty value is no pattern at all.
 */
export function splitPatterns(value: string): string[] {
  if (value === '') return [];
  const patterns: string[] = [];
  let start = 0;
  for (const { 0: piece, index } of value.matchAll(COMMA_OR_PIECE)) {
    if (piece !== ',') continue;
    patterns.push(value.slice(start, index));
    start = index + 1;
  }
  patterns.push(value.slice(start));
  return patterns;
}

/**
 * Compiles RE2 patterns, the language of kubectl's. Throws ERR_USAGE for one that RE2 does not read and for an empty one:
 * it matches everything, and stands there for a comma too many.
 */
export function compilePatterns(
  flagName: string,
  list: readonly string[],
  options?: { readonly ignoreCase: boolean },
): Matcher {
  const compiled = list.map((pattern) => compile(flagName, pattern, options?.ignoreCase ?? false));
  if (list.some((pattern) => ALWAYS.has(pattern))) return () => true;
  return (text) => compiled.some((matches) => matches(text));
}

// Loaded for the first pattern that is not plain: kubectl's defaults are, and re2js with its tables of Unicode would be a
// good part of the time to start and of the memory at rest.
const require = createRequire(import.meta.url);

function compile(flagName: string, pattern: string, ignoreCase: boolean): Matcher {
  if (pattern === '')
    throw new PortholeError(
      'ERR_USAGE',
      `${flagName} has an empty pattern, which would match everything: remove the comma too many, or write ".*".`,
    );
  const plain = plainMatcher(pattern, ignoreCase);
  if (plain !== undefined) return plain;
  const { RE2JS, RE2JSSyntaxException }: typeof import('re2js') = require('re2js');
  try {
    const compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return (text) => compiled.test(text);
  } catch (cause) {
    if (!(cause instanceof RE2JSSyntaxException)) throw cause;
    throw new PortholeError(
      'ERR_USAGE',
      `${flagName} has ${quote(pattern)}, which is not a regular expression that RE2 reads: ${cause.getDescription()}.`,
      { cause },
    );
  }
}

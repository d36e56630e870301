import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_ACCEPT_HOSTS,
  DEFAULT_REJECT_METHODS,
  DEFAULT_REJECT_PATHS,
} from '../../../src/server/admit.ts';
import { splitPatterns } from '../../../src/server/patterns.ts';
import { plainMatcher } from '../../../src/server/plain-pattern.ts';

/** Of few letters, so that texts match often; with what folds to a k and an s, and what a dot does not match. */
const texts = fc.string({
  unit: fc.constantFrom(
    'a',
    'A',
    'k',
    'K',
    's',
    '\u212a',
    '\u017f',
    '/',
    '.',
    '[',
    '-',
    '\n',
    '\r',
    '\u2028',
    '\u{1f4a5}',
  ),
  maxLength: 8,
});
const patterns = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'k', 'S', '/', '.*', '.*', String.raw`\.`, String.raw`\[`, '-'), {
      maxLength: 6,
    }),
    fc.constantFrom('', '$'),
  )
  .map(([body, end]) => `^${body.join('')}${end}`);

describe('plain patterns', () => {
  it('say what RE2 says', () => {
    let judged = 0;
    fc.assert(
      fc.property(patterns, texts, fc.boolean(), (pattern, text, ignoreCase) => {
        const matches = plainMatcher(pattern, ignoreCase);
        if (matches === undefined) return;
        judged += 1;
        const re2 = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
        expect(matches(text)).toBe(re2.test(text));
      }),
      { numRuns: 5_000 },
    );
    expect(judged).toBeGreaterThan(1_000);
  });

  it('are what the defaults are made of, so that re2js is not needed for them', () => {
    for (const list of [DEFAULT_REJECT_PATHS, DEFAULT_REJECT_METHODS])
      for (const pattern of splitPatterns(list))
        expect(plainMatcher(pattern, false), pattern).toBeDefined();
    for (const pattern of splitPatterns(DEFAULT_ACCEPT_HOSTS))
      expect(plainMatcher(pattern, true), pattern).toBeDefined();
  });

  it.each([
    'a',
    'a$',
    '^a+',
    '^a*',
    '^a?',
    '^a.',
    '^a|b',
    '^(a)',
    '^[a]',
    '^a{2}',
    '^.*?a',
    '^.*+',
    '^..*',
    String.raw`^\d`,
    String.raw`^\\`,
    String.raw`^\.*`,
    '^\u00e9',
    '^a$b',
    '^^a',
    '^a\n',
    '',
  ])('leave %j to RE2', (pattern) => {
    expect(plainMatcher(pattern, false)).toBeUndefined();
  });

  it('find pieces in order, none twice', () => {
    const matches = plainMatcher('^/a/.*/b/.*/b$', false);
    expect(['/a//b//b', '/a/x/b/y/b'].map((text) => matches?.(text))).toEqual([true, true]);
    expect(['/a/b', '/a//b', '/a//b/b', '/a//b//b/'].map((text) => matches?.(text))).toEqual(
      Array(4).fill(false),
    );
  });
});

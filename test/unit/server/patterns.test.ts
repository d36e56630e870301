import { describe, expect, it } from 'vitest';
import { compilePatterns, splitPatterns } from '../../../src/server/patterns.ts';
import { outcomeOf } from './request-of.ts';

describe('splitPatterns', () => {
  it.each([
    ['nothing', '', []],
    ['one', '^a$', ['^a$']],
    ['two', '^a$,^b$', ['^a$', '^b$']],
    ['spaces, which belong to the pattern', 'a, b', ['a', ' b']],
    ['empty ones, for compilePatterns to refuse', ',a,', ['', 'a', '']],
    ['F18 a comma in a repetition', '^a{1,2}$,b{2,}', ['^a{1,2}$', 'b{2,}']],
    ['braces that are no repetition', 'a{,2}', ['a{', '2}']],
    ['a comma in a class', '[a,b],c', ['[a,b]', 'c']],
    ['a class that holds its own bracket', '[],]x,[^],]', ['[],]x', '[^],]']],
    ['a class in a class', '[[:alpha:],],a', ['[[:alpha:],]', 'a']],
    ['an escaped bracket in a class', String.raw`[\],],a`, [String.raw`[\],]`, 'a']],
    ['an escaped comma', String.raw`a\,b,c`, [String.raw`a\,b`, 'c']],
    ['an escaped backslash', String.raw`a\\,b`, [String.raw`a\\`, 'b']],
    [
      'escaped brackets',
      String.raw`^\[::1\]$,^\{1,2\}`,
      [String.raw`^\[::1\]$`, String.raw`^\{1`, String.raw`2\}`],
    ],
    ['brackets that are quoted', String.raw`\Q[\E,[a,b]`, [String.raw`\Q[\E`, '[a,b]']],
    ['a bracket that is never closed', '[a,b', ['[a', 'b']],
  ])('keeps or splits %s', (_, value, patterns) => {
    expect(splitPatterns(value)).toEqual(patterns);
  });
});

describe('compilePatterns', () => {
  // kubectl's TestRegexpMatch.
  it.each([
    ['bar,.*', 'foo', true],
    ['bar,fo.*', 'foo', true],
    ['bar,fo.*', 'bar', true],
    ['bar,fo.*', 'baz', false],
  ])('%s on %s: %s', (value, text, matched) => {
    expect(compilePatterns('--x', splitPatterns(value))(text)).toBe(matched);
  });

  it.each([
    ['(?i)/EXEC$', '/p/exec', '/p/exec/'],
    [String.raw`\A/api\z`, '/api', '/api/A'],
    [String.raw`\Q/a.i/\E`, '/a.i/', '/api/'],
    ['^[[:alpha:]]+$', 'abc', 'a:'],
    ['(?P<n>x)', 'x', 'P<n>'],
    ['^(?s)a.b$', 'a\nb', 'ab'],
    ['^a.b$', 'a-b', 'a\nb'],
    [String.raw`^\pL$`, '\u00e9', 'pL'],
    ['^a$', 'a', 'a\n'],
    [String.raw`^\w$`, 'a', '\u00e9'],
    ['(?i)^k$', '\u212a', 'l'],
    [String.raw`^\x{1F4A5}$`, '\u{1f4a5}', 'x'],
  ])('F19: %s is read as RE2', (pattern, matching, other) => {
    const matches = compilePatterns('--x', [pattern]);
    expect([matches(matching), matches(other)]).toEqual([true, false]);
  });

  // An engine that backtracks would not come back from these.
  it.each([
    ['^/(a+)+$', 'a', ''],
    ['^/(a|aa)+$', 'a', ''],
    ['^/(a|b|ab)*c$', 'ab', 'c'],
    ['^/.*.*.*.*x$', 'a', 'x'],
    ['^/(.*a){20}$', 'a', 'a'],
  ])('F20: 100 patterns like %s are matched with 8 KiB in linear time', (pattern, fill, end) => {
    const matches = compilePatterns('--x', Array(100).fill(pattern));
    const text = `/${fill.repeat(8_192 / fill.length)}`;
    expect(matches(`${text}${end}`)).toBe(true);
    expect(matches(`${text}${end}!`)).toBe(false);
  });

  it('matches anywhere in the text, and nothing with an empty list', () => {
    expect(compilePatterns('--x', ['b'])('abc')).toBe(true);
    expect(compilePatterns('--x', [])('abc')).toBe(false);
    expect(compilePatterns('--x', ['a', '^.*'])('')).toBe(true);
  });

  it('F12: minds case, unless told', () => {
    expect(compilePatterns('--x', ['^a$'])('A')).toBe(false);
    expect(compilePatterns('--x', ['^A$'], { ignoreCase: true })('a')).toBe(true);
  });

  it.each([
    ['F18 look-ahead', '(?=x)'],
    ['F18 negative look-ahead', '^/api(?!/v1)'],
    ['F18 look-behind', '(?<=x)y'],
    ['F18 negative look-behind', '(?<!x)y'],
    ['F18 atomic group', '(?>x)'],
    ['F18 possessive repetition', 'x*+'],
    ['F18 back-reference', String.raw`(a)\1`],
    ['F18 repetition over 1,000', 'a{1,1001}'],
    ['F18 repetition over 1,000 in all', '(a{100}){100}'],
    ['F18 class of another dialect', String.raw`\h`],
    ['F18 end of text of another dialect', String.raw`a\Z`],
    ['F18 quote cut at a comma', String.raw`b\E`],
    ['F18 missing parenthesis', '('],
    ['F18 trailing backslash', 'a\\'],
    ['F18 cut out of a list at a comma', '[a'],
    ['empty', ''],
  ])('%s: %j is a usage error', (_, pattern) => {
    expect(outcomeOf(() => compilePatterns('--x', ['.*', pattern]))).toBe('ERR_USAGE');
  });

  it('says which flag, which pattern and why', () => {
    expect(() => compilePatterns('--reject-paths', ['^/a', '('])).toThrow(
      '--reject-paths has "(", which is not a regular expression that RE2 reads: missing closing ).',
    );
  });
});

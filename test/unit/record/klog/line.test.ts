import { describe, expect, it } from 'vitest';
import { goQuote } from '../../../../src/record/go-quote.ts';
import { klogLine } from '../../../../src/record/klog/line.ts';
import { readKlog } from '../../../support/klog-lines.ts';

const TIME = new Date(2026, 10, 22, 13, 5, 10, 885).getTime();

describe('a klog line', () => {
  it('has the shape of klog’s own', () => {
    const line = klogLine(TIME + 0.627, 22078, 'Response', [
      ['status', '200 OK'],
      ['milliseconds', 32],
    ]);
    expect(line).toBe(
      'I1122 13:05:10.885627   22078 exchange.ts:1] "Response" status="200 OK" milliseconds=32\n',
    );
  });

  it.each([
    [0, '000000'],
    [7, '007000'],
    [999.999, '999999'],
  ])('has microseconds of six digits: %s ms', (ms, digits) => {
    const second = Math.floor(TIME / 1000) * 1000;
    expect(klogLine(second + ms, 1, 'a', [])).toContain(`13:05:10.${digits}       1 `);
  });

  it('shows a value of several lines as a block, with and without a last line end', () => {
    expect(klogLine(TIME, 1, 'a', [['headers', 'A: 1\nB: 2\n']])).toMatch(
      / "a" headers=<\n\tA: 1\n\tB: 2\n >\n$/,
    );
    expect(klogLine(TIME, 1, 'a', [['headers', 'A: 1\nB: 2']])).toMatch(
      / "a" headers=<\n\tA: 1\n\tB: 2\n >\n$/,
    );
  });

  it('lets no value pass for an entry, a pair or the end of a block', () => {
    const forged =
      'x\n >\nI1122 13:05:10.885627   22078 exchange.ts:1] "Response" a=1\n\r\x1b[2K\u2028y';
    const text = klogLine(TIME, 1, 'a', [
      ['block', forged],
      ['quoted', 'x" status="200 OK'],
    ]);
    const [entry, ...others] = readKlog(text);
    expect(others).toEqual([]);
    expect(entry?.pairs.map(([key]) => key)).toEqual(['block', 'quoted']);
    expect(text).not.toMatch(/[\r\x1b\u2028]/);
  });

  // From Go: strconv.Quote of each.
  it.each([
    ['plain', '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\x07\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['\x00\x1b\x7f', '"\\x00\\x1b\\x7f"'],
    ['é日😀', '"é日😀"'],
    ['\u0085\u00a0\u200b\u2028\u202e', '"\\u0085\\u00a0\\u200b\\u2028\\u202e"'],
    ['\u{e0001}', '"\\U000e0001"'],
  ])('quotes as Go does: %j', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });
});

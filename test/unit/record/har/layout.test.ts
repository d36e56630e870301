import { describe, expect, it } from 'vitest';
import { continuation, ending, firstLine } from '../../../../src/record/har/layout.ts';

const FIRST = firstLine('1.0');
const entry = (i: number) => JSON.stringify({ startedDateTime: `day ${i}`, text: '\n]}}\n' });
const whole = (count: number, missing = 0) => {
  const entries = Array.from({ length: count }, (_, i) => entry(i));
  return FIRST + (count === 0 ? '' : `\n${entries.join(',\n')}`) + ending(missing);
};

describe('the layout of an archive', () => {
  it.each([0, 1, 3])('is whole with %i entries, and says how many are missing', (count) => {
    for (const missing of [0, 12]) {
      const { log } = JSON.parse(whole(count, missing));
      expect(log.entries).toHaveLength(count);
      expect(log.comment).toBe(
        missing === 0
          ? undefined
          : '12 exchanges are missing: they came faster than they could be written',
      );
    }
  });

  it.each([0, 1, 3])('is continued behind the last of %i entries', (count) => {
    for (const missing of [0, 12])
      expect(continuation(whole(count, missing))).toEqual({
        at: whole(count).length - ending(0).length,
        hasEntries: count > 0,
        missing,
      });
  });

  it('is continued behind the last whole entry, wherever a write was cut off', () => {
    const three = whole(3);
    const ends = [0, 1, 2, 3].map((count) => whole(count).length - ending(0).length);
    for (let length = FIRST.length; length < three.length; length++) {
      const found = continuation(three.slice(0, length));
      expect(found?.at).toBe(ends.findLast((end) => end <= length));
      const text = three.slice(0, found?.at) + ending(0);
      expect(JSON.parse(text).log.entries).toHaveLength(ends.indexOf(found?.at ?? -1));
    }
  });

  it('is continued where a write was cut off that overwrote its end', () => {
    const one = `${FIRST}\n${entry(0)}`;
    for (const rest of [`,\n${entry(1).slice(0, -2)}`, ',\n{"startedDateTime"', ',\n', ','])
      expect(continuation(one + rest)).toEqual({ at: one.length, hasEntries: true, missing: 0 });
  });

  it('is not looked for without end in a part of a file that begins with the end of a line', () => {
    for (const text of ['\n', '\n\n', '\nhello', '\n{"startedDateTime"\n', '\n\n]}}\n'])
      expect(continuation(text)).toBeUndefined();
  });

  it('is not looked for in something else', () => {
    for (const text of ['', 'hello\nworld\n', FIRST.slice(0, -3), '{"log":{}}'])
      expect(continuation(text)).toBeUndefined();
  });
});

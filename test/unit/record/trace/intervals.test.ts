import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Intervals } from '../../../../src/record/trace/intervals.ts';

function total(pairs: readonly (readonly [number, number])[]): number {
  const intervals = new Intervals();
  for (const [from, to] of pairs) intervals.add(from, to);
  return intervals.total;
}

describe('Intervals', () => {
  it.each<[string, [number, number][], number]>([
    ['nothing', [], 0],
    ['one', [[1, 4]], 3],
    [
      'two apart',
      [
        [1, 4],
        [6, 8],
      ],
      5,
    ],
    [
      'two that touch',
      [
        [1, 4],
        [4, 8],
      ],
      7,
    ],
    [
      'two that overlap',
      [
        [1, 4],
        [2, 8],
      ],
      7,
    ],
    [
      'one in another',
      [
        [3, 4],
        [1, 8],
      ],
      7,
    ],
    [
      'one that joins others',
      [
        [1, 2],
        [3, 4],
        [5, 6],
        [2, 7],
      ],
      6,
    ],
    [
      'one that joins the last alone',
      [
        [1, 2],
        [4, 5],
        [3, 7],
      ],
      5,
    ],
  ])('%s', (_, pairs, sum) => {
    expect(total(pairs)).toBe(sum);
  });

  it('counts each moment once', () => {
    const interval = fc
      .tuple(fc.nat({ max: 60 }), fc.nat({ max: 20 }))
      .map(([from, length]) => [from, from + length] as const);
    fc.assert(
      fc.property(fc.array(interval), (pairs) => {
        const inOrder = pairs.toSorted(([, one], [, other]) => one - other);
        const moments = new Set<number>();
        for (const [from, to] of pairs) for (let at = from; at < to; at++) moments.add(at);
        expect(total(inOrder)).toBe(moments.size);
      }),
    );
  });

  it('adds up, in bounded room, what a command does in days', () => {
    const intervals = new Intervals();
    for (let i = 0; i < 30_000; i++) intervals.add(i * 10, i * 10 + 3);
    expect(intervals.total).toBe(90_000);
    // One that was under way from the start: the gaps that are still known are filled.
    intervals.add(0, 300_000);
    expect(intervals.total).toBeGreaterThan(90_000);
    expect(intervals.total).toBeLessThanOrEqual(300_000);
  });
});

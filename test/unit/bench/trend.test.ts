import { describe, expect, it } from 'vitest';
import { trend } from '../../../bench/trend.js';

/** `count` samples of what grows by `each` from one to the next. */
const line = (count: number, each: number) =>
  Array.from({ length: count }, (_, i) => 100 + i * each);

describe('the trend of samples', () => {
  it('is the slope of a line, an hour', () => {
    const { slope, error } = trend(line(101, 0.5), 2);
    expect(slope).toBeCloseTo(25, 9);
    expect(error).toBeCloseTo(0, 9);
  });

  it('does not depend on how many samples there are to a stretch', () => {
    for (const count of [3, 19, 20, 21, 59, 900]) {
      expect(trend(line(count, 1), 1).slope).toBeCloseTo(count - 1, 9);
    }
  });

  it('is none for what stays the same, and for too few samples', () => {
    expect(trend(line(50, 0), 1)).toEqual({ slope: 0, error: 0 });
    expect(trend([1, 9], 1)).toEqual({ slope: 0, error: 0 });
  });

  it('is within its error of none for a saw tooth, and is not for one that also rises', () => {
    const saw = Array.from({ length: 400 }, (_, i) => 80 + (i % 37));
    const still = trend(saw, 0.5);
    expect(Math.abs(still.slope)).toBeLessThan(2 * still.error);
    const rising = trend(
      saw.map((y, i) => y + i / 4),
      0.5,
    );
    expect(rising.slope).toBeGreaterThan(2 * rising.error);
  });
});

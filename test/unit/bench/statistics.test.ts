import { describe, expect, it } from 'vitest';
import { median, percentile, ratio, sample, spread } from '../../../bench/statistics.js';

describe('statistics of rounds', () => {
  it('the median is the one in the middle, as numbers go, or the mean of two', () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([100, 9, 10, 20])).toBe(15);
    expect(() => median([])).toThrow(RangeError);
  });

  it('one slow round moves the spread, not the median nor a ratio', () => {
    const noisy = sample([100, 101, 40]);
    expect(noisy).toEqual({ median: 100, min: 40, max: 101, rounds: 3 });
    expect(spread(noisy)).toBeCloseTo(0.305);
    expect(ratio(noisy, sample([50, 49, 51]))).toBe(2);
  });

  it('a percentile is a value that occurred, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([3, 1, 2], 0)).toBe(1);
  });
});

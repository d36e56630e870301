import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencySketch, RELATIVE_ERROR } from '../../../src/review/sketch.ts';

describe('a sketch of latencies', () => {
  it('tells quantiles to its error, and the maximum as it was', () => {
    // Four months, in µs: all that it tells apart.
    const latency = fc
      .double({ min: 0, max: 43, noNaN: true })
      .map((power) => Math.floor(2 ** power));
    const shares = [0, 0.5, 0.9, 0.99, 1];
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 300 }), (latencies) => {
        const sketch = new LatencySketch();
        for (const one of latencies) sketch.add(one);
        const sorted = latencies.toSorted((a, b) => a - b);
        expect(sketch.max).toBe(sorted.at(-1));
        for (const share of shares) {
          const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
          const error = Math.abs(sketch.quantile(share) - exact);
          expect(sketch.quantile(share)).toBeLessThanOrEqual(sketch.max);
          expect(error).toBeLessThanOrEqual(Math.max(1, exact * RELATIVE_ERROR * 1.000001));
        }
      }),
    );
  });

  it('holds what lasted for years', () => {
    const sketch = new LatencySketch();
    sketch.add(1e15);
    expect(sketch.max).toBe(1e15);
    expect(sketch.quantile(0.5)).toBeGreaterThan(1e12);
  });

  it('of nothing tells nothing', () => {
    expect(new LatencySketch().quantile(0.99)).toBe(0);
  });
});

import { expect, it } from 'vitest';
import { nthRequest } from '../../../bench/soak-mix.js';

const thousand = (from: number) => Array.from({ length: 1000 }, (_, i) => nthRequest(from + i, 10));

it('every thousand requests in a row are the same mix', () => {
  const methods = (from: number) => {
    const counts: Record<string, number> = {};
    for (const { method, leave } of thousand(from)) {
      const kind = leave === true ? 'left' : method;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  };
  expect(methods(0)).toEqual({ GET: 958, POST: 20, PATCH: 10, HEAD: 11, left: 1 });
  expect(methods(123_456)).toEqual(methods(0));
});

it('writes come one at a time between reads, and each writes something new', () => {
  const writes = thousand(0).map(({ method }) => method === 'PATCH');
  expect(writes.some((isWrite, i) => isWrite && writes[i + 1] === true)).toBe(false);
  const bodies = thousand(0).flatMap(({ body, method }) => (method === 'PATCH' ? [body] : []));
  expect(new Set(bodies).size).toBe(10);
});

import { describe, expect, it } from 'vitest';
import { remember } from '../../../src/server/verdict-cache.ts';

function counting(): { judged: string[]; verdict: (text: string) => string } {
  const judged: string[] = [];
  const verdict = remember((text) => {
    judged.push(text);
    return `verdict on ${text}`;
  });
  return { judged, verdict };
}

describe('remember', () => {
  it('judges a text once', () => {
    const { judged, verdict } = counting();
    expect([verdict('a'), verdict('b'), verdict('a')]).toEqual([
      'verdict on a',
      'verdict on b',
      'verdict on a',
    ]);
    expect(judged).toEqual(['a', 'b']);
  });

  it('forgets everything rather than hold more than 1,024 texts', () => {
    const { judged, verdict } = counting();
    for (let i = 0; i < 1024; i++) verdict(`${i}`);
    verdict('0');
    expect(judged.length).toBe(1024);
    verdict('one more');
    verdict('0');
    expect(judged.slice(1024)).toEqual(['one more', '0']);
  });

  it('does not hold a text of more than 1,024 characters', () => {
    const { judged, verdict } = counting();
    for (const text of ['a'.repeat(1024), 'b'.repeat(1025)]) {
      verdict(text);
      expect(verdict(text)).toBe(`verdict on ${text}`);
    }
    expect(judged.map((text) => text.length)).toEqual([1024, 1025, 1025]);
  });
});

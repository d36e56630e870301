import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../../src/kubeconfig/did-you-mean.ts';

describe('didYouMean', () => {
  it.each<[string, string[], string]>([
    ['prod', [], '; there are no contexts'],
    ['prdo', ['dev', 'prod'], '; did you mean "prod"?'],
    ['PROD', ['dev', 'prod'], '; did you mean "prod"?'],
    [
      'prod',
      ['arn:aws:eks:eu-west-1:1:cluster/prod', 'dev'],
      '; did you mean "arn:aws:eks:eu-west-1:1:cluster/prod"?',
    ],
    ['prod', ['prod3', 'prod1', 'prox', 'prod2'], '; did you mean "prod3" or "prod1" or "prox"?'],
    ['x', ['alpha', 'beta'], '; the contexts are "alpha", "beta"'],
    [
      'zzzz',
      ['a1', 'b1', 'c1', 'd1', 'e1', 'f1', 'g1'],
      '; the contexts are "a1", "b1", "c1", "d1", "e1" and 2 more',
    ],
    ['zzzz', ['a\x1b[2J\n'], '; the contexts are "a\\u{1b}[2J\\u{a}"'],
  ])('%s among %j', (name, known, hint) => {
    expect(didYouMean(name, 'context', known)).toBe(hint);
  });

  it('copes with thousands of long names', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `${'n'.repeat(500)}${i}`);
    expect(didYouMean('m'.repeat(100_000), 'context', names)).toContain('and 4995 more');
  });
});

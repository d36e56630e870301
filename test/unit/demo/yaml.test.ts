import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../src/demo/yaml.ts';

describe('parseYaml', () => {
  it('reads a manifest, and JSON', () => {
    const text = 'kind: Pod # tour\nspec:\n  containers:\n    - {name: a, image: "b:1"}\n';
    const value = { kind: 'Pod', spec: { containers: [{ name: 'a', image: 'b:1' }] } };
    expect(parseYaml(text)).toEqual(value);
    expect(parseYaml(JSON.stringify(value))).toEqual(value);
  });

  it('takes the last of duplicate keys', () => {
    expect(parseYaml('a: 1\na: 2')).toEqual({ a: 2 });
  });

  const nine = (item: string) => `[${Array(9).fill(item).join()}]`;
  const bomb = `a: &a ${nine('x')}\nb: &b ${nine('*a')}\nc: &c ${nine('*b')}\nd: ${nine('*c')}`;
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  it('reads what is 90 levels deep', () => {
    expect(JSON.stringify(parseYaml(nested(90)))).toBe(nested(90));
  });

  it.each([
    ['is malformed', 'a: ['],
    ['has two documents', 'a: 1\n---\na: 2'],
    ['is 110 levels deep', nested(110)],
    ['is so deep that composing it could end the process', '['.repeat(3e6)],
    ['has a list in a list in a list', '- '.repeat(1e6)],
    ['has too many tokens', `[${'1,'.repeat(1e6)}]`],
    ['has an error in each of too many tokens', ']'.repeat(3e6)],
    ['grows by its aliases', bomb],
  ])('refuses what %s', (_, text) => {
    expect(() => parseYaml(text)).toThrow();
  });
});

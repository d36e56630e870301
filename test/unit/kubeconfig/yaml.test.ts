import { describe, expect, it } from 'vitest';
import { MAX_DEPTH, readYaml } from '../../../src/kubeconfig/yaml.ts';
import { messageOf } from './support.ts';

const map = (...entries: [string, unknown][]) => new Map(entries);

describe('readYaml reads as kubectl does', () => {
  it.each<[string, string, unknown]>([
    ['YAML 1.1 booleans', '[yes, on, no, off, true, n]', [true, true, false, false, true, false]],
    ['the last of duplicate keys', 'a: 1\na: 2', map(['a', 2])],
    ['the first document', 'a: 1\n---\n: [broken', map(['a', 1])],
    ['JSON', '{"a": [1, "b", null]}', map(['a', [1, 'b', null]])],
    ['JSON indented with tabs', '{\n\t"a": [\n\t\t1\n\t]\n}', map(['a', [1]])],
    ['JSON with a trailing comma', '{"a":"b",}', map(['a', 'b'])],
    ['nothing', '', null],
    ['comments only', '# nothing\n', null],
    ['a scalar', 'text', 'text'],
    ['dates as strings', 'a: 2001-01-01', map(['a', '2001-01-01'])],
    ['base 60 as strings', 'a: 12:30', map(['a', '12:30'])],
    ['a dot as a string', '[., ./x]', ['.', './x']],
    ['numbers as numbers', '[0123, 1e3, 12]', [83, 1000, 12]],
    ['numeric keys as strings', '1: a', map(['1', 'a'])],
    ['an explicit string tag', '!!str 123', '123'],
    ['anchors', 'a: &x [1]\nb: *x', map(['a', [1]], ['b', [1]])],
    [
      'an anchor set twice',
      'a: &x 1\nb: *x\nc: &x 2\nd: *x',
      map(['a', 1], ['b', 1], ['c', 2], ['d', 2]),
    ],
    [
      'names of Object.prototype',
      '__proto__: 1\nconstructor: 2',
      map(['__proto__', 1], ['constructor', 2]),
    ],
  ])('%s', (_, text, value) => {
    expect(readYaml(text)).toEqual(value);
  });

  it('merges <<, own keys first, then the earlier source', () => {
    const text = 'x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2, d: 2}\nz:\n  <<: [*x, *y]\n  d: 3\n';
    const z = (readYaml(text) as Map<string, unknown>).get('z');
    expect(z).toEqual(map(['a', 1], ['b', 1], ['c', 2], ['d', 3]));
  });
});

describe('readYaml refuses', () => {
  it.each<[string, string, string | RegExp]>([
    ['a tab as indentation', 'a:\n\tb: 1', /^line 2: .*tab/],
    ['an open quote', 'a: 1\nb: "x', /^line 2: .*missing/],
    ['an open bracket', 'a: [1', /^line 1: .*bracket/],
    ['bad indentation', 'a:\n    b: 1\n  c: 2\n', /^line \d: not valid YAML/],
    ['a custom tag', 'a: 1\nb: !secret x', /^line 2: .*tags/],
    ['an alias without anchor', 'a: *x', /alias/],
    ['an alias inside its own anchor', 'a: &x [*x]', /alias/],
    ['a merge of a scalar', '<<: 1', /merge key/],
    ['a list as key', '? [a]\n: b', /key of a mapping/],
  ])('%s', (_, text, message) => {
    expect(messageOf(() => readYaml(text))).toMatch(message);
  });

  it.each([
    'a: "s3cret\n',
    'a: [s3cret\n',
    's3cret s3cret\n: s3cret: s3cret: x',
    '- a\ns3cret\n',
    'a: !s3cret x',
    'a: *s3cret',
    'a: b: s3cret',
    '%s3cret\n---\na: }s3cret',
  ])('%j without showing a word of it', (text) => {
    expect(messageOf(() => readYaml(text))).not.toContain('s3cret');
  });
});

describe('depth', () => {
  const shapes: Record<string, (depth: number) => string> = {
    'flow lists': (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`,
    'flow mappings': (depth) => `${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`,
    'lists on one line': (depth) => `${'- '.repeat(depth)}a`,
    'block mappings': (depth) =>
      Array.from(
        { length: depth },
        (_, i) => `${' '.repeat(i)}a:${i === depth - 1 ? ' 1' : ''}`,
      ).join('\n'),
    'explicit keys': (depth) => `${'? '.repeat(depth - 1)}a: 1`,
  };
  const nested = Object.entries(shapes).filter(([name]) => name !== 'explicit keys');

  it.each(nested)('%s may be nested 64 deep', (_, make) => {
    expect(() => readYaml(make(MAX_DEPTH))).not.toThrow();
  });

  it.each(
    Object.entries(shapes)
      .flatMap(([name, make]) => [65, 1_000, 100_000].map((depth) => [name, depth, make] as const))
      .filter(([name, depth]) => name !== 'block mappings' || depth < 10_000),
  )('%s nested %i deep are refused in words', (_, depth, make) => {
    expect(messageOf(() => readYaml(make(depth)))).toBe('nested deeper than 64 levels');
  });

  it('never ends the process, however often it is tried', () => {
    for (let i = 0; i < 200; i++)
      expect(() => readYaml('['.repeat(20_000))).toThrow('nested deeper');
  });

  it('is not counted where brackets are text', () => {
    const text = `a: |\n  ${'['.repeat(500)}\nb: "${'{'.repeat(500)}"\nc: x${'['.repeat(500)}\n# ${'['.repeat(500)}`;
    expect(readYaml(text)).toBeInstanceOf(Map);
  });
});

describe('size', () => {
  it('an alias bomb is refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`);
    expect(messageOf(() => readYaml(lines.join('\n')))).toContain('YAML aliases');
  });

  it('a bomb of merge keys is refused', () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join(', ');
    const lines = [`a: &a {${keys}}`, ...Array.from({ length: 2000 }, (_, i) => `b${i}: {<<: *a}`)];
    expect(messageOf(() => readYaml(lines.join('\n')))).toContain('YAML aliases');
  });

  it('a block shared by many entries is no bomb', () => {
    const text = `x: &x {a: 1, b: [2, 3]}\nlist:\n${'- *x\n'.repeat(5000)}`;
    expect((readYaml(text) as Map<string, unknown[]>).get('list')).toHaveLength(5000);
  });

  it.each(['[,', ']', '&a ', '%a\n', '"a" '])('much of %j is refused', (piece) => {
    expect(() => readYaml(piece.repeat(100_000))).toThrow();
  });

  it('leaves the stack traces of others as they were', () => {
    const before = Error.stackTraceLimit;
    expect(() => readYaml('[')).toThrow();
    expect(Error.stackTraceLimit).toBe(before);
  });
});

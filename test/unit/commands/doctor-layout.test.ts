import { describe, expect, it } from 'vitest';
import { row, sentence, shownPath, shownSource } from '../../../src/commands/doctor-layout.ts';

const COLUMN = ' '.repeat(19);

describe('row', () => {
  it.each<[string, string[], string]>([
    ['one phrase', ['b'], '  a                b\n'],
    ['phrases that fit', ['b', '(c)'], '  a                b (c)\n'],
    [
      'a phrase that does not fit begins a line',
      ['b'.repeat(50), 'c c c c c c'],
      `  a                ${'b'.repeat(50)}\n${COLUMN}c c c c c c\n`,
    ],
    [
      'a phrase of exactly the rest stays',
      ['b'.repeat(50), 'c'.repeat(10)],
      `  a                ${'b'.repeat(50)} ${'c'.repeat(10)}\n`,
    ],
    [
      'a phrase that is longer than a line is broken at words',
      [`${'b'.repeat(40)} ${'c'.repeat(40)}`],
      `  a                ${'b'.repeat(40)}\n${COLUMN}${'c'.repeat(40)}\n`,
    ],
    ['a longer word stays whole', ['b'.repeat(99)], `  a                ${'b'.repeat(99)}\n`],
    ['nothing', [], '  a\n'],
  ])('%s', (_, phrases, expected) => {
    expect(row('a', ...phrases)).toBe(expected);
  });
});

describe('what is shown of', () => {
  it.each([
    ['/home/a/.kube/config', '/home/a', '~/.kube/config'],
    ['/home/ab/config', '/home/a', '/home/ab/config'],
    ['/home/a/config', undefined, '/home/a/config'],
    ['/home/a/\u001b]0;x', '/home/a', '~/\\u{1b}]0;x'],
  ])('the path %j', (path, home, expected) => {
    expect(shownPath(path, home)).toBe(expected);
  });

  it('a source', () => {
    expect(shownSource({ what: '--server', file: undefined }, '/h')).toBe('(--server)');
    expect(shownSource({ what: 'cluster "c"', file: '/h/f' }, '/h')).toBe('(cluster "c" in ~/f)');
  });

  it('a server’s text: one line, no control characters, no end of words', () => {
    expect(sentence(' a\r\n\tb\u001b[2J  c ')).toBe('a b\\u{1b}[2J c');
    expect(sentence('w '.repeat(10_000)).length).toBeLessThan(250);
    expect(sentence('w'.repeat(10_000)).length).toBeLessThan(250);
  });
});

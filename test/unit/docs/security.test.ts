import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/security.md', root), 'utf8');

/** `path` "words" "other words": what a line of the page says of tests. */
const MENTION = /`(test\/[\w./-]+)`((?: "[^"]+")*)/g;

interface Mention {
  readonly file: string;
  readonly words: string[];
}

function mentionsIn(text: string): Mention[] {
  return [...text.matchAll(MENTION)].map(([, file = '', quoted = '']) => ({
    file,
    words: [...quoted.matchAll(/"([^"]+)"/g)].map(([, words = '']) => words),
  }));
}

/** The test's source with its titles as they are read: quotes are quotes. */
function sourceOf(file: string): string {
  return readFileSync(new URL(file, root), 'utf8').replaceAll(/\\(['"])/g, '$1');
}

describe('docs/security.md', () => {
  const mentions = mentionsIn(page);

  it('names test files that are there', () => {
    expect(mentions.length).toBeGreaterThan(30);
    expect(mentions.filter(({ file }) => !existsSync(new URL(file, root)))).toEqual([]);
  });

  it.each(mentions.flatMap(({ file, words }) => words.map((title) => ({ file, title }))))(
    '$file has a test "$title"',
    ({ file, title }) => {
      expect(sourceOf(file)).toContain(title);
    },
  );

  it('has a test for every promise', () => {
    const [, promises = ''] = /^## Promises.*?\n(.*?)^## /ms.exec(page) ?? [];
    const rows = [...promises.matchAll(/^\| (?!promise|---)(.*?) \| (.*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(25);
    const unheld = rows.filter(([, , held = '']) => mentionsIn(held).length === 0);
    expect(unheld.map(([, promise]) => promise)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { canonicalUrl, slashedUrl } from '../../../src/files/redirect.ts';

/** Where a browser goes from `/static` + `path`. */
function followed(path: string, url: string | undefined): string {
  expect(url).toBeDefined();
  return new URL(url ?? '', `http://localhost/static${encodeURI(path)}`).href.slice(16);
}

describe('a path that is written in another way', () => {
  it.each([
    ['/index.html', './', '/static/'],
    ['/a/index.html', './', '/static/a/'],
    ['//', '../', '/static/'],
    ['//a', '../a', '/static/a'],
    ['///a//b/', '../../../../../a/b/', '/static/a/b/'],
    ['/a//index.html', '../../a/index.html', '/static/a/index.html'],
    ['/a:b//c', '../../a:b/c', '/static/a:b/c'],
    ['//evil.example/x', '../../evil.example/x', '/static/evil.example/x'],
    ['//x y', '../x%20y', '/static/x%20y'],
  ])('%s leads to %s', (path, url, there) => {
    expect(canonicalUrl(path)).toBe(url);
    expect(followed(path, url)).toBe(there);
  });

  it.each(['/', '/a', '/a/', '/index.htm', '/xindex.html', '/index.html/', '/a/index.html/x'])(
    '%s is as it should be',
    (path) => {
      expect(canonicalUrl(path)).toBeUndefined();
    },
  );
});

describe('a path without the slash of its kind', () => {
  it.each([
    ['/a', 'directory', 'a/', '/static/a/'],
    ['/a/b', 'directory', 'b/', '/static/a/b/'],
    ['/x y', 'directory', 'x%20y/', '/static/x%20y/'],
    [
      '/javascript:alert(1)',
      'directory',
      './javascript:alert%281%29/',
      '/static/javascript:alert%281%29/',
    ],
    ['/caf\u00e9', 'directory', 'caf%C3%A9/', '/static/caf%C3%A9/'],
    ['/a\r\nb', 'directory', 'a%0D%0Ab/', '/static/a%0D%0Ab/'],
    ['/a/b/', 'file', '../b', '/static/a/b'],
    ['/a:b/', 'file', '../a:b', '/static/a:b'],
    ['/100%/', 'file', '../100%25', '/static/100%25'],
  ] as const)('%s, a %s, leads to %s', (path, kind, url, there) => {
    expect(slashedUrl(path, kind)).toBe(url);
    expect(followed(path, url)).toBe(there);
  });

  it.each([
    ['/', 'directory'],
    ['/a/', 'directory'],
    ['/a', 'file'],
  ] as const)('%s is right for a %s', (path, kind) => {
    expect(slashedUrl(path, kind)).toBeUndefined();
  });
});

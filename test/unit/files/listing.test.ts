import { expect, it } from 'vitest';
import { listing } from '../../../src/files/listing.ts';
import { relativeUrl } from '../../../src/files/relative-url.ts';

// As kubectl proxy 1.35 shows a directory that has these, byte for byte.
const OF_KUBECTL = `<!doctype html>
<meta name="viewport" content="width=device-width">
<pre>
<a href="%21a">!a</a>
<a href="100%25.txt">100%.txt</a>
<a href="%3Cdir%3E/">&lt;dir&gt;/</a>
<a href="%3Cx%3E&%22%27.txt">&lt;x&gt;&amp;&#34;&#39;.txt</a>
<a href="%5Bx%5D">[x]</a>
<a href="%5E">^</a>
<a href="%60">\`</a>
<a href="a%252Fb">a%2Fb</a>
<a href="./a:b">a:b</a>
<a href="./c:d/">c:d/</a>
<a href="new%0Aline">new
line</a>
<a href="q%3F%23;a=b+c@d$,~%2A%28%29.txt">q?#;a=b+c@d$,~*().txt</a>
<a href="x%20y/">x y/</a>
<a href="%7Bb%7D">{b}</a>
<a href="%7C">|</a>
<a href="%C3%A9.txt">\u00e9.txt</a>
<a href="%EF%BC%81">\uff01</a>
<a href="%F0%9F%98%80">\u{1f600}</a>
</pre>
`;

it('looks as kubectl proxy makes it look, whatever the names and their order', () => {
  const names = [...OF_KUBECTL.matchAll(/^<a href="([^"]*)">/gm)].map(([, url = '']) =>
    decodeURIComponent(url).replace(/^\.\//, ''),
  );
  const entries = names.map((name) => ({
    name: name.replace(/\/$/, ''),
    isDirectory: () => name.endsWith('/'),
  }));
  expect(entries).toHaveLength(18);
  expect(listing(entries.toReversed())).toBe(OF_KUBECTL);
});

it('sorts by name, not by name and slash', () => {
  const page = listing([
    { name: 'a-b', isDirectory: () => false },
    { name: 'a', isDirectory: () => true },
  ]);
  expect(page.indexOf('>a/<')).toBeLessThan(page.indexOf('>a-b<'));
});

it('of nothing is an empty page', () => {
  expect(listing([])).toContain('<pre>\n</pre>\n');
});

it('writes a name that is not even UTF-16', () => {
  expect(relativeUrl('\ud800')).toBe('%EF%BF%BD');
});

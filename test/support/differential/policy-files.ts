// The files of --www: kubectl's TestFileServing, and what browsers and curl ask for besides.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from '../raw-client.ts';
import { differs, get, type PolicyRow, same, upgrade } from './policy-row.ts';

/** Fills an empty folder; `outside` is a file that is not in it. */
export function writeFiles(root: string, outside: string): void {
  const file = (path: string, text: string) => writeFileSync(join(root, path), text);
  for (const folder of ['site', 'list', 'list/more']) mkdirSync(join(root, folder));
  file('test.txt', 'This is test data');
  file('page.html', '<!doctype html>');
  file('script.js', '0');
  file('style.css', 'a{}');
  file('data.json', '{}');
  file('a b.txt', 'spaces');
  file('nameless', 'text');
  file('site/index.html', '<p>site');
  file('list/one.txt', '1');
  symlinkSync('test.txt', join(root, 'link-within'));
  symlinkSync(outside, join(root, 'link-out'));
}

/** `--www=FOLDER --www-prefix=/foo/`. */
export const files: readonly PolicyRow[] = [
  same('TestFileServing', get('/foo/test.txt'), 200),
  same('HEAD', request('HEAD /foo/test.txt'), 200),
  same('HTML', get('/foo/page.html'), 200),
  same('a script', get('/foo/script.js'), 200),
  same('a style sheet', get('/foo/style.css'), 200),
  same('JSON', get('/foo/data.json'), 200),
  same('text without an extension', get('/foo/nameless'), 200),
  same('a name with an escape', get('/foo/a%20b.txt'), 200),
  same('a query', get('/foo/test.txt?v=1'), 200),
  same('the first bytes', get('/foo/test.txt', 'Range: bytes=0-3\r\n'), 206),
  same('from a byte on', get('/foo/test.txt', 'Range: bytes=13-\r\n'), 206),
  same('the last bytes', get('/foo/test.txt', 'Range: bytes=-4\r\n'), 206),
  same('bytes beyond the end', get('/foo/test.txt', 'Range: bytes=99-\r\n'), 416, { bare: true }),
  differs(
    'two ranges',
    get('/foo/test.txt', 'Range: bytes=0-1,3-4\r\n'),
    { kubectl: 206, porthole: 200 },
    'files',
  ),
  same('not modified', get('/foo/test.txt', `If-Modified-Since: ${inAnHour()}\r\n`), 304),
  same(
    'modified',
    get('/foo/test.txt', 'If-Modified-Since: Mon, 01 Jan 1990 00:00:00 GMT\r\n'),
    200,
  ),
  same(
    'modified, and not wanted then',
    get('/foo/test.txt', 'If-Unmodified-Since: Mon, 01 Jan 1990 00:00:00 GMT\r\n'),
    412,
    { bare: true },
  ),
  same('no such file', get('/foo/absent'), 404),
  same('a file as if it were a folder', get('/foo/test.txt/'), 301),
  same('a folder without its slash', get('/foo/site'), 301),
  same('a folder with an index', get('/foo/site/'), 200),
  same('the index by its name', get('/foo/site/index.html'), 301),
  same('the prefix without its slash', get('/foo'), 301),
  same('a link within the folder', get('/foo/link-within'), 200),
  differs('a link out of it', get('/foo/link-out'), { kubectl: 200, porthole: 403 }, 'files'),
  differs('escaped dots', get('/foo/%2e%2e/test.txt'), { kubectl: 200, porthole: 400 }, 'paths'),
  same('two slashes', get('/foo//test.txt'), 301, {
    why: 'files',
    only: { kubectl: ['< location: /foo/test.txt'], porthole: ['< location: ../test.txt'] },
  }),
  differs(
    'an escaped slash',
    get('/foo/site%2Findex.html'),
    { kubectl: 301, porthole: 404 },
    'files',
  ),
  differs(
    'POST',
    request('POST /foo/test.txt', { headers: 'Content-Length: 0\r\n' }),
    { kubectl: 200, porthole: 405 },
    'files',
    { bare: true },
  ),
  differs(
    'H10 another host',
    request('GET /foo/test.txt', { host: 'evil.example' }),
    { kubectl: 200, porthole: 403 },
    'files',
  ),
  differs(
    'a page of another site',
    get('/foo/test.txt', 'Sec-Fetch-Site: cross-site\r\n'),
    { kubectl: 200, porthole: 403 },
    'cross-site-requests',
  ),
  same('the API beside them', get('/api/v1/pods'), 'forwarded'),
  same('exec beside them', get('/api/v1/namespaces/d/pods/p/exec'), 403),
  same('an upgrade beside them', upgrade('/api/v1/namespaces/d/pods/p/portforward'), 'forwarded'),
];

/** The same flags. */
export const unlisted: readonly PolicyRow[] = [
  differs('a folder without an index', get('/foo/list/'), { kubectl: 200, porthole: 404 }, 'files'),
];

/** `--www=FOLDER`, and for porthole `--www-list`. */
export const listed: readonly PolicyRow[] = [
  same('the default prefix', get('/static/test.txt'), 200),
  same('another prefix', get('/foo/test.txt'), 'forwarded'),
  same('a folder without an index', get('/static/list/'), 200),
  same('the root', get('/static/'), 200),
];

/** `--www=FOLDER --www-prefix=/foo --api-prefix=/api/ --accept-paths=^/api`. */
export const beside: readonly PolicyRow[] = [
  same('a prefix without its slash', get('/foo/test.txt'), 200),
  same('the API', get('/api/v1/pods'), 'forwarded'),
  same('neither', get('/version'), 404),
];

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toUTCString();
}

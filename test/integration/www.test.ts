import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { request } from '../support/raw-client.ts';
import { makeFolder, startWww } from '../support/www.ts';

const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT';
const DIGITS = '0123456789';

/** A folder with `digits.txt`, ten bytes that were modified at {@link MODIFIED}. */
function makeDigits(): string {
  const folder = makeFolder({ 'digits.txt': DIGITS });
  const modified = new Date(MODIFIED);
  utimesSync(join(folder, 'digits.txt'), modified, modified);
  return folder;
}

describe('a file', () => {
  it('comes with all that a cache and a browser need, and HEAD says the same', async () => {
    const { get, upstream } = await startWww(makeDigits());
    const { status, fields, body } = await get('/digits.txt');
    expect(status).toBe(200);
    expect(fields).toEqual({
      date: expect.stringMatching(/ GMT$/),
      'accept-ranges': 'bytes',
      'content-type': 'text/plain; charset=utf-8',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      'last-modified': MODIFIED,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
      'content-length': '10',
      connection: 'close',
    });
    expect(body).toBe(DIGITS);
    const head = await get('/digits.txt', 'Range: bytes=0-1\r\n', 'HEAD');
    expect(head).toEqual({
      status: 200,
      fields: { ...fields, date: head.fields['date'] },
      body: '',
    });
    expect(upstream.requests).toBe(0);
  });

  it('keeps the connection, and is recorded', async () => {
    const { connect, proxy } = await startWww(makeDigits());
    const client = await connect();
    await client
      .send(request('GET /static/digits.txt').repeat(3))
      .until(() => client.received.split(DIGITS).length === 4);
    const records = await proxy.recorded(3);
    expect(records.map(({ status, outcome, bytesOut }) => [status, outcome, bytesOut])).toEqual(
      Array(3).fill([200, 'ok', 10]),
    );
  });

  it('of unknown type is text or bytes, but never HTML', async () => {
    const { get } = await startWww(
      makeFolder({
        page: '<!doctype html><script>',
        'late.xyz': `${'x'.repeat(512)}\0`,
        'b.xyz': 'a\0',
      }),
    );
    const typeOf = async (path: string) => (await get(path)).fields['content-type'];
    expect(await typeOf('/page')).toBe('text/plain; charset=utf-8');
    expect(await typeOf('/late.xyz')).toBe('text/plain; charset=utf-8');
    expect(await typeOf('/b.xyz')).toBe('application/octet-stream');
  });

  it('from the future is not said to be modified later than now', async () => {
    const folder = makeDigits();
    const future = new Date(Date.now() + 1e9);
    utimesSync(join(folder, 'digits.txt'), future, future);
    const { get } = await startWww(folder);
    const { fields } = await get('/digits.txt');
    expect(fields['last-modified']).toBe(fields['date']);
  });

  it('from the epoch is of unknown age', async () => {
    const folder = makeDigits();
    utimesSync(join(folder, 'digits.txt'), 0, 0);
    const { get } = await startWww(folder);
    const { status, fields } = await get('/digits.txt', `If-Modified-Since: ${MODIFIED}\r\n`);
    expect(status).toBe(200);
    expect(fields).not.toHaveProperty('last-modified');
  });
});

describe('a part of a file', () => {
  it.each([
    ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
    ['bytes=0-', 206, 'bytes 0-9/10', DIGITS],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=8-99', 206, 'bytes 8-9/10', '89'],
    ['bytes=10-', 416, 'bytes */10', ''],
    ['bytes=0-1,3-4', 200, undefined, DIGITS],
  ])('%s is a %i', async (range, status, contentRange, body) => {
    const { get } = await startWww(makeDigits());
    const answer = await get('/digits.txt', `Range: ${range}\r\n`);
    expect(answer).toMatchObject({ status, body });
    expect(answer.fields['content-range']).toBe(contentRange);
    expect(answer.fields['content-length']).toBe(String(body.length));
  });

  it('is of the same type as the whole', async () => {
    const { get } = await startWww(makeFolder({ f: `\0${'x'.repeat(99)}` }));
    const { fields } = await get('/f', 'Range: bytes=50-\r\n');
    expect(fields['content-type']).toBe('application/octet-stream');
  });

  it('can be asked for on the condition that the file is still the same', async () => {
    const folder = makeDigits();
    const { get } = await startWww(folder);
    const etag = (await get('/digits.txt')).fields['etag'];
    const rest = `Range: bytes=5-\r\nIf-Range: ${etag}\r\n`;
    expect(await get('/digits.txt', rest)).toMatchObject({ status: 206, body: '56789' });
    writeFileSync(join(folder, 'digits.txt'), '9876543210');
    utimesSync(join(folder, 'digits.txt'), new Date(MODIFIED), new Date(MODIFIED));
    expect(await get('/digits.txt', rest)).toMatchObject({ status: 200, body: '9876543210' });
  });
});

describe('a conditional request', () => {
  it('that needs no new copy gets none', async () => {
    const { get } = await startWww(makeDigits());
    const etag = (await get('/digits.txt')).fields['etag'];
    const { status, fields, body } = await get('/digits.txt', `If-None-Match: ${etag}\r\n`);
    expect({ status, body }).toEqual({ status: 304, body: '' });
    expect(fields).toMatchObject({ etag, 'cache-control': 'no-cache' });
    expect(fields).not.toHaveProperty('content-length');
    expect((await get('/digits.txt', `If-Modified-Since: ${MODIFIED}\r\n`)).status).toBe(304);
  });

  it('whose condition does not hold gets nothing', async () => {
    const { get } = await startWww(makeDigits());
    const answer = await get('/digits.txt', 'If-Match: "other"\r\n');
    expect(answer).toMatchObject({ status: 412, body: '', fields: { 'content-length': '0' } });
  });
});

describe('a directory', () => {
  const tree = {
    'site/index.html': 'the index',
    'bare/one.txt': '1',
    'bare/a:b': '2',
    'x y/z': '',
  };

  it.each([
    ['/site/', 200, undefined],
    ['/site', 301, 'site/'],
    ['/site?a=%20b&c', 301, 'site/?a=%20b&c'],
    ['/site?', 301, 'site/'],
    ['/site/index.html', 301, './'],
    ['/site/index.html?q', 301, './?q'],
    ['/nowhere/index.html', 301, './'],
    ['/x%20y', 301, 'x%20y/'],
    ['/bare/one.txt/?q', 301, '../one.txt?q'],
    ['/bare//one.txt', 301, '../../bare/one.txt'],
    ['/site%2Findex.html', 404, undefined],
    ['/bare%2fone.txt', 404, undefined],
  ])('%s is a %i to %s', async (path, status, location) => {
    const { get } = await startWww(makeFolder(tree));
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.fields['location']).toBe(location);
  });

  it('shows its index.html', async () => {
    const { get } = await startWww(makeFolder(tree));
    const { fields, body } = await get('/site/');
    expect(body).toBe('the index');
    expect(fields['content-type']).toBe('text/html; charset=utf-8');
  });

  it('without one is not found, and the answer says how to see it', async () => {
    const { get } = await startWww(makeFolder(tree));
    const { status, body } = await get('/bare/');
    expect(status).toBe(404);
    expect(JSON.parse(body).message).toContain('--www-list');
  });

  it('is listed when that was asked for', async () => {
    const { get } = await startWww(makeFolder(tree), { listings: true });
    const { status, fields, body } = await get('/bare/');
    expect(status).toBe(200);
    expect(fields['content-type']).toBe('text/html; charset=utf-8');
    expect(body).toContain(
      '<pre>\n<a href="./a:b">a:b</a>\n<a href="one.txt">one.txt</a>\n</pre>\n',
    );
    expect(await get('/bare/', '', 'HEAD')).toMatchObject({
      body: '',
      fields: { 'content-length': String(body.length) },
    });
    expect((await get('/bare/', `If-None-Match: ${fields['etag']}\r\n`)).status).toBe(304);
    expect((await get('/site/')).body).toBe('the index');
  });

  it('whose index.html is one too is listed', async () => {
    const folder = makeFolder({ 'index.html/x': '' });
    const { get } = await startWww(folder, { listings: true });
    expect((await get('/')).body).toContain('<a href="index.html/">');
  });
});

describe('what is not served', () => {
  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'])('%s', async (method) => {
    const { get } = await startWww(makeDigits());
    const { status, fields } = await get('/digits.txt', 'Content-Length: 0\r\n', method);
    expect(status).toBe(405);
    expect(fields['allow']).toBe('GET, HEAD');
  });

  it.each([
    ['/../secret', 400],
    ['/%2e%2e/secret', 400],
    ['/%2e%2e%2fsecret', 400],
    ['/..%5csecret', 400],
    ['/%252e%252e%252fsecret', 404],
    ['/%00', 400],
    ['//etc/passwd', 301],
    ['/link', 403],
    ['/folder/secret', 403],
    ['/folder/nothing', 403],
    ['/fifo', 403],
    ['/with-fifo/', 403],
  ])('K12, K13 %s', async (path, expected) => {
    const outer = makeFolder({ secret: 'secret', 'root/with-fifo/': '' });
    const root = join(outer, 'root');
    symlinkSync('../secret', join(root, 'link'));
    symlinkSync('..', join(root, 'folder'));
    execFileSync('mkfifo', [join(root, 'fifo'), join(root, 'with-fifo', 'index.html')]);
    const { get } = await startWww(root, { listings: true });
    const { status, fields, body } = await get(path);
    expect(status).toBe(expected);
    expect(fields['location'] ?? '').not.toMatch(/^\//);
    expect(body).not.toContain(dirname(outer));
  });

  it('anything, until the folder is there', async () => {
    const root = join(makeFolder({}), 'later');
    const { get } = await startWww(root);
    const { status, body } = await get('/a.txt');
    expect(status).toBe(404);
    expect(body).not.toContain(root);
    mkdirSync(root);
    writeFileSync(join(root, 'a.txt'), 'here');
    expect((await get('/a.txt')).body).toBe('here');
  });

  it('H10 a page behind another name, or of another site', async () => {
    const { connect, get } = await startWww(makeDigits());
    const client = await connect();
    await client
      .send(request('GET /static/digits.txt', { host: 'evil.example' }))
      .untilText('HTTP/1.1 403 ');
    expect((await get('/digits.txt', 'Sec-Fetch-Site: cross-site\r\n')).status).toBe(403);
  });
});

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ErrorCode } from '../../../src/errors.ts';
import { PortholeError } from '../../../src/errors.ts';
import { checkUnmoved, find, openFile } from '../../../src/files/lookup.ts';
import { makeFolder } from '../../support/www.ts';

/** A root beside a secret, both in one folder. */
function makeRoot(tree: Readonly<Record<string, string>> = {}): { root: string; outside: string } {
  const folder = makeFolder({ 'outside/secret': 'secret', 'root-2/secret': 'secret', 'root/': '' });
  const root = join(folder, 'root');
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return { root, outside: join(folder, 'outside') };
}

/** What is read at a path: the file's text, `directory`, or the code of the refusal. */
async function read(root: string, path: string): Promise<string> {
  try {
    const found = await find(root, path);
    if (found.kind === 'directory') return 'directory';
    const { handle } = await openFile(found);
    try {
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof PortholeError) return error.code;
    throw error;
  }
}

const NOT_FOUND: ErrorCode = 'ERR_NOT_FOUND';
const REFUSED: ErrorCode = 'ERR_FILE_REFUSED';

describe('a path', () => {
  it.each([
    ['/', 'directory'],
    ['/a', 'directory'],
    ['/a/', 'directory'],
    ['/a/b.txt', 'text'],
    ['/a/b.txt/', 'text'],
    ['/a//b.txt', 'text'],
    ['/.hidden', 'dot'],
    ['/x y%20\u00e9', 'odd'],
    ['/nope', NOT_FOUND],
    ['/a/b.txt/c', NOT_FOUND],
    [`/${'x'.repeat(300)}`, NOT_FOUND],
    [`/${'x/'.repeat(5000)}`, NOT_FOUND],
  ])('%s leads to %s', async (path, expected) => {
    const { root } = makeRoot({ 'a/b.txt': 'text', '.hidden': 'dot', 'x y%20\u00e9': 'odd' });
    expect(await read(root, path)).toBe(expected);
  });

  it.each([
    '/../outside/secret',
    '/..',
    '/a/../../outside/secret',
    '/a/..',
    '/./a',
    '/..\\outside\\secret',
    '/a\\b.txt',
    '/a/b.txt\0',
    '/\0',
    '/../root-2/secret',
  ])('K12 %j leads nowhere', async (path) => {
    const { root } = makeRoot({ 'a/b.txt': 'text' });
    expect(await read(root, path)).toBe(NOT_FOUND);
  });

  it('K12 that is the absolute one of a file outside is taken below the root', async () => {
    const { root, outside } = makeRoot();
    expect(await read(root, `/${join(outside, 'secret')}`)).toBe(NOT_FOUND);
  });
});

describe('K13 a symbolic link', () => {
  it('works within the root, in its middle too', async () => {
    const { root } = makeRoot({ 'a/b.txt': 'text' });
    symlinkSync('b.txt', join(root, 'a', 'link'));
    symlinkSync(join(root, 'a'), join(root, 'dir'));
    symlinkSync('../root/a/link', join(root, 'through'));
    expect(await read(root, '/a/link')).toBe('text');
    expect(await read(root, '/dir/link')).toBe('text');
    expect(await read(root, '/through')).toBe('text');
    expect(await read(root, '/dir')).toBe('directory');
  });

  it.each([
    ['a file', '../outside/secret', '/link'],
    ['a directory', '../outside', '/link'],
    ['what is in a directory', '../outside', '/link/secret'],
    ['what is not in a directory', '../outside', '/link/nope'],
    ['the root above', '..', '/link/root/a'],
    ['a directory whose name the root begins', '../root-2', '/link/secret'],
  ])('to the outside is refused: %s', async (_, to, path) => {
    const { root } = makeRoot({ a: 'a' });
    symlinkSync(to, join(root, 'link'));
    expect(await read(root, path)).toBe(REFUSED);
  });

  it('that leads nowhere is not found, one that leads to itself refused', async () => {
    const { root } = makeRoot();
    symlinkSync('nowhere', join(root, 'dangling'));
    symlinkSync('loop', join(root, 'loop'));
    expect(await read(root, '/dangling')).toBe(NOT_FOUND);
    expect(await read(root, '/loop')).toBe(REFUSED);
  });

  it('keeps the name that was asked for', async () => {
    const { root } = makeRoot({ data: '' });
    symlinkSync('data', join(root, 'page.html'));
    expect((await find(root, '/page.html')).name).toBe('page.html');
  });
});

describe('the root', () => {
  it('may be a symbolic link', async () => {
    const { root } = makeRoot({ a: 'text' });
    symlinkSync(root, `${root}-link`);
    expect(await read(`${root}-link`, '/a')).toBe('text');
  });

  it('may appear, and be exchanged, while porthole runs', async () => {
    const { root } = makeRoot({ a: 'old' });
    expect(await read(`${root}-later`, '/a')).toBe(NOT_FOUND);
    renameSync(root, `${root}-later`);
    expect(await read(`${root}-later`, '/a')).toBe('old');
    rmSync(`${root}-later`, { recursive: true });
    expect(await read(`${root}-later`, '/a')).toBe(NOT_FOUND);
  });

  it('must be a directory', async () => {
    const { root } = makeRoot({ a: 'text' });
    expect(await read(join(root, 'a'), '/')).toBe(NOT_FOUND);
  });

  it('may be that of the whole machine', async () => {
    const { root } = makeRoot({ a: 'text' });
    expect(await read('/', join(root, 'a'))).toBe('text');
  });
});

describe('K13 a special file is refused before it is opened', () => {
  const refused = { code: REFUSED };

  it('a FIFO', async () => {
    const { root } = makeRoot();
    execFileSync('mkfifo', [join(root, 'fifo')]);
    await expect(find(root, '/fifo')).rejects.toMatchObject(refused);
  });

  it('a socket', async () => {
    const { root } = makeRoot();
    const server = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    await expect(find(root, '/socket')).rejects.toMatchObject(refused);
  });

  it('a device', async () => {
    await expect(find('/dev', '/null')).rejects.toMatchObject(refused);
  });
});

describe('what takes the place of a file between finding and opening', () => {
  it.each<[what: string, place: (path: string, outside: string) => void, expected: ErrorCode]>([
    [
      'a link to the outside',
      (path, outside) => symlinkSync(join(outside, 'secret'), path),
      REFUSED,
    ],
    ['a FIFO', (path) => execFileSync('mkfifo', [path]), REFUSED],
    ['a directory', (path) => mkdirSync(path), REFUSED],
    ['nothing', () => {}, NOT_FOUND],
  ])('is not served: %s', async (_, place, expected) => {
    const { root, outside } = makeRoot({ a: 'text' });
    const found = await find(root, '/a');
    rmSync(join(root, 'a'));
    place(join(root, 'a'), outside);
    await expect(openFile(found)).rejects.toMatchObject({ code: expected });
  });

  it('is not served: what a link leads to that has taken the place of its folder', async () => {
    const { root, outside } = makeRoot({ 'folder/secret': 'text' });
    const found = await find(root, '/folder/secret');
    renameSync(join(root, 'folder'), join(root, 'away'));
    symlinkSync(outside, join(root, 'folder'));
    await expect(openFile(found)).rejects.toMatchObject({ code: REFUSED });
    await expect(checkUnmoved(found.realPath)).rejects.toMatchObject({ code: REFUSED });
  });
});

it('serves a hard link: the file is in the root', async () => {
  const { root, outside } = makeRoot();
  linkSync(join(outside, 'secret'), join(root, 'a'));
  expect(await read(root, '/a')).toBe('secret');
});

import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Bound, type Listener, listen } from '../../src/server/listen.ts';
import { RawClient } from '../support/raw-client.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'porthole-test-'));
  path = join(folder, 'sock');
  return () => rmSync(folder, { recursive: true });
});

async function serve(unixSocket = path, check?: (bound: Bound) => void): Promise<Listener> {
  const listener = await listen({
    address: '127.0.0.1',
    port: 0,
    unixSocket,
    check,
    keepAliveMs: 30_000,
    onExchange: (exchange) => exchange.abort(),
    onMalformed() {},
  });
  onTestFinished(() => listener.destroy());
  return listener;
}

async function listenAt(at: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(at);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return server;
}

/** A socket whose program died: a link to it outlives the file that its server removes. */
async function leaveStale(at: string): Promise<void> {
  const server = await listenAt(`${at}.first`);
  linkSync(`${at}.first`, at);
  server.close();
  await once(server, 'close');
  await expect(RawClient.connect(at)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
}

const inFolder = () => readdirSync(folder);

describe('a unix socket', () => {
  it('is its owner’s alone, and its folder holds nothing else', async () => {
    const listener = await serve();
    expect(listener).toMatchObject({ address: path, port: 0, loopback: true });
    expect(lstatSync(path).isSocket()).toBe(true);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(inFolder()).toEqual(['sock']);
    (await RawClient.connect(path)).close();
  });

  it('is never seen with another mode', async () => {
    const modes = new Set<number>();
    let done = false;
    const watched = (async () => {
      while (!done) {
        const found = statSync(path, { throwIfNoEntry: false });
        if (found !== undefined) modes.add(found.mode & 0o777);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let i = 0; i < 20; i++) {
      const listener = await serve();
      modes.add(statSync(path).mode & 0o777);
      listener.destroy();
    }
    done = true;
    await watched;
    expect([...modes]).toEqual([0o600]);
  });

  it.each(['close', 'destroy'] as const)('is gone when %s returns', async (how) => {
    const listener = await serve();
    void listener[how](0);
    expect(inFolder()).toEqual([]);
    await expect(RawClient.connect(path)).rejects.toMatchObject({ code: 'ENOENT' });
    listener.destroy();
  });

  it('leaves what took its place', async () => {
    const listener = await serve();
    rmSync(path);
    const other = await serve();
    listener.destroy();
    (await RawClient.connect(path)).close();
    other.destroy();
    writeFileSync(path, 'precious');
    other.destroy();
    expect(existsSync(path)).toBe(true);
  });

  it('takes the place of one that nobody serves any more', async () => {
    await leaveStale(path);
    await serve();
    (await RawClient.connect(path)).close();
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(inFolder()).toEqual(['sock']);
  });

  it('comes up and goes away 200 times', async () => {
    for (let i = 0; i < 200; i++) {
      const listener = await serve();
      (await RawClient.connect(path)).close();
      await listener.close(0);
    }
    expect(inFolder()).toEqual([]);
  });

  it('is served by one of many that start at once on a stale one, and the others are told', async () => {
    for (let round = 0; round < 10; round++) {
      await leaveStale(path);
      const started = await Promise.allSettled(Array.from({ length: 8 }, () => serve()));
      const winners = started.filter(({ status }) => status === 'fulfilled');
      expect(winners).toHaveLength(1);
      for (const result of started) {
        if (result.status === 'rejected') {
          expect(result.reason).toMatchObject({ code: 'ERR_LISTEN' });
        }
      }
      expect(inFolder()).toEqual(['sock']);
      const client = await RawClient.connect(path);
      client.close();
      for (const result of started) if (result.status === 'fulfilled') result.value.destroy();
      expect(inFolder()).toEqual([]);
    }
  });

  it('can be as long as the system takes, and one byte more is refused', async () => {
    const longest = process.platform === 'linux' ? 107 : 103;
    const fits = join(folder, 'x'.repeat(longest - folder.length - 1));
    (await serve(fits)).destroy();
    await expect(serve(`${fits}x`)).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `listen unix ${fits}x: the path is 1 bytes too long for a socket; take a shorter one`,
    });
  });
});

describe('what is not replaced', () => {
  const kinds: [name: string, sentence: RegExp, make: () => unknown][] = [
    ['a socket that is served', /another program serves there; end it/, () => listenAt(path)],
    ['a file', /a file that is no socket; move it away/, () => writeFileSync(path, 'precious')],
    ['a folder', /a file that is no socket; move it away/, () => mkdirSync(path)],
    [
      'a link to a stale socket',
      /a file that is no socket; move it away/,
      async () => {
        await leaveStale(join(folder, 'old'));
        symlinkSync('old', path);
      },
    ],
    [
      'a link to nothing',
      /a file that is no socket; move it away/,
      () => symlinkSync('nowhere', path),
    ],
  ];
  it.each(kinds)('%s', async (_, sentence, make) => {
    await make();
    const before = [inFolder(), lstatSync(path).ino];
    await expect(serve()).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringMatching(sentence),
    });
    expect([inFolder(), lstatSync(path).ino]).toEqual(before);
  });

  it('a porthole', async () => {
    await serve();
    await expect(serve()).rejects.toMatchObject({
      message: `listen unix ${path}: another program serves there; end it, or take another path`,
    });
    (await RawClient.connect(path)).close();
  });
});

describe('where there can be none', () => {
  it.each([
    ['no folder', 'none/sock', /there is no such folder; make it first/],
    ['a file for a folder', 'file/sock', /a part of the path is no folder/],
  ])('%s', async (_, name, sentence) => {
    writeFileSync(join(folder, 'file'), '');
    await expect(serve(join(folder, name))).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringMatching(sentence),
    });
    expect(inFolder()).toEqual(['file']);
  });

  it('a check that fails: nothing stays', async () => {
    await expect(
      serve(path, (bound) => {
        throw new Error(`not ${bound.address}`);
      }),
    ).rejects.toThrow(`not ${path}`);
    expect(inFolder()).toEqual([]);
  });
});

it('does not mind a folder that was moved', async () => {
  mkdirSync(join(folder, 'a'), { mode: 0o700 });
  chmodSync(join(folder, 'a'), 0o700);
  const listener = await serve(join(folder, 'a', 'sock'));
  renameSync(join(folder, 'a'), join(folder, 'b'));
  listener.destroy();
  expect(readdirSync(join(folder, 'b'))).toEqual(['sock']);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { attack } from '../support/browser/attack.ts';
import { useChromium } from '../support/browser/chromium.ts';
import {
  type GuardedUpstream,
  loggedPaths,
  SECRET,
  startGuarded,
} from '../support/browser/guarded-upstream.ts';
import { startWebSite } from '../support/browser/web-site.ts';

const openContext = useChromium();
const newContext = () => openContext({ ignoreHTTPSErrors: true });

const startLocked = (...flags: readonly string[]) =>
  startGuarded('--tls', '--require-token', ...flags);

/** Where porthole notes what for programs of the user. */
const keyFile = ({ home, port }: GuardedUpstream) =>
  join(home, '.config', 'porthole', `token-127.0.0.1_${port}`);

const loginUrl = (locked: GuardedUpstream) =>
  readFileSync(`${keyFile(locked)}.login`, 'utf8').trim();

/** What the browser is shown at `url`, and with which status. */
async function open(page: Page, url: string) {
  const answer = await page.goto(url);
  return { status: answer?.status(), text: await answer?.text() };
}

/** A browser that has opened the one-time URL. */
async function startLoggedIn(locked: GuardedUpstream): Promise<BrowserContext> {
  const context = await newContext();
  const page = await context.newPage();
  expect(await open(page, loginUrl(locked))).toMatchObject({ status: 200 });
  await page.close();
  return context;
}

describe('--tls --require-token in a browser', () => {
  it('lets in who has opened the one-time URL, and tells the API server nothing of it', async () => {
    const locked = await startLocked();
    const token = readFileSync(keyFile(locked), 'utf8').trim();
    const login = loginUrl(locked);
    const context = await startLoggedIn(locked);
    const page = await context.newPage();
    const { status, text } = await open(page, `https://127.0.0.1:${locked.port}/version`);
    expect(status).toBe(200);
    expect(text).toContain(SECRET);

    const cookies = await context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, secure: true, sameSite: 'Strict' }]);
    const code = new URL(login).searchParams.get('token');
    expect(locked.forwarded()).toContain('/version');
    for (const secret of [cookies[0]?.name, cookies[0]?.value, code, token])
      expect(locked.upstream.bytes).not.toContain(secret);
  });

  it('does not let in another browser, nor the same URL twice', async () => {
    const locked = await startLocked();
    const login = loginUrl(locked);
    const stranger = await (await newContext()).newPage();
    const version = `https://127.0.0.1:${locked.port}/version`;
    expect(await open(stranger, version)).toMatchObject({ status: 401 });
    expect(locked.upstream.connections.length).toBe(0);

    const context = await startLoggedIn(locked);
    expect(await open(stranger, login)).toMatchObject({ status: 401 });
    expect(await open(await context.newPage(), login)).toMatchObject({ status: 401 });
    expect(await open(stranger, version)).toMatchObject({ status: 401 });
  });

  it.each(['http', 'https'] as const)(
    'a hostile page of another port, by %s, has no use of the session',
    async (scheme) => {
      const locked = await startLocked();
      const context = await startLoggedIn(locked);
      const from = `${scheme}://127.0.0.1:${await startWebSite(scheme)}`;
      const base = `https://127.0.0.1:${locked.port}`;
      const { paths, read } = await attack(context, from, base, loggedPaths(locked));
      expect(new Set(Object.values(read))).toEqual(new Set(['']));
      const attempts = locked.log().filter(({ path }) => paths.includes(path));
      expect(new Set(attempts.map(({ errorCode }) => errorCode))).toEqual(
        new Set(['ERR_ORIGIN_REFUSED']),
      );
      expect(locked.forwarded().filter((path) => paths.includes(path))).toEqual([]);
    },
  );

  it('a hostile page would have the use of it if no origin were checked: it is sent there', async () => {
    const locked = await startLocked('--disable-filter', '--dangerously-disable-origin-check');
    const context = await startLoggedIn(locked);
    const from = `https://127.0.0.1:${await startWebSite('https')}`;
    const base = `https://127.0.0.1:${locked.port}`;
    // An open tunnel has no line in the log yet.
    const arrived = () => [...loggedPaths(locked)(), ...locked.forwarded()];
    const { read } = await attack(context, from, base, arrived);
    expect(read).toMatchObject({ 'web-socket': SECRET, script: SECRET });
    const pods = '/api/v1/namespaces/127.0.0.1/pods';
    for (const name of ['image', 'no-cors-typeless', 'beacon-typeless', 'form-text', 'window/exec'])
      expect(locked.forwarded()).toContain(`${pods}/${name}`);
  });
});

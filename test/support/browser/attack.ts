import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { GuardedUpstream, LogLine } from './guarded-upstream.ts';

const HOSTILE_PAGE = fileURLToPath(new URL('hostile-page.js', import.meta.url));

/** What one page did to one porthole, once all of it has come there. */
export interface Attack {
  /** Paths that it asked for; no two attempts share one. */
  readonly paths: readonly string[];
  /** What the page could read of the answers, by attempt; '' for nothing. */
  readonly read: Readonly<Record<string, string>>;
  /** Each request that porthole saw, in its log. */
  readonly seen: readonly LogLine[];
}

/** Tries all that a page can on the porthole at `base`, from the page at `from`. */
export async function attack(
  context: BrowserContext,
  from: string,
  base: string,
  { log }: GuardedUpstream,
): Promise<Attack> {
  const page = await context.newPage();
  if (new URL(from).origin === base) await openBeforeRebinding(page, from);
  else await page.goto(from);
  await page.addScriptTag({ path: HOSTILE_PAGE });
  const read = await page.evaluate<Record<string, string>>(`attack('${base}')`);
  const pods = `/api/v1/namespaces/${new URL(base).hostname}/pods`;
  const leave = `${pods}/location/exec`;
  await page.evaluate(`void setTimeout(() => { location = '${base}${leave}?command=id' })`);
  await page.waitForURL(`${base}${leave}*`);
  const paths = Object.keys(read).map((name) =>
    name === 'window' ? `${pods}/window/exec` : `${pods}/${name}`,
  );
  paths.push(leave);
  const seen = () => log().filter(({ path }) => paths.includes(path));
  await expect
    .poll(() => new Set(seen().map(({ path }) => path)), { timeout: 20_000 })
    .toEqual(new Set(paths));
  return { paths, read, seen: seen() };
}

/** The name still led to the attacker's server when the browser got the page, and leads to porthole from then on. */
async function openBeforeRebinding(page: Page, from: string): Promise<void> {
  await page.route(from, (route) => route.fulfill({ contentType: 'text/html', body: '<html>' }));
  await page.goto(from);
  await page.unrouteAll();
}

import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';

const HOSTILE_PAGE = fileURLToPath(new URL('hostile-page.js', import.meta.url));

/** Attempts that a browser leaves alone, on a page like ours. */
const UNSENT: ReadonlyMap<string, readonly string[]> = new Map([['_bidiFirefox', ['prefetch']]]);

/** What a page did to a porthole. */
export interface Attack {
  /** Paths that it asked for; no two attempts share one. */
  readonly paths: readonly string[];
  /** What the page could read of the answers, by attempt; '' for nothing. */
  readonly read: Readonly<Record<string, string>>;
}

/**
 * Tries all that a page can on the porthole at `base`, from the page at `from`. Resolves once `arrived`, which tells the
 * paths of requests that have come where they should, has them all.
 */
export async function attack(
  context: BrowserContext,
  from: string,
  base: string,
  arrived: () => readonly string[],
): Promise<Attack> {
  const page = await context.newPage();
  if (new URL(from).origin === base) await openBeforeRebinding(page, from);
  else await page.goto(from);
  await page.addScriptTag({ path: HOSTILE_PAGE });
  const read = await page.evaluate<Record<string, string>>(`attack('${base}')`);
  const pods = `/api/v1/namespaces/${new URL(base).hostname}/pods`;
  const paths = Object.keys(read).map((name) => `${pods}/${name}`);
  const unsent = new Set(UNSENT.get(browserOf(context))?.map((name) => `${pods}/${name}`));
  const sent = paths.filter((path) => !unsent.has(path));
  await allIn(sent, arrived);
  const last = `${pods}/location/exec`;
  await page.evaluate(`void setTimeout(() => { location = '${base}${last}?command=id' })`);
  await allIn([last], arrived);
  return { paths: [...paths, last], read };
}

/** The name still led to the attacker's server when the browser got the page, and leads to porthole from then on. */
async function openBeforeRebinding(page: Page, from: string): Promise<void> {
  await page.route(from, (route) => route.fulfill({ contentType: 'text/html', body: '<html>' }));
  await page.goto(from);
  await page.unrouteAll();
}

function browserOf(context: BrowserContext): string {
  return context.browser()?.browserType().name() ?? '';
}

async function allIn(paths: readonly string[], arrived: () => readonly string[]): Promise<void> {
  const missing = () => paths.filter((path) => !arrived().includes(path));
  await expect.poll(missing, { timeout: 20_000 }).toEqual([]);
}

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { attack } from '../support/browser/attack.ts';
import { REBOUND, useChromium } from '../support/browser/chromium.ts';
import { useFirefox } from '../support/browser/firefox.ts';
import {
  type GuardedUpstream,
  type LogLine,
  loggedPaths,
  SECRET,
  startGuarded,
} from '../support/browser/guarded-upstream.ts';
import { SANDBOXED, startWebSite } from '../support/browser/web-site.ts';

const BROWSERS = [
  { browser: 'Chromium', use: useChromium },
  { browser: 'Firefox', use: useFirefox },
];

type NewContext = ReturnType<typeof useChromium>;

/** Where a hostile page is, told the port of its site and porthole's; and by which hosts it asks for porthole. */
interface Place {
  readonly of: string;
  readonly from: (site: number, porthole: number) => string;
  readonly hosts: readonly string[];
  /** The browser takes the page and porthole for one origin. */
  readonly rebound?: boolean;
}

const LOOPBACK = ['127.0.0.1', 'localhost'];

const OTHER_PORT: Place = {
  of: 'another port of 127.0.0.1',
  from: (site) => `http://127.0.0.1:${site}/`,
  hosts: LOOPBACK,
};

const REBOUND_TO_PORTHOLE: Place = {
  of: "a rebound name with porthole's own port",
  from: (_, porthole) => `http://${REBOUND}:${porthole}/`,
  hosts: [REBOUND],
  rebound: true,
};

const PLACES: readonly Place[] = [
  OTHER_PORT,
  REBOUND_TO_PORTHOLE,
  {
    of: 'another port of localhost',
    from: (site) => `http://localhost:${site}/`,
    hosts: LOOPBACK,
  },
  {
    of: 'another port, without an origin',
    from: (site) => `http://127.0.0.1:${site}${SANDBOXED}`,
    hosts: LOOPBACK,
  },
  {
    of: 'another port of a rebound name',
    from: (site) => `http://${REBOUND}:${site}/`,
    hosts: [...LOOPBACK, REBOUND],
  },
  {
    of: 'another port of 0.0.0.0',
    from: (site) => `http://0.0.0.0:${site}/`,
    hosts: [...LOOPBACK, '0.0.0.0'],
  },
  {
    of: "0.0.0.0 with porthole's own port",
    from: (_, porthole) => `http://0.0.0.0:${porthole}/`,
    hosts: ['0.0.0.0'],
    rebound: true,
  },
];

/** The page's attempts on each of the hosts; `arrived` as for `attack`. */
async function attackFrom(
  newContext: NewContext,
  { from, hosts }: Place,
  { port }: GuardedUpstream,
  arrived: () => readonly string[],
) {
  const [site, context] = await Promise.all([startWebSite(), newContext()]);
  return Promise.all(
    hosts.map((host) => attack(context, from(site, port), `http://${host}:${port}`, arrived)),
  );
}

describe.each(BROWSERS)('a hostile page in $browser', ({ use }) => {
  const newContext = use();

  it.each(PLACES)('of $of sends nothing to the API server and reads nothing', async (place) => {
    const guarded = await startGuarded();
    const attacks = await attackFrom(newContext, place, guarded, loggedPaths(guarded));
    expect(guarded.log().filter((line) => !isRefusal(line))).toEqual([]);
    expect(guarded.upstream.connections.length).toBe(0);
    // The browser takes a rebound page and porthole for one origin, and shows it the refusals. That is all it gets.
    const got = attacks.flatMap(({ read }) => Object.values(read)).filter((text) => text !== '');
    expect(new Set(got.map(kind))).toEqual(new Set(place.rebound ? ['refusal'] : []));
  });

  it('sends nothing with --disable-filter either', async () => {
    const guarded = await startGuarded('--disable-filter');
    await attackFrom(newContext, OTHER_PORT, guarded, loggedPaths(guarded));
    expect(new Set(guarded.log().map(({ errorCode }) => errorCode))).toEqual(
      new Set(['ERR_ORIGIN_REFUSED']),
    );
    expect(guarded.upstream.connections.length).toBe(0);
  });

  it.each([OTHER_PORT, REBOUND_TO_PORTHOLE])(
    'of $of would be seen here if nothing checked it',
    async (place) => {
      const guarded = await startGuarded('--disable-filter', '--dangerously-disable-origin-check');
      for (const { read } of await attackFrom(newContext, place, guarded, guarded.forwarded)) {
        expect(read).toMatchObject({ 'web-socket': SECRET, script: SECRET });
        if (place.rebound) expect(read['fetch']).toContain(SECRET);
      }
    },
  );

  it.each(LOOPBACK)('an address at %s that the user typed is answered', async (host) => {
    const guarded = await startGuarded();
    const page = await (await newContext()).newPage();
    await page.goto(`http://${host}:${guarded.port}/version`);
    expect(await textOf(page)).toContain(SECRET);
    expect(guarded.forwarded()).toContain('/version');
  });

  it.each([REBOUND, '0.0.0.0'])('an address at %s is not, whoever typed it', async (host) => {
    const guarded = await startGuarded();
    const page = await (await newContext()).newPage();
    await page.goto(`http://${host}:${guarded.port}/version`);
    expect(await textOf(page)).toMatch(/^{"kind":"Status".*--accept-hosts/);
    expect(guarded.upstream.connections.length).toBe(0);
  });
});

function isRefusal({ status, errorCode }: LogLine): boolean {
  return status === 403 && /^ERR_(HOST|ORIGIN)_REFUSED$/.test(errorCode ?? '');
}

function kind(text: string): string {
  return text.startsWith('{"kind":"Status"') ? 'refusal' : text;
}

/** What a person sees of an answer. */
function textOf(page: Page): Promise<string> {
  return page.evaluate<string>('document.documentElement.textContent');
}

import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { attack } from '../support/browser/attack.ts';
import { launchChromium, REBOUND } from '../support/browser/chromium.ts';
import { type GuardedUpstream, SECRET, startGuarded } from '../support/browser/guarded-upstream.ts';
import { SANDBOXED, startWebSite } from '../support/browser/web-site.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
  return () => browser.close();
});

async function newContext() {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  return context;
}

/** Where a hostile page is, told the port of its site and porthole's; and by which hosts it asks for porthole. */
interface Place {
  readonly of: string;
  readonly from: (site: number, porthole: number) => string;
  readonly hosts: readonly string[];
  /** Its requests go to its own origin, as the browser sees it. */
  readonly sameOrigin?: boolean;
}

const LOOPBACK = ['127.0.0.1', 'localhost'];

const OTHER_PORT: Place = {
  of: 'another port of 127.0.0.1',
  from: (site) => `http://127.0.0.1:${site}/`,
  hosts: LOOPBACK,
};

const PLACES: readonly Place[] = [
  OTHER_PORT,
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
    of: "a rebound name with porthole's own port",
    from: (_, porthole) => `http://${REBOUND}:${porthole}/`,
    hosts: [REBOUND],
    sameOrigin: true,
  },
  {
    of: "0.0.0.0 with porthole's own port",
    from: (_, porthole) => `http://0.0.0.0:${porthole}/`,
    hosts: ['0.0.0.0'],
    sameOrigin: true,
  },
];

async function attackFrom({ from, hosts }: Place, guarded: GuardedUpstream) {
  const [site, context] = await Promise.all([startWebSite(), newContext()]);
  return Promise.all(
    hosts.map((host) =>
      attack(context, from(site, guarded.port), `http://${host}:${guarded.port}`, guarded),
    ),
  );
}

describe('a hostile page', () => {
  it.each(PLACES)('of $of sends nothing to the API server and reads nothing', async (place) => {
    const guarded = await startGuarded();
    for (const { read, seen } of await attackFrom(place, guarded)) {
      for (const line of seen) {
        expect(line.status, line.path).toBe(403);
        expect(line.errorCode, line.path).toMatch(/^ERR_(HOST|ORIGIN)_REFUSED$/);
      }
      // A rebound page is of the origin that it asks, so the browser shows it the refusals. That is all it gets.
      const got = new Set(
        Object.values(read).map((text) => (place.sameOrigin ? kind(text) : text)),
      );
      expect([...got].filter((text) => text !== '')).toEqual(place.sameOrigin ? ['refusal'] : []);
    }
    expect(guarded.upstream.connections.length).toBe(0);
  });

  it('sends nothing with --disable-filter either', async () => {
    const guarded = await startGuarded('--disable-filter');
    for (const { seen } of await attackFrom(OTHER_PORT, guarded))
      expect(new Set(seen.map(({ errorCode }) => errorCode))).toEqual(
        new Set(['ERR_ORIGIN_REFUSED']),
      );
    expect(guarded.upstream.connections.length).toBe(0);
  });

  it.each(PLACES)('of $of would be seen here if nothing checked it', async (place) => {
    const guarded = await startGuarded('--disable-filter', '--dangerously-disable-origin-check');
    const attacks = await attackFrom(place, guarded);
    expect(guarded.forwarded()).toEqual(
      expect.arrayContaining(attacks.flatMap(({ paths }) => paths)),
    );
    for (const { read } of attacks) {
      expect(read['web-socket']).toBe(SECRET);
      expect(read['script']).toBe(SECRET);
      if (place.sameOrigin) expect(read['fetch']).toContain(SECRET);
    }
  });
});

function kind(text: string): string {
  return text.includes('"kind":"Status"') ? 'refusal' : text;
}

it.each(LOOPBACK)('an address at %s that the user typed is answered', async (host) => {
  const guarded = await startGuarded();
  const page = await (await newContext()).newPage();
  const answer = await page.goto(`http://${host}:${guarded.port}/version`);
  expect(await answer?.text()).toContain(SECRET);
  expect(guarded.forwarded()).toEqual(['/version']);
});

it.each([REBOUND, '0.0.0.0'])('nothing is to be had at %s', async (host) => {
  const guarded = await startGuarded();
  const page = await (await newContext()).newPage();
  const answer = await page.goto(`http://${host}:${guarded.port}/version`);
  expect(answer?.status()).toBe(403);
  expect(guarded.log()).toMatchObject([{ path: '/version', errorCode: 'ERR_HOST_REFUSED' }]);
  expect(guarded.upstream.connections.length).toBe(0);
});

import { expect, it } from 'vitest';
import { attack } from '../support/browser/attack.ts';
import { useChromium } from '../support/browser/chromium.ts';
import { loggedPaths, SECRET, startGuarded } from '../support/browser/guarded-upstream.ts';
import { startWebSite } from '../support/browser/web-site.ts';

const newContext = useChromium();

const PODS = '/api/v1/namespaces/default/pods';

/** A porthole that trusts the pages of one web site, and such a page. */
async function startTrusting() {
  const site = `http://127.0.0.1:${await startWebSite()}`;
  const guarded = await startGuarded(`--allow-origin=${site}`);
  const context = await newContext();
  const page = await context.newPage();
  await page.goto(site);
  return { site, guarded, context, page };
}

it.each([
  { what: 'a GET', init: {} },
  {
    what: 'a POST of JSON, which has a preflight',
    init: { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' },
  },
  { what: 'a DELETE, which has a preflight', init: { method: 'DELETE' } },
])('a page of --allow-origin may send $what and read the answer', async ({ init }) => {
  const { guarded, page } = await startTrusting();
  const url = `http://127.0.0.1:${guarded.port}${PODS}`;
  const answer = await page.evaluate(
    async ([address, options]) => (await fetch(address, options)).text(),
    [url, init] as const,
  );
  expect(answer).toContain(SECRET);
  // The preflight is answered by porthole.
  expect(guarded.forwarded()).toEqual([PODS]);
});

it('a page of --allow-origin may open a WebSocket and read what comes', async () => {
  const { guarded, page } = await startTrusting();
  const url = `ws://127.0.0.1:${guarded.port}${PODS}?watch=true`;
  const firstMessage = `new Promise((resolve, reject) => {
    const socket = new WebSocket('${url}');
    socket.onmessage = ({ data }) => resolve(data);
    socket.onclose = reject;
  })`;
  expect(await page.evaluate(firstMessage)).toBe(SECRET);
});

it.each(['another port', 'another name'])(
  'a page of %s than that of --allow-origin may do nothing',
  async (where) => {
    const { site, guarded, context } = await startTrusting();
    const from =
      where === 'another name'
        ? site.replace('127.0.0.1', 'localhost')
        : `http://127.0.0.1:${await startWebSite()}`;
    const base = `http://127.0.0.1:${guarded.port}`;
    const { read } = await attack(context, from, base, loggedPaths(guarded));
    expect(new Set(Object.values(read))).toEqual(new Set(['']));
    expect(guarded.upstream.connections.length).toBe(0);
  },
);

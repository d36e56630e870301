// 3.2: what a page of another site causes is refused, GETs and upgrades too.
import { expect, it } from 'vitest';
import { origins } from '../support/differential/policy-origins.ts';
import { get, upgrade, withBody } from '../support/differential/policy-row.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { openDoor } from './door.ts';
import { type Asked, holdAll, masked } from './policy.ts';

const PODS = '/api/v1/namespaces/default/pods';
const PORT_FORWARD = `${PODS}/hello/portforward`;
const EVIL = 'Origin: https://evil.example\r\n';
const CROSS_SITE = 'Sec-Fetch-Site: cross-site\r\n';
const CLOSE = 'Connection: close\r\n';

const refused = (id: string, bytes: string): Asked => ({ id, request: bytes, porthole: 403 });
const preflight = (more: string): string =>
  request(`OPTIONS ${PODS}`, {
    headers: `${EVIL}${CROSS_SITE}Access-Control-Request-Method: DELETE\r\n${more}`,
  });

/** Beside those that kubectl proxy is asked too. */
const MORE: readonly Asked[] = [
  refused('X01 of a browser that knows Origin only', withBody(`POST ${PODS}`, '{}', EVIL)),
  refused('X03 exec', get(`${PODS}/hello/proxy/?run`, CROSS_SITE)),
  refused('X03 a word that is none of the four', get(PODS, 'Sec-Fetch-Site: cross-origin\r\n')),
  refused('X03 two words', get(PODS, `Sec-Fetch-Site: none\r\n${CROSS_SITE}`)),
  refused(
    'X04 with our own origin',
    get(PODS, 'Sec-Fetch-Site: same-site\r\nOrigin: http://localhost\r\n'),
  ),
  refused('X05 SPDY', upgrade(PORT_FORWARD, EVIL).replace('websocket', 'SPDY/3.1')),
  refused(
    'X05 an upgrade that Connection does not name',
    get(PORT_FORWARD, `Upgrade: websocket\r\n${EVIL}Sec-Fetch-Site: none\r\n`),
  ),
  ...[
    'http://localhost:1',
    'https://localhost',
    'http://localhost/',
    'localhost',
    '',
    'null',
    'http://localhost\xa0',
  ].map((origin) =>
    refused(
      `X10 an origin that is not ours: ${JSON.stringify(origin)}`,
      get(PODS, `Origin: ${origin}\r\n`),
    ),
  ),
  {
    id: 'X11 our own page in an old browser',
    request: get(PODS, 'Origin: http://localhost:80\r\n'),
    porthole: 'forwarded',
  },
  refused(
    'X06 no origin that says none',
    upgrade(PORT_FORWARD, 'Origin: null\r\nSec-Fetch-Site: none\r\n'),
  ),
  refused(
    'X06 our origin twice',
    upgrade(PORT_FORWARD, 'Origin: http://localhost\r\norigin: http://localhost\r\n'),
  ),
  refused('X06 with a user', upgrade(PORT_FORWARD, 'Origin: http://localhost@evil.example\r\n')),
  ...['Private-Network', 'Local-Network'].map((network) =>
    refused(
      `X08 preflight of ${network}`,
      preflight(`Access-Control-Request-${network}: true\r\n`),
    ),
  ),
  refused(
    'X08 preflight for a field',
    preflight('Access-Control-Request-Headers: content-type\r\n'),
  ),
];

holdAll([...origins.filter(({ id }) => !id.startsWith('X09')), ...MORE]);

it.each([
  ['without a type', ''],
  ['as text', 'Content-Type: text/plain\r\n'],
])('X01, X02 a body that is still to come is not waited for: %s', async (_, type) => {
  const door = await openDoor();
  const headers = `${EVIL}${CROSS_SITE}${type}Content-Length: 1000000\r\n`;
  const answer = await door.ask(request(`POST ${PODS}`, { headers }));
  expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  expect(door.upstream.connections).toEqual([]);
});

const OPENING =
  'Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Private-Network: true\r\naccess-control-expose-headers: *\r\n';

it.each([
  ['a client that is no browser', '', {}, []],
  ['a page of ours', 'Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost\r\n', {}, []],
  [
    'a page of --allow-origin',
    EVIL,
    { allowOrigins: ['https://evil.example'] },
    [
      'Access-Control-Allow-Origin: https://evil.example',
      'Access-Control-Expose-Headers: Audit-Id, Date, ETag, Retry-After, Warning',
    ],
  ],
])('X09 the upstream opens nothing to %s', async (_, headers, proxy, opened) => {
  const door = await openDoor(() => OK.replace('\r\n', `\r\n${OPENING}`), { proxy });
  const answer = await door.ask(request(`GET ${PODS}`, { headers: headers + CLOSE }));
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer.match(/^access-control-.*(?=\r$)/gim) ?? []).toEqual(opened);
});

it.each([
  ['a page of another site', CROSS_SITE + EVIL, '--allow-origin=\\"https://evil.example\\"'],
  ['an old browser', EVIL, '--allow-origin=\\"https://evil.example\\"'],
  ['a page without an origin', CROSS_SITE, '--allow-origin'],
  [
    'another port of this machine',
    'Sec-Fetch-Site: same-site\r\nOrigin: http://localhost:3000\r\n',
    '--allow-origin=\\"http://localhost:3000\\"',
  ],
])('X14 the refusal of %s names the flag, and the record the reason', async (_, headers, flag) => {
  const door = await openDoor();
  const answer = await door.ask(request(`GET ${PODS}`, { headers: headers + CLOSE }));
  expect(answer).toContain(flag);
  expect(door.proxy.records).toMatchObject([
    { outcome: 'refused', errorCode: 'ERR_ORIGIN_REFUSED' },
  ]);
});

const HTML =
  'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Security-Policy: sandbox\r\nContent-Length: 6\r\n\r\n<html>';
const WORKLOAD = '/api/v1/namespaces/default/services/x/proxy/';

it('X13 a page of a workload passes as the workload sent it', async () => {
  const door = await openDoor(() => HTML);
  const answer = await door.ask(request(`GET ${WORKLOAD}`, { headers: CLOSE }));
  expect(answer).toBe(HTML.replace('\r\n\r\n', `\r\n${CLOSE}\r\n`));
  expect(masked(door)).toMatch(`GET ${WORKLOAD} HTTP/1.1\r\n`);
});

it.each([
  ['--deny=services/proxy', { deny: ['services/proxy'] }],
  ['--deny=*/proxy', { deny: ['*/proxy'] }],
  ['--read-only', { readOnly: true }],
])('X13 %s refuses it', async (_, proxy) => {
  const door = await openDoor(() => HTML, { proxy });
  expect(await door.ask(request(`GET ${WORKLOAD}`, { headers: CLOSE }))).toMatch(
    /^HTTP\/1\.1 403 /,
  );
  expect(door.upstream.connections).toEqual([]);
});

// Whose page asks: rows X01 to X11 of the table of checks. That a refusal names its flag (X14) is asserted beside them.
import { request } from '../raw-client.ts';
import { differs, get, type PolicyRow, same, upgrade, withBody, withHost } from './policy-row.ts';

const PODS = '/api/v1/namespaces/default/pods';
const PORT_FORWARD = `${PODS}/hello/portforward`;
const POD = '{"kind":"Pod","apiVersion":"v1"}';
const EVIL = 'Origin: https://evil.example\r\n';
const CROSS_SITE = 'Sec-Fetch-Site: cross-site\r\n';

const REFUSED = { kubectl: 'forwarded', porthole: 403 } as const;

export const origins: readonly PolicyRow[] = [
  crossSite('X01 POST without a type', withBody(`POST ${PODS}`, POD, EVIL + CROSS_SITE)),
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=b',
    'application/json',
  ].map((type) =>
    crossSite(
      `X02 POST of ${type}`,
      withBody(`POST ${PODS}`, POD, `${EVIL}${CROSS_SITE}Content-Type: ${type}\r\n`),
    ),
  ),
  ...['image', 'script', 'style', 'iframe'].map((destination) =>
    crossSite(
      `X03 GET by a page for its ${destination}`,
      get(PODS, `${CROSS_SITE}Sec-Fetch-Dest: ${destination}\r\n`),
    ),
  ),
  crossSite('X04 another port of this machine', get(PODS, 'Sec-Fetch-Site: same-site\r\n')),
  crossSite('X05 WebSocket', upgrade(PORT_FORWARD, EVIL)),
  crossSite('X06 WebSocket of no origin', upgrade(PORT_FORWARD, 'Origin: null\r\n')),
  crossSite('X06 WebSocket with Sec-Fetch-Site alone', upgrade(PORT_FORWARD, CROSS_SITE)),
  crossSite(
    'X06 WebSocket of two origins',
    upgrade(PORT_FORWARD, `Origin: http://localhost\r\n${EVIL}`),
  ),
  crossSite(
    'X06 WebSocket of an origin that begins as ours',
    upgrade(PORT_FORWARD, 'Origin: http://localhost:8001.evil\r\n', 'localhost:8001'),
  ),
  crossSite(
    'X06 WebSocket of another origin that says same-origin',
    upgrade(PORT_FORWARD, `${EVIL}Sec-Fetch-Site: same-origin\r\n`),
  ),
  same('X07 upgrade without an origin', upgrade(PORT_FORWARD), 'forwarded'),
  same(
    'X07 WebSocket of our own page',
    upgrade(PORT_FORWARD, 'Origin: http://localhost:8001\r\n', 'localhost:8001'),
    'forwarded',
  ),
  ...['', 'Access-Control-Request-Private-Network: true\r\n'].map((more) =>
    crossSite(
      `X08 preflight ${more.trim()}`.trim(),
      request(`OPTIONS ${PODS}`, {
        headers: `${EVIL}${CROSS_SITE}Access-Control-Request-Method: DELETE\r\n${more}`,
      }),
    ),
  ),
  same('X09 CORS headers of the upstream', get('/answers/cors'), 'forwarded', {
    why: 'cross-site-requests',
    only: {
      kubectl: ['< access-control-allow-origin: *', '< access-control-allow-credentials: true'],
    },
  }),
  crossSite(
    'X10 our address from our name',
    withHost('localhost:8001', 'Origin: http://127.0.0.1:8001\r\n'),
  ),
  same('X11 typed by the user', get(PODS, 'Sec-Fetch-Site: none\r\n'), 'forwarded'),
  same('X11 our own page', get(PODS, 'Sec-Fetch-Site: same-origin\r\n'), 'forwarded'),
];

function crossSite(id: string, bytes: string): PolicyRow {
  return differs(id, bytes, REFUSED, 'cross-site-requests');
}

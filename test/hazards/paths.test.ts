// 3.3: one reading of a path decides, and the client's own bytes are forwarded.
import { expect, it } from 'vitest';
import { paths } from '../support/differential/policy-paths.ts';
import { get } from '../support/differential/policy-row.ts';
import { request } from '../support/raw-client.ts';
import { openDoor } from './door.ts';
import { type Asked, holdAll, masked } from './policy.ts';

const POD = '/api/v1/namespaces/d/pods/p';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';

const row = (porthole: Asked['porthole'], id: string, bytes: string): Asked => ({
  id,
  request: bytes,
  porthole,
});
const refused = (id: string, target: string) => row(403, id, get(target));
const bad = (id: string, target: string) => row(400, id, get(target));
const forwarded = (id: string, target: string) => row('forwarded', id, get(target));

/** Beside those that kubectl proxy is asked too. */
const MORE: readonly Asked[] = [
  ...['exec', 'attach'].flatMap((session) => [
    row(403, `F01 ${session} by SPDY`, request(`POST ${POD}/${session}`, { headers: UPGRADE })),
    row(
      403,
      `F01 ${session} by WebSocket`,
      get(`${POD}/${session}`, UPGRADE.replace('SPDY/3.1', 'websocket')),
    ),
  ]),
  refused('F02 every letter escaped', `${POD}/%65%78%65%63`),
  refused('F02 the word before it escaped', `/api/v1/namespaces/d/%70ods/p/exec`),
  refused('F02 all slashes escaped', '/api%2fv1%2fnamespaces%2fd%2fpods%2fp%2fexec'),
  refused('F02 a query', `${POD}/exec?command=id`),
  forwarded('F03 an escaped slash of an escape', `${POD}%252Fexec`),
  bad('F04 dots first', `/./${POD}/exec`),
  bad('F04 dots at the end', `${POD}/exec/..`),
  bad('F04 a dot at the end', `${POD}/.`),
  refused('F04 three slashes', `//${POD}/exec`),
  refused('F04 two slashes before exec', `${POD}//exec`),
  bad('F05 one escaped dot of two', `/x/.%2e${POD}/exec`),
  bad('F05 escaped dots in capitals', `/x/%2E%2E${POD}/exec`),
  bad('F05 escaped dots and slash', `/x%2f%2e%2e%2fapi/v1/pods`),
  bad('F05 escaped dots with a parameter', '/x/%2e%2e;a/api/v1/pods'),
  bad('F05 a dot with a parameter', '/api/.;/v1/pods'),
  forwarded('F05 three dots', '/api/v1/.../pods'),
  forwarded('F05 dots in a name', '/api/v1/namespaces/d/configmaps/..data'),
  ...['%00', '%1f', '%80', '%c2%85', '%e2%80%a9'].map((hidden) =>
    bad(`F06 ${hidden} before exec`, `/api/v1${hidden}${POD.slice(7)}/exec`),
  ),
  ...['%0a', '%09', '%7f', '%e2%80%a8'].map((hidden) =>
    bad(`F06 ${hidden} in another path`, `/api/v1${hidden}/pods`),
  ),
  bad('F06 a raw control character', '/api/v1\x01/pods'),
  bad('F06 a raw DEL', '/api/v1\x7f/pods'),
  bad('F06 raw bytes over 127', '/api/v1\xe2\x80\xa8/pods'),
  bad('F07 an escaped backslash in capitals', `${POD}%5Cexec`),
  bad('F07 a backslash last', '/api/v1/pods\\'),
  bad('F08 half an escape', '/api/%a'),
  bad('F08 a percent sign last', `${POD}/exec%`),
  ...['%c0%ae', '%e0%80%af', '%f0%80%80%af', '%ed%a0%80', '%f4%90%80%80', '%80', '%c3'].map(
    (bytes) => bad(`F08 bytes that are no UTF-8: ${bytes}`, `/api/${bytes}`),
  ),
  bad('F09 a fragment behind exec', `${POD}/exec#`),
  refused('F09 an escaped number sign behind exec', `${POD}/exec%23`),
  forwarded('F10 slashes and dots in a query', `/api/v1/pods?x=/../exec&y=//&z=%zz%00`),
  row(
    403,
    'F11 a path to exec, whatever is said of it',
    get(`${POD}/exec`, 'X-Rewrite-URL: /api\r\nX-Original-URI: /api\r\n'),
  ),
  forwarded('F12 another case within', `/api/v1/Namespaces/d/Pods/p/exec`),
  row(400, 'F13 OPTIONS * to upgrade', request('OPTIONS *', { headers: UPGRADE })),
  row(400, 'F13 GET *', request('GET *')),
  row(405, 'F15 TRACE by upgrade', request('TRACE /api', { headers: UPGRADE })),
  row(405, 'F15 TRACE of exec', request(`TRACE ${POD}/exec`)),
  ...['Get', 'TRACK', 'PROPFIND', 'PRI', 'M-SEARCH', 'X'.repeat(32)].map((method) =>
    row(405, `F16 ${method}`, request(`${method} /api/v1/pods`)),
  ),
  ...['X'.repeat(33), 'G ET', 'GET\t', 'G\x00T', '"GET"', 'GÉT'].map((method) =>
    row(400, `F16 no method: ${JSON.stringify(method)}`, request(`${method} /api/v1/pods`)),
  ),
  forwarded('F24 60 KiB', `/${'x'.repeat(60 * 1024)}`),
  ...[64, 1024].map((kib) => row(431, `F24 ${kib} KiB`, get(`/${'x'.repeat(kib * 1024)}`))),
  row(431, 'F24 1 MiB of query', get(`/api?${'x'.repeat(1024 * 1024)}`)),
];

const isApiRequest = ({ id }: Asked) => id.startsWith('API request');
const COMPARED: readonly Asked[] = paths.map((compared) =>
  isApiRequest(compared) ? { ...compared, id: `F17 ${compared.id}` } : compared,
);
holdAll([...COMPARED, ...MORE]);

it.each([
  ['an authority', 'CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: 127.0.0.1:443\r\n\r\n'],
  ['a path', 'CONNECT /api HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['another host', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'],
])('F14 CONNECT of %s opens no tunnel, and closes', async (_, head) => {
  const door = await openDoor();
  const answer = await door.ask(`${head}GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 405 /);
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(door.upstream.connections).toEqual([]);
});

it('F15 TRACE shows nothing of what would have been sent', async () => {
  const door = await openDoor();
  const cookie = door.canaries.plant('cookie');
  const answer = await door.ask(
    request('TRACE /api', { headers: `Cookie: a=${cookie}\r\nConnection: close\r\n` }),
  );
  expect(answer).toMatch(
    /^HTTP\/1\.1 405 .*\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n/s,
  );
  expect(answer).not.toContain(cookie);
  expect(door.upstream.connections).toEqual([]);
});

const SESSIONS = [
  `GET ${POD}/portforward`,
  `GET ${POD}/proxy/`,
  'GET /api/v1/namespaces/d/services/s/proxy/',
  'GET /api/v1/nodes/n/proxy/exec/d/p/c',
  `PUT ${POD}/ephemeralcontainers`,
  'POST /api/v1/namespaces/d/serviceaccounts/a/token',
  'GET /api/v1/proxy/nodes/n/run',
  `GET /api/v1/namespaces/d/services/s%2Fproxy`,
];

it.each(SESSIONS)('F23 --read-only refuses %s', async (line) => {
  const door = await openDoor(undefined, { proxy: { readOnly: true } });
  const answer = await door.ask(request(line, { headers: 'Connection: close\r\n' }));
  expect(answer).toMatch(/^HTTP\/1\.1 403 .*--read-only/s);
  expect(door.upstream.connections).toEqual([]);
});

it('F23 a ServiceAccount that is impersonated passes, and --read-only counts for it too', async () => {
  const door = await openDoor(undefined, { proxy: { readOnly: true } });
  const headers = 'Impersonate-User: system:serviceaccount:d:a\r\nConnection: close\r\n';
  expect(await door.ask(request('GET /api/v1/pods', { headers }))).toMatch(/^HTTP\/1\.1 200 /);
  expect(masked(door)).toContain('\r\nImpersonate-User: system:serviceaccount:d:a\r\n');
  const write = request('DELETE /api/v1/namespaces/d/pods/p', { headers });
  expect(await door.ask(write)).toMatch(/^HTTP\/1\.1 403 /);
  expect(door.upstream.requests).toBe(1);
});

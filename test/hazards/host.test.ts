// 3.1: a name that was rebound to this machine opens nothing.
import { hosts } from '../support/differential/policy-hosts.ts';
import { withHost } from '../support/differential/policy-row.ts';
import { request } from '../support/raw-client.ts';
import { type Asked, holdAll } from './policy.ts';

/** Beside those that kubectl proxy is asked too. */
const MORE: readonly Asked[] = [
  ...['LocalHost', 'LOCALHOST', 'localHOST:1'].map((host) => row(`H03 ${host}`, withHost(host))),
  ...[
    'localhost\xa0',
    '\xa0localhost',
    'localhost\x0b',
    'localhost\x00',
    'localhost;',
    'localhost#',
  ].map((host) => row(`H06 ${JSON.stringify(host)}`, withHost(host), 400)),
  ...['localhost?', 'localhost\\evil', 'localhost%00', 'localhost:1:1', 'evil@localhost'].map(
    (host) => row(`H06 ${JSON.stringify(host)}`, withHost(host), 400),
  ),
  ...['[localhost]', '[::1', '::1', '[::1]evil', '[::1%25lo]'].map((host) =>
    row(`H06 ${JSON.stringify(host)}`, withHost(host), 400),
  ),
  row('H06 another address in brackets', withHost('[::2]'), 403),
  ...['HOST: localhost', 'host: localhost', 'Host: localhost:8001', 'Host: evil.example'].map(
    (line) => row(`H07 a second line: ${line}`, withHost('localhost', `${line}\r\n`), 400),
  ),
  row('H07 the other name first', withHost('evil.example', 'Host: localhost\r\n'), 400),
  row('H08 HTTP/0.9, the root', 'GET /\r\n\r\n', 400),
  row('H08 an empty host in HTTP/1.0', 'GET /api HTTP/1.0\r\nHost: \r\n\r\n', 400),
  row('H08 a port alone', withHost(':8001'), 400),
  row('H09 a whole URL of ours', request('GET http://localhost/api/v1/pods'), 'forwarded', {
    sentAs: 'GET /api/v1/pods HTTP/1.1',
  }),
  row('H09 a user in it', request('GET http://localhost@evil.example/api/v1/pods'), 400),
  row('H09 https', request('GET https://evil.example/api/v1/pods'), 400),
  row('H09 a fragment in it', request('GET http://localhost#/api/v1/pods'), 400),
  row('H09 without Host, in HTTP/1.0', 'GET http://localhost/api HTTP/1.0\r\n\r\n', 400),
  row('H09 no slash behind it', request('GET http://localhost?watch=1'), 'forwarded', {
    sentAs: 'GET /?watch=1 HTTP/1.1',
  }),
  row('H09 dots in it', request('GET http://localhost/../api'), 400),
  row('H09 exec in it', request('GET http://localhost/api/v1/namespaces/d/pods/p/exec'), 403),
  row(
    'H09 another port in it',
    request('GET http://localhost:1/api/v1/pods', { host: 'localhost:2' }),
    400,
  ),
];

function row(
  id: string,
  bytes: string,
  porthole: Asked['porthole'] = 'forwarded',
  more: Partial<Asked> = {},
): Asked {
  return { id, request: bytes, porthole, ...more };
}

holdAll([...hosts, ...MORE]);

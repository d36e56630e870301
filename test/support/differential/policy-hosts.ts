// Whose name is accepted: rows H01 to H13 of the table of checks.
import { request } from '../raw-client.ts';
import { differs, type PolicyRow, same, upgrade, withHost } from './policy-row.ts';

const PODS = '/api/v1/pods';
const PORT_FORWARD = '/api/v1/namespaces/default/pods/hello/portforward';

export const hosts: readonly PolicyRow[] = [
  same('H01 another name', withHost('evil.example'), 403),
  same('H01 a name that begins as ours', withHost('localhost.evil.com'), 403),
  same('H01 a name that ends as ours', withHost('evillocalhost:8001'), 403),
  same('H01 letters where the pattern has dots', withHost('127a0b0c1'), 403),
  same('H02 localhost', withHost('localhost'), 'forwarded'),
  same('H02 localhost with a port', withHost('localhost:8001'), 'forwarded'),
  same('H02 127.0.0.1', withHost('127.0.0.1'), 'forwarded'),
  same('H02 127.0.0.1 with a port', withHost('127.0.0.1:8001'), 'forwarded'),
  same('H02 [::1]', withHost('[::1]'), 'forwarded'),
  differs(
    'H02 [::1] with a port',
    withHost('[::1]:8001'),
    { kubectl: 403, porthole: 'forwarded' },
    'hosts',
  ),
  differs(
    'H03 upper case',
    withHost('LOCALHOST:8001'),
    { kubectl: 403, porthole: 'forwarded' },
    'hosts',
  ),
  same('H04 a dot at the end', withHost('localhost.'), 403),
  same('H04 0.0.0.0', withHost('0.0.0.0:8001'), 403),
  same('H04 another loopback address', withHost('127.0.0.2'), 403),
  same('H04 an address as a number', withHost('2130706433'), 403),
  same('H04 an address in hex', withHost('0x7f.1'), 403),
  same('H04 a short address', withHost('127.1'), 403),
  same('H04 IPv4 in IPv6', withHost('[::ffff:127.0.0.1]'), 403),
  ...['evil', '0', '99999', ''].map((port) =>
    differs(
      `H05 port ${JSON.stringify(port)}`,
      withHost(`localhost:${port}`),
      { kubectl: 'forwarded', porthole: 400 },
      'malformed-requests',
    ),
  ),
  same('H05 a port that is not ours', withHost('localhost:65535'), 'forwarded'),
  ...['localhost@evil.com', 'localhost/evil', 'localhost, evil', 'localhost\tevil'].map((host) =>
    same(`H06 ${JSON.stringify(host)}`, withHost(host), 400),
  ),
  same('H07 two hosts', withHost('localhost', 'Host: evil.example\r\n'), 400),
  same('H07 the same host twice', withHost('localhost', 'Host: localhost\r\n'), 400),
  differs('H08 an empty host', withHost(''), { kubectl: 403, porthole: 400 }, 'malformed-requests'),
  same('H08 no host', `GET ${PODS} HTTP/1.1\r\n\r\n`, 400),
  differs(
    'H08 no host in HTTP/1.0',
    `GET ${PODS} HTTP/1.0\r\n\r\n`,
    { kubectl: 403, porthole: 400 },
    'malformed-requests',
  ),
  same('H08 HTTP/0.9', `GET ${PODS}\r\n\r\n`, 400),
  differs(
    'H09 a whole URL of another host',
    request(`GET http://evil.example${PODS}`),
    { kubectl: 403, porthole: 400 },
    'whole-urls',
  ),
  differs(
    'H09 a whole URL of ours with another Host',
    request(`GET http://localhost${PODS}`, { host: 'evil.example' }),
    { kubectl: 'forwarded', porthole: 400 },
    'whole-urls',
  ),
  same('H10 another name, to upgrade', upgrade(PORT_FORWARD, '', 'evil.example'), 403),
  same('H10 a longer name, to upgrade', upgrade(PORT_FORWARD, '', 'localhost.evil.com'), 403),
  differs(
    'H10 [::1] with a port, to upgrade',
    upgrade(PORT_FORWARD, '', '[::1]:8001'),
    { kubectl: 403, porthole: 'forwarded' },
    'hosts',
  ),
  differs(
    'H10 a port that is none, to upgrade',
    upgrade(PORT_FORWARD, '', 'localhost:evil'),
    { kubectl: 'forwarded', porthole: 400 },
    'malformed-requests',
  ),
  same('H13 X-Forwarded-Host', withHost('evil.example', 'X-Forwarded-Host: localhost\r\n'), 403),
];

/** `--accept-hosts=^::1$`, and `^\[::1\]$` beside it. */
export const barePattern: readonly PolicyRow[] = [
  differs(
    'a port and a pattern without brackets',
    withHost('[::1]:8001'),
    { kubectl: 'forwarded', porthole: 403 },
    'hosts',
  ),
  same('no port and a pattern without brackets', withHost('[::1]'), 403),
];
export const bothPatterns: readonly PolicyRow[] = [
  same('a port and both patterns', withHost('[::1]:8001'), 'forwarded'),
  same('no port and both patterns', withHost('[::1]'), 'forwarded'),
];

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { splitPatterns } from '../../src/server/patterns.ts';
import { eventually } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { PORT_FORWARD, switchTo, upgradeTo } from '../support/tunnel.ts';
import { type DoorOptions, openDoor } from './door.ts';
import { consent } from './open-tunnel.ts';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';

describe('an answer that is none to an upgrade', () => {
  const plain = (status: string): string =>
    `HTTP/1.1 ${status}\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nok`;
  const answers = [
    ['U04 200', plain('200 OK')],
    ['U04 201', plain('201 Created')],
    ['U04 204', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['U04 300', plain('300 Multiple Choices')],
    ['U04 301', plain('301 Moved Permanently')],
    ['U04 302', plain('302 Found')],
    ['U04 304', 'HTTP/1.1 304 Not Modified\r\n\r\n'],
    ['U04 307', plain('307 Temporary Redirect')],
    ['U05 101 with another Upgrade', switchTo('other')],
    ['U05 101 with h2c', switchTo('h2c')],
    ['U05 101 with a longer Upgrade', switchTo('ASKED, other')],
    ['U05 101 with two Upgrades', switchTo('ASKED', 'Upgrade: other\r\n')],
    ['U05 101 with an empty Upgrade', switchTo('')],
    ['U05 101 without Upgrade', 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\n\r\n'],
    ['U05 101 without Connection', 'HTTP/1.1 101 Switching\r\nUpgrade: ASKED\r\n\r\n'],
  ] as const;

  it.each(
    answers.flatMap(([what, answer]) =>
      ['websocket', 'SPDY/3.1'].map(
        (protocol) => [what, protocol, answer.replace('ASKED', protocol)] as const,
      ),
    ),
  )('%s to %s: 502, and both sides are closed', async (_, protocol, answer) => {
    const { ask, upstream, proxy } = await openDoor(() => answer);
    const received = await ask(`${upgradeTo(protocol)}early`);
    expect(received).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n.*"kind":"Status"/s);
    await eventually('upstream is closed', () => upstream.open === 0);
    expect(upstream.requests).toBe(1);
    expect(upstream.bytes).not.toContain('early');
    expect(proxy.records).toMatchObject([{ status: 502, outcome: 'upstream-failed' }]);
  });
});

describe('a refusal', () => {
  const EXEC = PORT_FORWARD.replace('portforward', 'exec');
  const rows: readonly (readonly [string, string, string, DoorOptions?])[] = [
    ['a Host that is not ours', `GET ${PORT_FORWARD}`, 'Host: evil.example\r\n'],
    ['a Host with a port that is none', `GET ${PORT_FORWARD}`, 'Host: localhost:evil\r\n'],
    ['no Host', `GET ${PORT_FORWARD}`, ''],
    ['two Hosts', `GET ${PORT_FORWARD}`, 'Host: localhost\r\nHost: localhost\r\n'],
    ['another origin', `GET ${PORT_FORWARD}`, 'Host: localhost\r\nOrigin: http://localhost:1\r\n'],
    ['another site', `GET ${PORT_FORWARD}`, 'Host: localhost\r\nSec-Fetch-Site: cross-site\r\n'],
    [
      'a page of this site',
      `GET ${PORT_FORWARD}`,
      'Host: localhost\r\nSec-Fetch-Site: same-site\r\n',
    ],
    ['a path that is filtered', `GET ${EXEC}`, 'Host: localhost\r\n'],
    ['its escaped form', `GET ${EXEC.replace('x', '%78')}`, 'Host: localhost\r\n'],
    ['dot segments', `GET /api/..${PORT_FORWARD}`, 'Host: localhost\r\n'],
    ['TRACE', `TRACE ${PORT_FORWARD}`, 'Host: localhost\r\n'],
    [
      'a method that is filtered',
      `POST ${PORT_FORWARD}`,
      'Host: localhost\r\n',
      { proxy: { rejectMethods: splitPatterns('^POST$') } },
    ],
    [
      'impersonation beside ours',
      `GET ${PORT_FORWARD}`,
      'Host: localhost\r\nImpersonate-User: root\r\n',
      { flags: { as: 'bob' } },
    ],
    ['a field that is none', `GET ${PORT_FORWARD}`, 'Host: localhost\r\nA B: 1\r\n'],
  ];

  it.each(rows.map(([what, line, fields, options = {}]) => [what, line, fields, options] as const))(
    'U09 for %s is the same for an upgrade',
    async (_, line, fields, options) => {
      const { ask, upstream, proxy } = await openDoor(consent, options);
      const plain = await ask(`${line} HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`);
      expect(plain).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(await ask(`${line} HTTP/1.1\r\n${fields}${UPGRADE}\r\nearly`)).toBe(plain);
      expect(upstream.connections).toEqual([]);
      const [one, other] = await proxy.recorded(2);
      expect([other?.status, other?.outcome, other?.errorCode]).toEqual([
        one?.status,
        'refused',
        one?.errorCode,
      ]);
    },
  );

  it('U09 for an Origin that is not ours holds for an upgrade, whatever Sec-Fetch-Site says', async () => {
    const { ask, upstream } = await openDoor(consent);
    const more = 'Origin: http://evil.example\r\nSec-Fetch-Site: same-origin\r\n';
    expect(await ask(upgradeTo('websocket', more))).toMatch(/^HTTP\/1\.1 403 /);
    expect(upstream.connections).toEqual([]);
  });
});

it('U09 an upgrade that is let in leaves with our credential, and without what clients may not say', async () => {
  const { connect, upstream } = await openDoor(consent);
  const client = await connect();
  const more =
    'X-Remote-User: root\r\nX-Remote-Group: system:masters\r\nX-Forwarded-For: 1.2.3.4\r\nX_Remote_User: root\r\n';
  await client.send(upgradeTo('SPDY/3.1', more)).untilText('\r\n\r\n');
  expect(upstream.bytes).toMatch(
    /\r\nAuthorization: Bearer cnry\w+\r\nX-Forwarded-For: 127\.0\.0\.1\r\n/,
  );
  expect(upstream.bytes).not.toMatch(/root|masters|1\.2\.3\.4/);
});

describe('U11 an upgrade with a body', () => {
  const get = (fields: string, body: string): string =>
    request(`GET ${PORT_FORWARD}`, { headers: UPGRADE + fields, body });

  it.each([
    ['of known length', 'Content-Length: 5\r\n', 'hello'],
    ['of one byte', 'Content-Length: 1\r\n', 'h'],
    ['of known length, not here yet', 'Content-Length: 5\r\n', ''],
    ['in chunks', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['of no chunk', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ])('U11 %s: 400, and nobody is asked', async (_, fields, body) => {
    const { ask, upstream, proxy } = await openDoor(consent);
    expect(await ask(get(fields, body))).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(upstream.connections).toEqual([]);
    expect(proxy.records).toMatchObject([{ status: 400, outcome: 'refused' }]);
  });

  it('U11 of length 0 is one without', async () => {
    const { connect, upstream } = await openDoor(consent);
    const client = await connect();
    await client.send(get('Content-Length: 0\r\n', 'early')).untilText(' 101 ');
    await eventually('it arrives', () => upstream.bytes.endsWith('\r\n\r\nearly'));
  });
});

describe('U19 an upgrade that is refused', () => {
  it.each([
    ['403', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nhalf'],
    ['500 in chunks', 'HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['404 until the end', 'HTTP/1.1 404 Not Found\r\n\r\nhalf'],
  ])('U19 with a %s that does not end: it is cut after 10 s', async (_, answer) => {
    const { connect, upstream, proxy } = await openDoor(() => answer);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    onTestFinished(() => void vi.useRealTimers());
    const client = await connect();
    await client.send(upgradeTo('SPDY/3.1')).untilText('half');
    expect(client.ended).toBe(false);
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    await client.untilEnd();
    await eventually('upstream is closed', () => upstream.open === 0);
    expect(await proxy.recorded(1)).toMatchObject([
      { outcome: 'upstream-aborted', errorCode: 'ERR_UPSTREAM_ABORTED' },
    ]);
  });
});

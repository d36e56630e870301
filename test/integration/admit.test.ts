import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

const PODS = '/api/v1/namespaces/default/pods';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const CROSS = 'Sec-Fetch-Site: cross-site\r\n';
const EVIL = 'Origin: https://evil.example\r\n';

/** Both doors: whatever is refused on a plain request is refused on an upgrade. */
const doors = [
  ['a plain request', 'Connection: close\r\n'],
  ['an upgrade', UPGRADE],
] as const;

describe.each(doors)('%s', (_, door) => {
  it.each([
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['evillocalhost:8001', 403],
    ['127a0b0c1', 403],
    ['localhost.', 403],
    ['0.0.0.0:8001', 403],
    ['127.0.0.2', 403],
    ['2130706433', 403],
    ['0x7f.1', 403],
    ['127.1', 403],
    ['[::ffff:127.0.0.1]', 403],
    ['localhost:evil', 400],
    ['localhost:0', 400],
    ['localhost:99999', 400],
    ['localhost@evil.example', 400],
    ['localhost/evil', 400],
    ['localhost, evil.example', 400],
    ['localhost\tevil.example', 400],
    ['', 400],
  ])('for the host %j is refused with %i', async (host, status) => {
    const { ask, upstream, proxy } = await startPair();
    const headers = `${door}X-Forwarded-Host: localhost\r\n`;
    const answer = await ask(request('GET /version', { host, headers }));
    expect(statusOf(answer).code).toBe(status);
    expect(upstream.connections).toEqual([]);
    expect(proxy.records).toMatchObject([{ status, outcome: 'refused', path: '/version' }]);
  });

  it.each([
    ['a page of another site', 'POST', `${CROSS}${EVIL}`],
    ['a form of another site', 'POST', `${CROSS}${EVIL}Content-Type: text/plain\r\n`],
    ['an image of another site', 'GET', `${CROSS}Sec-Fetch-Dest: image\r\n`],
    ['another port of this machine', 'GET', 'Sec-Fetch-Site: same-site\r\n'],
    ['a browser that knows Origin only', 'GET', EVIL],
    ['a sandboxed page', 'GET', 'Origin: null\r\n'],
    ['two origins', 'GET', `${EVIL}Origin: http://localhost\r\n`],
    ['an origin that begins as ours', 'GET', 'Origin: http://localhost.evil.example\r\n'],
    ['our other name', 'GET', 'Origin: http://127.0.0.1\r\n'],
    ['a preflight', 'OPTIONS', `${EVIL}Access-Control-Request-Method: DELETE\r\n`],
    [
      'a preflight for the private network',
      'OPTIONS',
      `${EVIL}Access-Control-Request-Private-Network: true\r\n`,
    ],
  ])('from %s is refused, and no page may read why', async (_, method, headers) => {
    const { ask, upstream, proxy } = await startPair(undefined, { disableFilter: true });
    const answer = await ask(request(`${method} ${PODS}`, { headers: `${door}${headers}` }));
    expect(statusOf(answer)).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(answer).not.toMatch(/^Access-Control-/im);
    expect(upstream.connections).toEqual([]);
    expect(proxy.records).toMatchObject([
      { outcome: 'refused', errorCode: 'ERR_ORIGIN_REFUSED', verb: expect.anything() },
    ]);
  });

  it.each([
    ['the path', `GET ${PODS}/hello/exec`, '', 'path "', '--reject-paths'],
    ['the path, escaped', `GET ${PODS}/hello/%65xec`, '', 'path "', '--reject-paths'],
    ['the method', 'DELETE /version', '', 'method DELETE', '--reject-methods'],
    ['the origin', 'GET /version', EVIL, 'origin "', '--allow-origin'],
    ['impersonation', 'GET /version', 'Impersonate-Group: a\r\n', 'Impersonate-Group', '--as'],
  ])('refused for %s is told which flag that was', async (_, line, headers, what, flag) => {
    const { ask, upstream } = await startPair(
      undefined,
      { rejectMethods: ['^DELETE$'] },
      { as: 'jane' },
    );
    expect(statusOf(await ask(request(line, { headers: `${door}${headers}` })))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: expect.stringMatching(`^porthole: .*${what}.*${flag}`),
      reason: 'Forbidden',
      code: 403,
    });
    expect(upstream.connections).toEqual([]);
  });

  it.each([
    ['TRACE /version', 405],
    ['CONNECT localhost:443', 405],
    ['GET /api/../version', 400],
    ['GET /api/%2e%2e/version', 400],
    ['GET /api\\version', 400],
    ['GET /%zz', 400],
    ['GET /%00', 400],
    ['GET http://evil.example/version', 400],
    ['GET *', 400],
  ])('%s is refused with %i', async (line, status) => {
    const { ask, upstream, proxy } = await startPair(undefined, { disableFilter: true });
    const answer = await ask(request(line, { headers: door }));
    expect(statusOf(answer).code).toBe(status);
    expect(answer.includes('\r\nAllow: GET, ')).toBe(status === 405);
    expect(upstream.connections).toEqual([]);
    expect(proxy.records).toMatchObject([{ status, outcome: 'refused' }]);
  });
});

describe('admitted are', () => {
  it.each([
    ['localhost', ''],
    ['LOCALHOST:8001', ''],
    ['127.0.0.1:1', ''],
    ['[::1]', ''],
    ['[::1]:8001', ''],
    ['localhost:8001', 'Origin: http://localhost:8001\r\n'],
    ['localhost', 'Sec-Fetch-Site: same-origin\r\n'],
    ['localhost', 'Sec-Fetch-Site: none\r\n'],
    ['localhost', 'Origin: http://localhost:3000\r\n'],
  ])('the host %s with %j', async (host, fields) => {
    const { ask } = await startPair(undefined, { allowOrigins: ['http://localhost:3000'] });
    const headers = `Connection: close\r\n${fields}`;
    expect(await ask(request('GET /version', { host, headers }))).toContain('HTTP/1.1 200 OK\r\n');
  });
});

describe('an Origin beside Sec-Fetch-Site', () => {
  // A page reads what a WebSocket brings, whatever CORS says.
  it.each([
    ['an upgrade', UPGRADE, 403],
    ['a plain request', 'Connection: close\r\n', 200],
  ])('of another site, on %s', async (_, door, status) => {
    const { ask } = await startPair();
    const headers = `${door}Sec-Fetch-Site: same-origin\r\n${EVIL}`;
    expect(await ask(request('GET /version', { headers }))).toContain(`HTTP/1.1 ${status} `);
  });
});

describe('the body of a refused request', () => {
  const INNER = request('DELETE /api/v1/namespaces/default');
  const outer = (length: number): string =>
    request('POST /version', { host: 'evil.example', headers: `Content-Length: ${length}\r\n` });

  it('is not read as the next request', async () => {
    const { connect, upstream } = await startPair();
    const client = await connect();
    client.send(outer(INNER.length) + INNER + request('GET /after'));
    await client.untilText('\r\n\r\nok');
    expect(client.statuses).toEqual([403, 200]);
    expect(upstream.bytes).toMatch(/^GET \/after /);
  });

  it('is not read as one either when it comes after the answer', async () => {
    const { connect, upstream } = await startPair();
    const client = await connect();
    await client.send(outer(INNER.length)).untilText('"code":403');
    expect(client.received).toContain('\r\nConnection: close\r\n');
    await client.send(INNER + INNER).untilEnd();
    expect(client.statuses).toEqual([403]);
    expect(upstream.connections).toEqual([]);
  });
});

describe('a head that can not be read', () => {
  it.each([
    ['a bare LF', 'GET / HTTP/1.1\nHost: localhost\n\n', 400],
    ['two spaces', 'GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['HTTP/0.9', 'GET /\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.0\r\n\r\n', 400],
    ['two Hosts', request('GET /', { headers: 'Host: localhost\r\n' }), 400],
    ['a folded line', request('GET /', { headers: 'A: b\r\n c\r\n' }), 400],
    ['two framings', request('POST /', { headers: framings() }), 400],
    ['200 lines and more', request('GET /', { headers: 'A: b\r\n'.repeat(200) }), 431],
    ['64 KiB and more', request('GET /', { headers: `A: ${'b'.repeat(65_536)}\r\n` }), 431],
    ['1 MiB without an end', `GET /${'a'.repeat(1_048_576)}`, 431],
  ])('for %s is answered, recorded, and the end of its connection', async (_, head, status) => {
    const { ask, upstream, proxy } = await startPair();
    const answer = await ask(head + request('GET /version'));
    expect(statusOf(answer).code).toBe(status);
    expect(answer).toContain('\r\nConnection: close\r\n');
    expect(upstream.connections).toEqual([]);
    expect(proxy.records).toMatchObject([
      { status, outcome: 'refused', method: '', clientAddress: '127.0.0.1' },
    ]);
  });
});

function framings(): string {
  return 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n';
}

/** The one answer's body, which has to be a Status that agrees with the status line. */
function statusOf(answer: string): { readonly code: number } {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  expect(head).toContain('\r\nContent-Type: application/json\r\n');
  expect(head).toContain(`\r\nContent-Length: ${body.length}`);
  const status = JSON.parse(body);
  expect(head).toContain(`HTTP/1.1 ${status.code} `);
  return status;
}

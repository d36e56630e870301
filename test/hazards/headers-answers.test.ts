import { describe, expect, it } from 'vitest';
import { eventually } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK, type SeenConnection } from '../support/recording-upstream.ts';
import { NEXT, openWide } from './exact.ts';

const head = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`;
const LENGTH = 'Content-Length: 2';
const CLOSED_OK = OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

describe('an answer that can be read in two ways, or in none, becomes a 502', () => {
  it.each([
    ['D13 an escape in a field', head(`A: \x1b[2J\r\n${LENGTH}`)],
    ['D13 NUL in a field', head(`A: \0\r\n${LENGTH}`)],
    ['D13 DEL in a field', head(`A: \x7f\r\n${LENGTH}`)],
    ['D13 a bare CR in a field', head(`A: 1\rB: 2\r\n${LENGTH}`)],
    ['D13 a bare LF in a field', head(`A: 1\nB: 2\r\n${LENGTH}`)],
    ['D13 bare LF throughout', `HTTP/1.1 200 OK\n${LENGTH}\n\nok`],
    ['D13 obs-fold', head(`A: 1\r\n 2\r\n${LENGTH}`)],
    ['D13 a line without a colon', head(`A\r\n${LENGTH}`)],
    ['D13 a space before the colon', head(`A : 1\r\n${LENGTH}`)],
    ['D13 an empty name', head(`: 1\r\n${LENGTH}`)],
    ['D13 a control byte in the reason', `HTTP/1.1 200 O\x07K\r\n${LENGTH}\r\n\r\nok`],
    ['D13 a bare CR in the reason', `HTTP/1.1 200 O\rK\r\n${LENGTH}\r\n\r\nok`],
    ['D13 status 099', `HTTP/1.1 099 Low\r\n${LENGTH}\r\n\r\nok`],
    ['D13 status 20', `HTTP/1.1 20 Low\r\n${LENGTH}\r\n\r\nok`],
    ['D13 status 1000', `HTTP/1.1 1000 High\r\n${LENGTH}\r\n\r\nok`],
    ['D13 status -1', `HTTP/1.1 -1 Low\r\n${LENGTH}\r\n\r\nok`],
    ['D13 a head of 80 KB', head(`A: ${'a'.repeat(80_000)}\r\n${LENGTH}`)],
    ['D14 length and chunks', `${head(`${LENGTH}\r\nTransfer-Encoding: chunked`)}0\r\n\r\n`],
    ['D14 two lengths', head(`${LENGTH}\r\nContent-Length: 3`)],
    ['D14 two equal lengths', head(`${LENGTH}\r\n${LENGTH}`)],
    ['D14 a list of lengths', head('Content-Length: 2, 2')],
    ['D14 a length with a sign', head('Content-Length: +2')],
    ['D14 a length over all integers', head('Content-Length: 18446744073709551618')],
    ['D14 a coding other than chunked', head('Transfer-Encoding: gzip, chunked')],
    ['D14 chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['D14 a body of HTTP/0.9', '<html>hello</html>\r\n'],
    ['D14 another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['D14 HTTP/2', '\0\0\0\x04\0\0\0\0\0'],
    ['D14 HTTP/3.0', `HTTP/3.0 200 OK\r\n${LENGTH}\r\n\r\nok`],
    ['D14 an empty line first', `\r\n${OK}`],
  ])('%s', async (_, answer) => {
    const { connect, upstream, proxy } = await openWide((text) =>
      text.startsWith('POST') ? answer : OK,
    );
    const client = await connect();
    await client.send(request('POST /x') + NEXT).untilEnd();
    expect(client.statuses).toEqual([502, 200]);
    expect(client.received.endsWith(CLOSED_OK)).toBe(true);
    expect(client.received).toContain('"reason":"BadGateway"');
    expect(upstream.connections.map(({ begun }) => begun)).toEqual([1, 1]);
    await eventually(
      'the first connection is closed',
      () => upstream.connections[0]?.closed === true,
    );
    expect(proxy.records).toMatchObject([
      { outcome: 'upstream-failed', errorCode: 'ERR_UPSTREAM_MALFORMED', status: 502 },
      { outcome: 'ok' },
    ]);
  });

  it('D13 a flood of interim answers', async () => {
    const { connect, upstream } = await openWide((text) =>
      text.includes(' /x ') ? 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(10_000) : OK,
    );
    const client = await connect();
    await client.send(request('GET /x') + NEXT).untilEnd();
    expect(client.statuses.filter((status) => status === 102).length).toBeLessThan(100);
    expect(client.statuses.slice(-2)).toEqual([502, 200]);
    expect(upstream.connections).toHaveLength(2);
  });

  it.each([
    ['D14 a size that is none', 'zz\r\n'],
    ['D14 more data than the size', '2\r\nokok\r\n0\r\n\r\n'],
    ['D14 a bare LF behind the last size', '0\n\n'],
    ['D13 a control byte in a trailer', '0\r\nA: \x01\r\n\r\n'],
    ['D13 a trailer without a colon', '0\r\nA\r\n\r\n'],
    ['D14 an extension with a control byte', '2;a\x01\r\nok\r\n'],
  ])('%s cuts an answer that is under way', async (_, wrong) => {
    const begun = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n';
    const { connect, proxy, upstream } = await openWide(() => begun);
    const client = await connect();
    await client.send(request('GET /x')).untilText('ok\r\n');
    upstream.connections[0]?.socket.write(wrong, 'latin1');
    await client.untilEnd();
    expect(client.received.startsWith(begun)).toBe(true);
    expect(client.received).not.toContain('0\r\n\r\n');
    await eventually('upstream is told', () => upstream.open === 0);
    expect(await proxy.recorded(1)).toMatchObject([
      { outcome: 'upstream-aborted', errorCode: 'ERR_UPSTREAM_MALFORMED' },
    ]);
  });
});

describe('an answer that is only unusual', () => {
  it.each([
    ['D13 status 999', `HTTP/1.1 999 Odd\r\n${LENGTH}\r\n\r\nok`],
    ['D13 no reason', `HTTP/1.1 200 \r\n${LENGTH}\r\n\r\nok`],
    ['D13 a field of 20 KB', `${head(`A: ${'a'.repeat(20_000)}\r\n${LENGTH}`)}ok`],
    [
      'D13 a reason and a field beyond ASCII',
      `HTTP/1.1 200 \xc3\xa4\r\nA: \xe4\r\n${LENGTH}\r\n\r\nok`,
    ],
    [
      'D16 Set-Cookie, Warning and Vary, one by one',
      `${head(`Set-Cookie: a=1\r\nwarning: 299 - "x"\r\nset-cookie: b=2\r\nVary: A\r\nWarning: 299 - "y"\r\nVARY: B\r\n${LENGTH}`)}ok`,
    ],
    [
      'D18 a redirect to elsewhere',
      `HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\n${LENGTH}\r\n\r\nok`,
    ],
    [
      'D19 a body that is encoded',
      `${head(`Content-Encoding: gzip\r\nETag: W/"x"\r\n${LENGTH}`)}\x1f\x8b`,
    ],
  ])('%s passes as it is', async (_, answer) => {
    const { connect, upstream } = await openWide((text) => (text.includes(' /x ') ? answer : OK));
    const client = await connect();
    await client.send(request('GET /x') + NEXT).untilEnd();
    expect(client.received).toBe(answer + CLOSED_OK);
    expect(upstream.connections).toHaveLength(1);
  });

  it.each([301, 302, 303, 307, 308])(
    'D18 a %i to the API server itself is not followed',
    async (status) => {
      const { connect, upstream } = await openWide((text) =>
        text.includes(' /x ')
          ? `HTTP/1.1 ${status} Moved\r\nLocation: https://127.0.0.1:${upstream.port}/y\r\nContent-Length: 0\r\n\r\n`
          : OK,
      );
      const client = await connect();
      await client.send(request('GET /x') + NEXT).untilEnd();
      expect(client.statuses).toEqual([status, 200]);
      expect(client.received).toContain(`Location: https://127.0.0.1:${upstream.port}/y\r\n`);
      expect(upstream.bytes).not.toContain('/y');
      expect(upstream.requests).toBe(2);
    },
  );

  it.each([
    ['D04 what Connection names', 'Connection: X-Hop, x-other\r\nX-Hop: 1\r\nX-OTHER: 2\r\n'],
    ['D04 Keep-Alive', 'Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n'],
    ['D04 Proxy-Authenticate', 'Proxy-Authenticate: Basic\r\n'],
    ['D04 Proxy-Connection', 'Proxy-Connection: keep-alive\r\n'],
    ['D04 Upgrade', 'Upgrade: h2c\r\n'],
  ])('%s stops here', async (_, fields) => {
    const { connect } = await openWide(() => `${head(fields + LENGTH)}ok`);
    const client = await connect();
    await client.send(request('GET /x')).untilText('\r\n\r\nok');
    expect(client.received).toBe(OK);
  });

  it.each([
    ['D04 Content-Length', 'Connection: content-length\r\nContent-Length: 2', 'ok'],
    [
      'D04 Transfer-Encoding',
      'Connection: transfer-encoding\r\nTransfer-Encoding: chunked',
      '2\r\nok\r\n0\r\n\r\n',
    ],
  ])('%s stays, though Connection names it', async (_, fields, body) => {
    const { connect } = await openWide(() => `${head(fields)}${body}`);
    const client = await connect();
    await client.send(request('GET /x')).untilText(`\r\n\r\n${body}`);
    expect(client.received).toBe(`HTTP/1.1 200 OK\r\n${fields.split('\r\n')[1]}\r\n\r\n${body}`);
  });
});

describe('an answer that nobody asked for', () => {
  const STRAY = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray';
  const written = ({ socket }: SeenConnection, text: string): Promise<void> =>
    new Promise((resolve) => socket.write(text, () => resolve()));

  it.each([
    ['D15 in the same segment', undefined],
    ['D15 right after', 0],
    ['D15 5 ms later', 5],
    ['D15 50 ms later', 50],
  ])('%s is for nobody', async (_, delay) => {
    let sent: Promise<void> | undefined;
    const answer = async (seen: SeenConnection): Promise<void> => {
      if (delay === undefined) return written(seen, OK + STRAY);
      await written(seen, OK);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await written(seen, STRAY);
    };
    const { connect, upstream } = await openWide((text, seen) => {
      if (!text.includes(' /x ')) return OK;
      sent = answer(seen);
      return undefined;
    });
    const client = await connect();
    await client.send(request('GET /x')).untilText(OK);
    await sent;
    await client.send(NEXT).untilEnd();
    expect(client.received).toBe(OK + CLOSED_OK);
    expect(upstream.connections).toHaveLength(2);
  });

  it.each([
    ['D15 as the body of an answer to HEAD', 'HEAD', OK.slice(0, -2)],
    ['D15 as the body of a 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['D15 as the body of a 304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    [
      'D15 behind the last chunk',
      'GET',
      `${head('Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`,
    ],
  ])('%s is for nobody', async (_, method, answer) => {
    const { connect, upstream } = await openWide((text) =>
      text.includes(' /x ') ? answer + STRAY : OK,
    );
    const client = await connect();
    await client.send(request(`${method} /x`) + NEXT).untilEnd();
    expect(client.received).toBe(answer + CLOSED_OK);
    expect(upstream.connections).toHaveLength(2);
  });

  it('D15 behind the request that gets it, once it has moved, is seen by its Audit-ID', async () => {
    const answer = (id: string): string =>
      `HTTP/1.1 200 OK\r\nAudit-Id: ${id}\r\nContent-Length: ${id.length}\r\n\r\n${id}`;
    const answers = [answer('first'), answer('first'), answer('third')];
    const { connect, upstream, proxy } = await openWide((text) =>
      text.includes('/secrets') ? answers.shift() : OK,
    );
    const client = await connect();
    for (const id of ['first', 'second', 'third']) {
      client.send(request('GET /api/v1/secrets', { headers: `Audit-ID: ${id}\r\n` }));
      await proxy.recorded(3 - answers.length);
    }
    await client.until(() => client.statuses.length === 3);
    expect(client.statuses).toEqual([200, 502, 200]);
    expect(client.received.match(/first$/gm)).toHaveLength(1);
    expect(upstream.connections).toHaveLength(2);
  });
});

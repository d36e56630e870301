import { describe, expect, it } from 'vitest';
import { eventually, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK, type SeenConnection } from '../support/recording-upstream.ts';

const head = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`;
const LENGTH = 'Content-Length: 2';

describe('an answer that can be read in two ways, or in none, becomes a 502', () => {
  it.each([
    ['D13 an escape in a field', head(`A: \x1b[2J\r\n${LENGTH}`)],
    ['D13 NUL in a field', head(`A: \0\r\n${LENGTH}`)],
    ['D13 a bare CR in a field', head(`A: 1\rB: 2\r\n${LENGTH}`)],
    ['D13 a bare LF', `HTTP/1.1 200 OK\n${LENGTH}\n\nok`],
    ['D13 a control byte in the reason', `HTTP/1.1 200 O\x07K\r\n${LENGTH}\r\n\r\nok`],
    ['D13 status 099', `HTTP/1.1 099 Low\r\n${LENGTH}\r\n\r\nok`],
    ['D13 status 20', `HTTP/1.1 20 Low\r\n${LENGTH}\r\n\r\nok`],
    ['D13 status 1000', `HTTP/1.1 1000 High\r\n${LENGTH}\r\n\r\nok`],
    ['D13 a head of 80 KB', head(`A: ${'a'.repeat(80_000)}\r\n${LENGTH}`)],
    ['S10 a head of 1,100 lines', head(`${'A: 1\r\n'.repeat(1100)}${LENGTH}`)],
    ['D13 obs-fold', head(`A: 1\r\n 2\r\n${LENGTH}`)],
    ['D13 a line without a colon', head(`A\r\n${LENGTH}`)],
    ['D14 length and chunks', head(`${LENGTH}\r\nTransfer-Encoding: chunked`)],
    ['D14 two lengths', head(`${LENGTH}\r\nContent-Length: 3`)],
    ['D14 two equal lengths', head(`${LENGTH}\r\n${LENGTH}`)],
    ['D14 a length with a sign', head('Content-Length: +2')],
    ['D14 a coding other than chunked', head('Transfer-Encoding: gzip, chunked')],
    ['D14 chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['D14 HTTP/0.9', 'hello\r\n'],
    ['D14 another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['D14 HTTP/2', '\0\0\0\x04\0\0\0\0\0'],
    ['T09 204 with a body', 'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nok'],
    ['U06 a 101 that nobody asked for', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n'],
  ])('%s', async (_, answer) => {
    const { connect, upstream, proxy } = await startPair(({ length }, { begun }) =>
      length > 0 && begun === 1 && upstream.connections.length === 1 ? answer : OK,
    );
    const client = await connect();
    await client.send(request('POST /x')).untilText('"code":502}\n');
    expect(client.received).toMatch(
      /^HTTP\/1\.1 502 Bad Gateway\r\nContent-Type: application\/json/,
    );
    expect(JSON.parse(client.received.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      kind: 'Status',
      reason: 'BadGateway',
    });
    await eventually('upstream is told', () => upstream.open === 0);
    expect(proxy.records).toMatchObject([
      { outcome: 'upstream-failed', errorCode: 'ERR_UPSTREAM_MALFORMED', status: 502 },
    ]);
    client.received = '';
    await client.send(request('GET /next')).untilText(OK);
  });

  it('D13 a flood of interim answers', async () => {
    const { connect, upstream } = await startPair(() =>
      'HTTP/1.1 102 Processing\r\n\r\n'.repeat(10_000),
    );
    const client = await connect();
    await client.send(request('GET /x')).untilText('"code":502}\n');
    expect(client.statuses.filter((status) => status === 102).length).toBeLessThan(100);
    await eventually('upstream is told', () => upstream.open === 0);
  });

  it('a broken chunk cuts an answer that is under way', async () => {
    const begun = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n';
    const { connect, upstream, proxy } = await startPair(() => begun);
    const client = await connect();
    await client.send(request('GET /x')).untilText('ok\r\n');
    upstream.connections[0]?.socket.write('zz\r\n');
    await client.untilEnd();
    expect(client.received).toBe(begun);
    expect(await proxy.recorded(1)).toMatchObject([
      { outcome: 'upstream-aborted', errorCode: 'ERR_UPSTREAM_MALFORMED' },
    ]);
  });
});

describe('D15 an answer that nobody asked for', () => {
  const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
  const written = ({ socket }: SeenConnection, text: string): Promise<void> =>
    new Promise((resolve) => socket.write(text, () => resolve()));

  it.each([
    ['in the same segment', undefined],
    ['right after', 0],
    ['5 ms later', 5],
    ['50 ms later', 50],
  ])('%s is for nobody', async (_, delay) => {
    const answer = async (seen: SeenConnection): Promise<void> => {
      if (delay === undefined) return written(seen, OK + EVIL);
      await written(seen, OK);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await written(seen, EVIL);
    };
    for (let round = 0; round < 5; round++) {
      let sent: Promise<void> | undefined;
      const { connect, upstream } = await startPair((text, seen) => {
        if (text.startsWith('GET /next')) return OK;
        sent = answer(seen);
        return undefined;
      });
      const client = await connect();
      await client.send(request('GET /x')).untilText(OK);
      await sent;
      await client.send(request('GET /next')).until(() => client.statuses.length === 2);
      expect(client.received).toBe(OK + OK);
      expect(upstream.connections).toHaveLength(2);
    }
  });
});

describe('T09 an answer without a body', () => {
  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['DELETE', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['POST', 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n'],
  ])('to %s, %j, leaves both connections usable', async (method, answer) => {
    const { connect, upstream } = await startPair((text) =>
      text.startsWith(`${method} /x`) ? answer : OK,
    );
    const client = await connect();
    await client.send(request(`${method} /x`)).untilText('\r\n\r\n');
    await client.send(request('GET /next')).untilText(OK);
    expect(client.received).toBe(answer + OK);
    expect(upstream.connections).toHaveLength(1);
  });
});

it('T10 interim answers pass at once, and as they are', async () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nlink: </b>\r\n\r\n';
  const { connect, upstream } = await startPair(() => hints);
  const client = await connect();
  await client.send(request('GET /x')).untilText(hints);
  upstream.connections[0]?.socket.write(hints + OK);
  await client.untilText(OK);
  expect(client.received).toBe(hints + hints + OK);
});

it('an API server that says close is not asked again on that connection', async () => {
  const closing = OK.replace('\r\n', '\r\nConnection: close\r\n');
  const { connect, upstream } = await startPair(() => closing);
  const client = await connect();
  await client.send(request('GET /x')).untilText(OK);
  await client.send(request('GET /y')).untilText(OK + OK);
  expect(upstream.connections).toHaveLength(2);
});

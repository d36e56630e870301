import { describe, expect, it } from 'vitest';
import { eventually } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { EVIL, expectForwarded, expectJudged, NEXT, openWide, SEEN_NEXT, seenBy } from './exact.ts';

describe('an expectation', () => {
  const EXPECT = 'Expect: 100-continue\r\nContent-Length: 5\r\n';
  const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

  it('S15 is met once, by upstream, with our credential and without fields of this hop', async () => {
    const { connect, upstream } = await openWide((head) =>
      head.startsWith('POST') ? CONTINUE : OK,
    );
    const client = await connect();
    const headers = `${EXPECT}X-Remote-User: root\r\nTE: deflate\r\n`;
    await client.send(request('POST /x', { headers })).untilText(CONTINUE);
    expect(seenBy(upstream)).toBe(`POST /x HTTP/1.1\r\n${EXPECT}\r\n`);
    expect(upstream.bytes).toMatch(/\r\nAuthorization: Bearer cnry[0-9a-f]{16}\r\n/);
    client.send(`hello${NEXT}`);
    await eventually('the body arrives', () => upstream.completed === 1);
    upstream.connections[0]?.socket.write(OK);
    await client.untilEnd();
    expect(client.statuses).toEqual([100, 200, 200]);
    expect(seenBy(upstream)).toBe(`POST /x HTTP/1.1\r\n${EXPECT}\r\nhello${SEEN_NEXT}`);
  });

  it('S15 with Impersonate where we act as somebody already is refused before it is met', async () => {
    const { connect, upstream } = await openWide(undefined, { flags: { as: 'readonly' } });
    const client = await connect();
    const headers = `${EXPECT}Impersonate-User: admin\r\n`;
    await client.send(request('POST /x', { headers })).untilEnd();
    expect(client.statuses).toEqual([403]);
    expect(upstream.connections).toEqual([]);
  });

  it('S15 that is not met ends the connection: the body is not read as a request', async () => {
    const large = 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n';
    const { connect, upstream } = await openWide(() => large);
    const client = await connect();
    const headers = 'Expect: 100-continue\r\nContent-Length: 9999\r\n';
    await client.send(request('POST /x', { headers })).untilText('413');
    await client.send(EVIL).untilEnd();
    expect(client.statuses).toEqual([413]);
    await eventually('upstream is told', () => upstream.open === 0);
    expect([upstream.requests, upstream.completed]).toEqual([1, 0]);
    expect(upstream.bytes).not.toContain('evil');
  });

  it.each([
    ['S15, COMP-EXPECT-UNKNOWN: bogus', 'Expect: bogus'],
    ['S15 with another', 'Expect: 100-continue, bogus'],
    ['S15 with another line', 'Expect: 100-continue\r\nExpect: bogus'],
    ['S15 of nothing', 'Expect:'],
  ])('%s: 417', (_, field) => expectJudged(request('GET /x', { headers: `${field}\r\n` }), 417));

  it.each([
    ['S15 with a length that is none', 'Content-Length: +5'],
    ['S15 with two lengths', 'Content-Length: 5\r\nContent-Length: 34'],
  ])('%s: 400', async (_, field) => {
    const { ask, upstream } = await openWide();
    const headers = `Expect: 100-continue\r\n${field}\r\n`;
    const received = await ask(request('POST /x', { headers, body: `hello${EVIL}` }));
    expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(upstream.connections).toEqual([]);
  });

  it.each([
    ['SMUG-EXPECT-100-CL', 'hello'],
    ['SMUG-EXPECT-100-CL-DESYNC', EVIL],
  ])('%s: with the body at once', (_, body) => {
    const headers = `Expect: 100-continue\r\nContent-Length: ${body.length}\r\n`;
    return expectForwarded(
      request('POST /x', { headers, body }),
      `POST /x HTTP/1.1\r\n${headers}\r\n${body}`,
    );
  });
});

describe('a field', () => {
  it.each([
    ['S20 __proto__', '__proto__: 1', ''],
    ['S20 constructor', 'constructor: 1', 'constructor: 1\r\n'],
    ['S20 toString', 'toString: 1', 'toString: 1\r\n'],
    ['S20 hasOwnProperty', 'hasOwnProperty: 1', 'hasOwnProperty: 1\r\n'],
    ['S20 valueOf, twice', 'valueOf: 1\r\nvalueOf: 2', 'valueOf: 1\r\nvalueOf: 2\r\n'],
    ['S20 constructor, named by Connection', 'Connection: constructor\r\nconstructor: 1', ''],
    ['S21 Impersonate_User', 'Impersonate_User: root', ''],
    ['S21 X_Remote_User', 'X_Remote_User: root', ''],
    ['S21 Authorization_', 'Authorization_: Bearer evil', ''],
    ['S21 Content_Length', 'Content_Length: 34', ''],
    ['S21 Transfer_Encoding', 'Transfer_Encoding: chunked', ''],
  ])('%s', (_, lines, seen) =>
    expectForwarded(
      request('GET /x', { headers: `${lines}\r\n` }),
      `GET /x HTTP/1.1\r\n${seen}\r\n`,
    ),
  );
});

describe('an answer with more fields than are read', () => {
  it.each([
    ['S10 before its length', 'Content-Length: 2'],
    ['S10 before chunks', 'Transfer-Encoding: chunked'],
  ])('%s: 502, and the connection is given up', async (_, last) => {
    const many = `HTTP/1.1 200 OK\r\n${'A: 1\r\n'.repeat(1100)}${last}\r\n\r\nok`;
    const { connect, upstream } = await openWide((head) => (head.includes(' /x ') ? many : OK));
    const client = await connect();
    await client.send(request('GET /x') + NEXT).untilEnd();
    expect(client.statuses).toEqual([502, 200]);
    expect(upstream.connections.map(({ begun }) => begun)).toEqual([1, 1]);
  });

  it('S10 as many as are read pass, to the last', async () => {
    const answer = `HTTP/1.1 200 OK\r\n${'A: 1\r\n'.repeat(198)}B: 2\r\nContent-Length: 2\r\n\r\nok`;
    const { connect } = await openWide((head) => (head.includes(' /x ') ? answer : OK));
    const client = await connect();
    await client.send(request('GET /x')).untilText('ok');
    expect(client.received).toBe(answer);
  });
});

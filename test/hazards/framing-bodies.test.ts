import { describe, expect, it } from 'vitest';
import { eventually } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import {
  answer,
  chunk,
  END,
  EVIL,
  expectForwarded,
  NEXT,
  openWide,
  SEEN_NEXT,
  seenBy,
} from './exact.ts';

const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const INNER = 'GET /api/v1/secrets HTTP/1.1\r\nHost: localhost\r\n\r\n';
const counted = (body: string): string => `Content-Length: ${body.length}\r\n`;

describe('a body stays a body', () => {
  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('S06 of %s, in chunks', (method) => {
    const body = chunk(INNER) + END;
    return expectForwarded(
      request(`${method} /x`, { headers: CHUNKED, body }),
      `${method} /x HTTP/1.1\r\n${CHUNKED}\r\n${body}`,
    );
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('S06, S19 of %s, by length', (method) =>
    expectForwarded(
      request(`${method} /x`, { headers: counted(INNER), body: INNER }),
      `${method} /x HTTP/1.1\r\n${counted(INNER)}\r\n${INNER}`,
    ),
  );

  it.each([
    ['S07 in one chunk', '{"propagationPolicy":"Foreground"}'],
    ['S07 in two chunks', '{"propagation', 'Policy":"Foreground"}'],
  ])('%s', (_, ...pieces) => {
    const body = pieces.map(chunk).join('') + END;
    return expectForwarded(
      request('DELETE /x', { headers: CHUNKED, body }),
      `DELETE /x HTTP/1.1\r\n${CHUNKED}\r\n${body}`,
    );
  });
});

describe('a body that ends early', () => {
  it.each([
    ['S11, COMP-POST-CL-UNDERSEND: by length', counted('hello worlds'), 'hello'],
    ['S11, MAL-POST-CL-HUGE-NO-BODY: of a gigabyte', 'Content-Length: 999999999\r\n', ''],
    ['S11, COMP-CHUNKED-NO-FINAL: in chunks', CHUNKED, chunk('hello')],
    ['S11 within a chunk', CHUNKED, '5\r\nhel'],
    ['S11 within a size', CHUNKED, '1'],
    ['S11 within the last line', CHUNKED, `${chunk('hello')}0\r\n`],
  ])('%s', async (_, headers, body) => {
    const { connect, upstream, proxy } = await openWide(() => undefined);
    const client = await connect();
    client.send(request('POST /x', { headers, body }));
    await eventually('it arrives', () => seenBy(upstream).endsWith(`${headers}\r\n${body}`));
    client.socket.end();
    await client.untilEnd();
    await eventually('upstream is told', () => upstream.open === 0);
    expect([upstream.requests, upstream.completed]).toEqual([1, 0]);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'client-gone' }]);
    expect(client.received).toBe('');
  });

  it.each([
    ['MAL-EMPTY-REQUEST', ''],
    ['MAL-INCOMPLETE-REQUEST', 'GET /x HTTP/1.1\r\nHost: h\r\nAccept: a'],
    ['MAL-INCOMPLETE-REQUEST: all but the last byte', EVIL.slice(0, -1)],
  ])('%s', async (_, bytes) => {
    const { connect, upstream } = await openWide();
    const client = await connect();
    client.send(bytes).socket.end();
    await client.untilEnd();
    expect(client.received).toBe('');
    expect(upstream.connections).toEqual([]);
  });
});

describe('what follows a body', () => {
  it.each([
    ['S12 more bytes than its length', counted('hello'), 'hello', 'xGARBAGE\r\n\r\n', 400],
    ['S12 more bytes than its chunks', CHUNKED, chunk('hello') + END, 'xGARBAGE\r\n\r\n', 400],
    ['S12 a line end too many', counted('hello'), 'hello', `\r\n${EVIL}`, 400],
    ['S12, SMUG-CL0-BODY-POISON: a byte behind none', counted(''), '', `X${NEXT}`, 405],
  ])('%s', async (_, headers, body, more, status) => {
    const { connect, upstream, proxy } = await openWide();
    const client = await connect();
    await client.send(request('POST /x', { headers, body }) + more).untilEnd();
    expect(client.statuses).toEqual([200, status]);
    expect(client.received.startsWith(`${OK}HTTP/1.1 ${status} `)).toBe(true);
    expect(seenBy(upstream)).toBe(`POST /x HTTP/1.1\r\n${headers}\r\n${body}`);
    expect((await proxy.recorded(2)).map(({ outcome }) => outcome).sort()).toEqual([
      'ok',
      'refused',
    ]);
  });

  it.each([2, 100])('S13 is the next request, and there may be many: %i', async (count) => {
    const paths = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? `/${i}` : '/a/../b'));
    const { connect, upstream, proxy } = await openWide();
    const client = await connect();
    const requests = paths.map((path) =>
      request(`POST ${path}`, { headers: counted('GET /'), body: 'GET /' }),
    );
    await client.send(requests.join('') + NEXT).untilEnd();
    expect(client.statuses).toEqual([...paths.map((path) => (path.length > 4 ? 400 : 200)), 200]);
    const passed = paths.filter((path) => path.length <= 4);
    expect(seenBy(upstream)).toBe(
      passed
        .map((path) => `POST ${path} HTTP/1.1\r\n${counted('GET /')}\r\nGET /`)
        .concat(SEEN_NEXT)
        .join(''),
    );
    const records = await proxy.recorded(count + 1);
    expect(records.map(({ path, outcome }) => `${path} ${outcome}`).sort()).toEqual(
      [...paths.map((path) => `${path} ${path.length > 4 ? 'refused' : 'ok'}`), '/next ok'].sort(),
    );
  });

  it.each([
    ['S16, SMUG-TRAILER-AUTH', 'Authorization: Bearer evil'],
    ['S16, SMUG-TRAILER-HOST', 'Host: evil'],
    ['S16, SMUG-TRAILER-CL', 'Content-Length: 34'],
    ['S16, SMUG-TRAILER-TE', 'Transfer-Encoding: chunked'],
    ['S16, SMUG-TRAILER-CONTENT-TYPE', 'Content-Type: text/evil'],
    ['S16 Impersonate-User', 'Impersonate-User: evil'],
    ['COMP-CHUNKED-TRAILER-VALID', 'X-Checksum: 1'],
  ])('%s as a trailer stops here', (_, trailer) =>
    expectForwarded(
      request('POST /x', {
        headers: `${CHUNKED}Trailer: ${trailer.split(':')[0]}\r\n`,
        body: `${chunk('hello')}0\r\n${trailer}\r\n\r\n`,
      }),
      `POST /x HTTP/1.1\r\n${CHUNKED}\r\n${chunk('hello')}${END}`,
    ),
  );

  it.each(['GET', 'POST', 'DELETE'])('S17 is not asked for by Trailer: %s', (method) =>
    expectForwarded(
      request(`${method} /x`, { headers: 'Trailer: x\r\n' }),
      `${method} /x HTTP/1.1\r\n\r\n`,
    ),
  );
});

describe('an answer that overtakes its request', () => {
  it.each([
    ['S14 with a length to come', `Content-Length: ${8 << 20}\r\n`, 'begun'],
    ['S14 with chunks to come', CHUNKED, chunk('begun')],
  ])('%s', async (_, headers, body) => {
    const big = 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig';
    const { connect, ask, upstream, proxy } = await openWide((head) =>
      head.startsWith('POST') ? big : answer(head),
    );
    const client = await connect();
    await client.send(request('POST /x', { headers, body })).untilText('big');
    await client.send(EVIL).untilEnd();
    expect(client.received).toBe(big.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await eventually('upstream is told', () => upstream.open === 0);
    expect([upstream.requests, upstream.completed]).toEqual([1, 0]);
    expect(upstream.bytes).not.toContain('evil');
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok', status: 413 }]);
    await ask(NEXT);
    expect(upstream.connections).toHaveLength(2);
  });
});

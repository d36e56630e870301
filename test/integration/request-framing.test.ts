import { describe, expect, it } from 'vitest';
import { CHUNK_HAZARDS } from '../support/chunk-hazards.ts';
import { eventually, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { EACH_WAY } from '../support/scripted-streams.ts';

const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const CLOSE = 'Connection: close\r\n';
const INNER = 'GET /api/v1/secrets HTTP/1.1\r\nHost: localhost\r\n\r\n';

const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;

describe('a request body', () => {
  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])(
    'S06 of %s that holds a request stays a body',
    async (method) => {
      const { ask, upstream, proxy } = await startPair((_, { socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        return undefined;
      });
      const body = `${chunk(INNER)}0\r\n\r\n`;
      await ask(request(`${method} /x`, { headers: CHUNKED + CLOSE, body }));
      await ask(
        request(`${method} /x`, {
          headers: `Content-Length: ${INNER.length}\r\n${CLOSE}`,
          body: INNER,
        }),
      );
      expect(upstream.requests).toBe(2);
      expect(upstream.completed).toBe(2);
      expect(upstream.bytes).toContain(`\r\n${CHUNKED}`);
      expect(upstream.bytes).toContain(`\r\n\r\n${body}${method} /x HTTP/1.1\r\n`);
      expect(upstream.bytes.endsWith(`\r\n\r\n${INNER}`)).toBe(true);
      expect(proxy.records).toHaveLength(2);
    },
  );

  it('S07 of DELETE arrives whole', async () => {
    const { ask, upstream } = await startPair();
    const options = '{"propagationPolicy":"Foreground"}';
    const body = `${chunk(options.slice(0, 9))}${chunk(options.slice(9))}0\r\n\r\n`;
    await ask(request('DELETE /x', { headers: CHUNKED + CLOSE, body }));
    expect(upstream.bytes.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });

  it.each([
    ['a counted one', 'Content-Length: 10\r\n', 'hello'],
    ['a chunked one', CHUNKED, chunk('hello')],
    ['a chunked one without its last line', CHUNKED, `${chunk('hello')}0\r\n`],
  ])('S11 that ends early, %s, is never completed', async (_, headers, body) => {
    const { connect, upstream, proxy } = await startPair(() => undefined);
    const client = await connect();
    client.send(request('POST /x', { headers, body }));
    await eventually('the body arrives', () => upstream.bytes.includes('hello'));
    client.socket.end();
    await client.untilEnd();
    await eventually('upstream is told', () => upstream.open === 0);
    expect([upstream.requests, upstream.completed]).toEqual([1, 0]);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'client-gone' }]);
    expect(client.received).toBe('');
  });

  it('S12 ends where its length says; what follows is another request', async () => {
    const { ask, upstream, proxy } = await startPair();
    const answer = await ask(
      request('POST /x', { headers: 'Content-Length: 5\r\n', body: 'helloGARBAGE\r\n\r\n' }),
    );
    expect(answer.startsWith(`${OK}HTTP/1.1 400 Bad Request\r\n`)).toBe(true);
    expect(answer).toContain('"kind":"Status"');
    expect(upstream.bytes).not.toContain('GARBAGE');
    expect((await proxy.recorded(2)).map(({ outcome }) => outcome).sort()).toEqual([
      'ok',
      'refused',
    ]);
  });

  it.each(CHUNK_HAZARDS)('%s: 400, and no end for upstream', async (_, good, wrong) => {
    const { connect, upstream, proxy } = await startPair(() => undefined);
    const client = await connect();
    client.send(request('POST /x', { headers: CHUNKED, body: good }));
    await eventually('the head arrives', () => upstream.requests === 1);
    await client.send(wrong).untilEnd();
    expect(client.statuses).toEqual([400]);
    await eventually('upstream is told', () => upstream.open === 0);
    expect(upstream.completed).toBe(0);
    expect(await proxy.recorded(1)).toMatchObject([
      { outcome: 'refused', errorCode: 'ERR_MALFORMED_REQUEST' },
    ]);
  });

  it('S03 that breaks while the answer is under way cuts the answer', async () => {
    const begun = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n';
    const { connect, upstream, proxy } = await startPair(() => begun);
    const client = await connect();
    await client.send(request('POST /x', { headers: CHUNKED })).untilText('a\r\n');
    await client.send('zz').untilEnd();
    expect(client.received).toBe(begun.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await eventually('upstream is told', () => upstream.open === 0);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'refused', status: 200 }]);
  });

  it('S16 loses its trailers', async () => {
    const { ask, upstream } = await startPair();
    const trailers = 'Authorization: Bearer evil\r\nHost: evil\r\nContent-Length: 3\r\n\r\n';
    const headers = `Trailer: Authorization\r\n${CHUNKED}`;
    const second = request('GET /y', { headers: CLOSE });
    const body = `${chunk('hello')}0\r\n${trailers}${second}`;
    expect(await ask(request('POST /x', { headers, body }))).toContain(`${OK}HTTP/1.1 200 OK`);
    expect(upstream.bytes).toContain(`\r\n\r\n${chunk('hello')}0\r\n\r\nGET /y HTTP/1.1\r\n`);
    expect(upstream.bytes).not.toMatch(/evil|Trailer/);
  });

  it('S17 need not be there for Trailer to be harmless', async () => {
    const { ask, upstream } = await startPair();
    expect(await ask(request('GET /x', { headers: `Trailer: x\r\n${CLOSE}` }))).toContain('200 OK');
    expect(upstream.bytes).not.toContain('Trailer');
  });
});

describe('an expectation', () => {
  const EXPECT = 'Expect: 100-continue\r\nContent-Length: 5\r\n';

  it('S15 of 100-continue passes, as does the 100, with the credential added', async () => {
    const { connect, upstream } = await startPair(
      () => 'HTTP/1.1 100 Continue\r\n\r\n',
      {},
      { token: 'ours' },
    );
    const client = await connect();
    client.send(request('POST /x', { headers: EXPECT }));
    await client.untilText('HTTP/1.1 100 Continue\r\n\r\n');
    expect(upstream.bytes).toContain('Expect: 100-continue\r\n');
    expect(upstream.bytes).toContain('Authorization: Bearer ours\r\n');
    client.send('hello');
    await eventually('the body arrives', () => upstream.completed === 1);
    upstream.connections[0]?.socket.write(OK);
    await client.untilText(OK);
    expect(client.received).toBe(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
  });

  it('S15 that upstream does not meet ends the connection: no body is read as a request', async () => {
    const { connect, upstream } = await startPair(
      () => 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n',
    );
    const client = await connect();
    client.send(
      request('POST /x', { headers: `Expect: 100-continue\r\nContent-Length: 9999\r\n` }),
    );
    await client.untilText('413');
    await client.send(INNER).untilEnd();
    expect(client.statuses).toEqual([413]);
    await eventually('upstream is told', () => upstream.open === 0);
    expect([upstream.requests, upstream.completed]).toEqual([1, 0]);
  });

  it.each(['bogus', '100-continue, bogus', '100-continue\r\nExpect: bogus'])(
    'S15 of "%s" is refused with 417',
    async (expectation) => {
      const { ask, upstream } = await startPair();
      const headers = `Expect: ${expectation}\r\n${CLOSE}`;
      expect(await ask(request('GET /x', { headers }))).toContain(
        'HTTP/1.1 417 Expectation Failed\r\n',
      );
      expect(upstream.requests).toBe(0);
    },
  );
});

describe('S14 an answer that overtakes its request', () => {
  it.each([
    ['', 0],
    ['Connection: close\r\n', 4 << 20],
  ])('%sreaches the client, and ends both connections', async (fields, more) => {
    const { connect, ask, upstream, proxy } = await startPair((head, { socket }) => {
      if (head.startsWith('GET')) return OK;
      const answer = `HTTP/1.1 413 Too Large\r\n${fields}Content-Length: 3\r\n\r\nbig`;
      if (fields === '') return answer;
      socket.end(answer);
      return undefined;
    });
    const client = await connect();
    client.send(request('POST /x', { headers: `Content-Length: ${8 << 20}\r\n`, body: 'begun' }));
    client.send(Buffer.alloc(more));
    await client.untilEnd();
    expect(client.received).toBe(
      'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig',
    );
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok', status: 413 }]);
    await eventually('upstream is told', () => upstream.open === 0);
    await ask(request('GET /y', { headers: CLOSE }));
    expect(upstream.connections).toHaveLength(2);
  });
});

describe('T12 a client of HTTP/1.0', () => {
  const ask10 = `GET /x HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n`;
  it.each([
    [
      'without chunks',
      'Transfer-Encoding: chunked\r\nTrailer: A\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nA: 1\r\n\r\n',
      'Trailer: A\r\nConnection: close\r\n\r\nhello world',
    ],
    [
      'by length',
      'Content-Length: 2\r\n\r\nok',
      'Content-Length: 2\r\nConnection: close\r\n\r\nok',
    ],
  ])('gets its answer %s, and then the end', async (_, sent, received) => {
    const { connect, upstream } = await startPair(
      () => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${sent}`,
    );
    const client = await connect();
    await client.send(ask10).untilEnd();
    expect(client.received).toBe(`HTTP/1.1 200 OK\r\n${received}`);
    expect(upstream.bytes.startsWith('GET /x HTTP/1.1\r\n')).toBe(true);
  });

  it.each(EACH_WAY)(
    'sees a reset when the chunks of the answer to %s break off',
    async (_, line, way) => {
      const { connect, upstream } = await startPair(
        () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
        {},
        {},
        { way },
      );
      const client = await connect();
      await client.send(request(line).replace('HTTP/1.1', 'HTTP/1.0')).untilText('hello');
      upstream.connections[0]?.socket.end();
      await client.untilEnd();
      expect(client.error).toMatchObject({ code: 'ECONNRESET' });
    },
  );
});

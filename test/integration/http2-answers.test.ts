import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from '../support/cli.ts';
import { startHttp2Pair } from '../support/http2-pair.ts';
import { type OnStream, WATCH_ANSWER } from '../support/http2-upstream.ts';
import { eventually } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

const LINE = 'GET /api/v1/pods?watch=1&x=%2F%c3%a4';
const WATCH = request(LINE);
/** Node's types lack it. */
const NO_DATE: object = { sendDate: false };

describe('the fields of a request', () => {
  it('leave as they came, without those of the connection', async () => {
    const { upstream, connect } = await startHttp2Pair();
    const client = await connect();
    const headers = [
      'Cookie: a=1; b=2',
      'Accept: application/json;stream=watch',
      'Connection: keep-alive, X-Mine',
      'X-Mine: 1',
      'Impersonate-Group: a, b',
      'Impersonate-Group: c',
      'X-Value: \xe4 ö',
    ].join('\r\n');
    await client.send(request(LINE, { headers: `${headers}\r\n` })).untilText('\r\n\r\n');
    const [{ raw } = { raw: [] }] = upstream.heads;
    const fields = raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : []));
    expect(fields.slice(0, 4).sort()).toEqual([
      `:authority: 127.0.0.1:${upstream.port}`,
      ':method: GET',
      ':path: /api/v1/pods?watch=1&x=%2F%c3%a4',
      ':scheme: https',
    ]);
    expect(fields).toEqual(
      expect.arrayContaining([
        'cookie: a=1; b=2',
        'accept: application/json;stream=watch',
        'impersonate-group: a, b',
        'impersonate-group: c',
        'x-value: \xe4 ö',
        'x-forwarded-for: 127.0.0.1',
      ]),
    );
    expect(fields.join('\n')).not.toMatch(/^(?:connection|x-mine|host):/m);
  });

  it('go by HTTP/1.1 when one is repeated that Node would not repeat', async () => {
    const { upstream, connect } = await startHttp2Pair();
    const client = await connect();
    const headers = 'Referer: a\r\nReferer: b\r\n';
    await client.send(request(LINE, { headers })).untilText('one');
    expect(upstream.plain).toEqual(['/api/v1/pods?watch=1&x=%2F%c3%a4']);
  });
});

describe('an answer', () => {
  it('has its fields in the case of HTTP/1.1, in their order and number', async () => {
    const { connect } = await startHttp2Pair((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.respond(
        { ':status': 200, 'set-cookie': ['a=1', 'b=2'], 'audit-id': 'x', 'content-length': 3 },
        NO_DATE,
      );
      stream.end('one');
    });
    const client = await connect();
    await client.send(WATCH).untilText('one');
    const fields = 'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nAudit-Id: x\r\nContent-Length: 3\r\n';
    expect(client.received).toBe(
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n${fields}\r\none`,
    );
    // The connection goes on.
    client.send(WATCH);
    await client.until(() => client.statuses.length === 4);
  });

  it('brings its trailers', async () => {
    const { connect } = await startHttp2Pair((stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }));
      stream.end('one');
    });
    const client = await connect();
    await client.send(WATCH).untilText('3\r\none\r\n0\r\nX-End: yes\r\n\r\n');
  });

  it('to a client of HTTP/1.0 ends with the connection', async () => {
    const { connect } = await startHttp2Pair((stream) => {
      stream.respond({ ':status': 200 }, NO_DATE);
      stream.end('one');
    });
    const client = await connect();
    await client.send(WATCH.replace('HTTP/1.1', 'HTTP/1.0')).untilEnd();
    expect(client.received).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none');
  });

  it('without a body is whole at once', async () => {
    const { connect } = await startHttp2Pair((stream) =>
      stream.respond({ ':status': 200 }, { ...NO_DATE, endStream: true }),
    );
    const client = await connect();
    await client.send(WATCH).untilText('0\r\n\r\n');
    expect(client.received).toBe('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
  });
});

/** A literal field that is not indexed, with a new name (RFC 7541 section 6.2.2), both short. */
const literal = (name: string, value: string): Buffer =>
  Buffer.from(
    `\x00${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`,
    'latin1',
  );
const HEADERS = 1;
const END_HEADERS = 4;
const STATUS_200 = Buffer.from([0x88]);

describe('an answer that is not HTTP', () => {
  it.each([
    ['a name in upper case', [literal('A', 'b')]],
    ['Connection', [literal('connection', 'close')]],
    ['Transfer-Encoding', [literal('transfer-encoding', 'chunked')]],
    ['two lengths', [literal('content-length', '1'), literal('content-length', '2')]],
    ['more fields than there may be', Array.from({ length: 300 }, () => literal('a', 'b'))],
  ])('is refused: %s', async (_, fields) => {
    const onStream: OnStream = (stream) => {
      const block = Buffer.concat([STATUS_200, ...fields]);
      upstream.sessions[0]?.frame(HEADERS, stream.id ?? 0, block, END_HEADERS);
    };
    const { upstream, connect, proxy } = await startHttp2Pair(onStream);
    const client = await connect();
    await client.send(WATCH).untilText('"code":502');
    expect(await proxy.recorded(1)).toMatchObject([
      { outcome: 'upstream-failed', errorCode: 'ERR_UPSTREAM_MALFORMED' },
    ]);
  });

  // nghttp2 leaves these out of what it tells.
  it.each([
    ['a line end in a value', literal('x', 'b\r\nx: d')],
    ['a NUL in a value', literal('x', 'b\0c')],
    ['a colon in a name', literal('x:b', 'c')],
  ])('reaches nobody: %s', async (_, field) => {
    const { upstream, connect } = await startHttp2Pair((stream) => {
      const block = Buffer.concat([STATUS_200, field]);
      upstream.sessions[0]?.frame(HEADERS, stream.id ?? 0, block, END_HEADERS);
    });
    const client = await connect();
    await client.send(WATCH).untilText('\r\n\r\n');
    expect(client.received).toBe('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  });

  it.each([
    ['longer', 'four'],
    ['shorter', 'o'],
  ])('is cut: a body %s than its Content-Length', async (_, body) => {
    const { upstream, connect, proxy } = await startHttp2Pair((stream) => {
      const block = Buffer.concat([STATUS_200, literal('content-length', '3')]);
      upstream.sessions[0]?.frame(HEADERS, stream.id ?? 0, block, END_HEADERS);
      upstream.sessions[0]?.frame(0, stream.id ?? 0, Buffer.from(body), 1);
    });
    const client = await connect();
    await client.send(WATCH).untilEnd();
    expect(client.received).not.toContain('four');
    expect(await proxy.recorded(1)).toMatchObject([{ errorCode: 'ERR_UPSTREAM_MALFORMED' }]);
  });
});

const NO_PAIR = { 'client-certificate-data': undefined, 'client-key-data': undefined };

describe('a 401 to our credential', () => {
  async function setup() {
    const tokens: string[] = [];
    const known = { token: 'old' };
    const file = join(emptyFolder(), 'token');
    writeFileSync(file, 'old');
    const onStream: OnStream = (stream, headers, nth) => {
      tokens.push(headers.authorization ?? '');
      if (headers.authorization === `Bearer ${known.token}`) WATCH_ANSWER(stream, headers, nth);
      else {
        stream.respond({ ':status': 401, 'content-length': 7 });
        stream.end('refused');
      }
    };
    const user = { ...NO_PAIR, tokenFile: file };
    const pair = await startHttp2Pair(onStream, { tls: { requestCert: false } }, { user });
    await (await pair.connect()).send(WATCH).untilText('\r\n\r\n');
    return { ...pair, known, file, tokens };
  }

  it('never reaches the client when another one is at hand', async () => {
    const { connect, known, file, tokens, upstream, proxy } = await setup();
    known.token = 'new';
    writeFileSync(file, 'new');
    const client = await connect();
    await client.send(WATCH).untilText('\r\n\r\n');
    expect(client.statuses).toEqual([200]);
    expect(tokens).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
    expect(upstream.sessions.length).toBe(1);
    client.close();
    const [record] = await proxy.recorded(1);
    expect(record).toMatchObject({ status: 200, replayed: true, reused: true });
  });

  it('reaches it, with its body, when there is none', async () => {
    const { connect, known, proxy } = await setup();
    known.token = 'other';
    const client = await connect();
    await client.send(WATCH).untilText('refused');
    expect(client.statuses).toEqual([401]);
    expect(await proxy.recorded(1)).toMatchObject([{ status: 401, outcome: 'ok' }]);
  });
});

describe('a client certificate that the server misses after the handshake (TLS 1.3)', () => {
  it('is said, and nothing stays open', async () => {
    const { connect, proxy } = await startHttp2Pair(WATCH_ANSWER, {}, { user: NO_PAIR });
    const client = await connect();
    await client.send(WATCH).untilText('"code":502');
    expect(await proxy.recorded(1)).toMatchObject([{ errorCode: 'ERR_UPSTREAM_TLS' }]);
    await eventually('nothing is open', () => proxy.connections.upstream === 0);
  });
});

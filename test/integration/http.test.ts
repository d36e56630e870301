import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';

const CLOSE = 'Connection: close\r\n';
const NO_CERTIFICATE = { 'client-certificate-data': undefined, 'client-key-data': undefined };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const EVERY_BYTE = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

describe('the request as the API server sees it', () => {
  it('keeps the order, case and number of the fields, and adds ours behind them', async () => {
    const { ask, upstream, proxy } = await startPair();
    const fields =
      'ACCEPT: application/json\r\nx-a: 1\r\nX-A:2\r\nX-a: \t3, 4 \r\nCookie: a=b; c\r\nX-Empty:\r\nX-Latin: \xe9\r\n';
    await ask(request('GET /version', { headers: fields + CLOSE }));
    const { auditID } = proxy.records[0] ?? {};
    expect(auditID).toMatch(UUID);
    expect(upstream.bytes).toBe(
      `GET /version HTTP/1.1\r\nHost: 127.0.0.1:${upstream.port}\r\n` +
        'ACCEPT: application/json\r\nx-a: 1\r\nX-A: 2\r\nX-a: 3, 4\r\nCookie: a=b; c\r\nX-Empty: \r\nX-Latin: \xe9\r\n' +
        `X-Forwarded-For: 127.0.0.1\r\nAudit-ID: ${auditID}\r\nUser-Agent: porthole/test\r\n\r\n`,
    );
  });

  it("keeps the client's own Audit-ID and User-Agent", async () => {
    const { ask, upstream, proxy } = await startPair();
    await ask(
      request('GET /version', { headers: `audit-id: mine\r\nuser-agent: curl/8\r\n${CLOSE}` }),
    );
    expect(upstream.bytes).toBe(
      `GET /version HTTP/1.1\r\nHost: 127.0.0.1:${upstream.port}\r\n` +
        'audit-id: mine\r\nuser-agent: curl/8\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n',
    );
    expect(proxy.records[0]).toMatchObject({ auditID: 'mine', userAgent: 'curl/8' });
  });

  it.each([
    ['/api/v1/pods?limit=5&continue=a%2Fb%3D%3D'],
    ['//api//v1///'],
    ['/a%20b%2Fc%25%e2%82%ac/%41'],
    ['/x?'],
    ['/x??a=b&&=c;d&e=%zz%00/../'],
    ["/a;b=c,d:e@f$!*'()~+/[x]|^`{}"],
    [`/${'x'.repeat(8000)}`],
  ])('forwards the target %s byte for byte', async (target) => {
    const { ask, upstream } = await startPair();
    expect(await ask(request(`GET ${target}`, { headers: CLOSE }))).toContain('200 OK');
    expect(upstream.bytes.split('\r\n')[0]).toBe(`GET ${target} HTTP/1.1`);
  });

  it('makes a path of an absolute target', async () => {
    const { ask, upstream } = await startPair();
    await ask(request('GET http://localhost/x?y=//z', { headers: CLOSE }));
    expect(upstream.bytes.split('\r\n')[0]).toBe('GET /x?y=//z HTTP/1.1');
  });

  it.each([
    ['a counted body', `Content-Length: ${EVERY_BYTE.length}`, EVERY_BYTE],
    ['an empty body', 'content-length: 0', ''],
    [
      'chunks with their sizes and extensions',
      'transfer-encoding: Chunked',
      `1\r\n\0\r\n0A;a=b\r\n0123456789\r\n100;x="y;z"\r\n${EVERY_BYTE}\r\n000\r\n\r\n`,
    ],
  ])('passes %s byte for byte', async (_, framing, body) => {
    const { ask, upstream, proxy } = await startPair();
    await ask(request('POST /x', { headers: `${framing}\r\n${CLOSE}`, body }));
    const head = upstream.bytes.slice(0, upstream.bytes.indexOf('\r\n\r\n') + 4);
    expect(head).toContain(`\r\n${framing}\r\n`);
    expect(upstream.bytes.slice(head.length)).toBe(body);
    expect(proxy.records[0]).toMatchObject({ outcome: 'ok', bytesIn: body.length });
  });

  it.each([
    [true, '/k8s/clusters/c-1/version?a'],
    [false, '/version?a'],
  ])('puts the path of the server URL before its own: %s', async (appendServerPath, target) => {
    const { ask, upstream } = await startPair(
      undefined,
      { appendServerPath },
      {},
      {
        kubeconfig: (port) => ({
          cluster: { server: `https://127.0.0.1:${port}/k8s/clusters/c-1/` },
        }),
      },
    );
    await ask(request('GET /version?a', { headers: CLOSE }));
    expect(upstream.bytes.split('\r\n')[0]).toBe(`GET ${target} HTTP/1.1`);
  });

  it.each([
    ['a token', { token: 'abc.def' }, 'Bearer abc.def'],
    ['a name and password', { username: 'u', password: 'p:q' }, 'Basic dTpwOnE='],
  ])('proves the user with %s', async (_, user, authorization) => {
    const { ask, upstream } = await startPair(
      undefined,
      {},
      {},
      {
        requestCert: false,
        kubeconfig: () => ({ user: { ...NO_CERTIFICATE, ...user } }),
      },
    );
    await ask(request('GET /version', { headers: CLOSE }));
    expect(upstream.bytes).toContain(`\r\nAuthorization: ${authorization}\r\nX-Forwarded-For: `);
  });

  it('proves the user with a certificate, and a token beside it', async () => {
    const { ask, upstream } = await startPair(undefined, {}, { token: 'abc' });
    await ask(request('GET /version', { headers: CLOSE }));
    expect(upstream.connections[0]?.tls.getPeerCertificate().subject.CN).toBe('alice');
    expect(upstream.bytes).toContain('\r\nAuthorization: Bearer abc\r\n');
  });

  it('impersonates whom the kubeconfig names, one line for each group and value', async () => {
    const { ask, upstream, proxy } = await startPair(
      undefined,
      {},
      {},
      {
        requestCert: false,
        kubeconfig: () => ({
          user: {
            ...NO_CERTIFICATE,
            token: 't',
            as: 'jane',
            'as-uid': '42',
            'as-groups': ['a', 'b, c'],
            'as-user-extra': { 'example.com/Key%': ['1', '2'], plain: ['3'] },
          },
        }),
      },
    );
    await ask(request('GET /version', { headers: CLOSE }));
    expect(upstream.bytes).toContain(
      '\r\nAuthorization: Bearer t\r\nImpersonate-User: jane\r\nImpersonate-Uid: 42\r\n' +
        'Impersonate-Group: a\r\nImpersonate-Group: b, c\r\n' +
        'Impersonate-Extra-example.com%2fKey%25: 1\r\nImpersonate-Extra-example.com%2fKey%25: 2\r\n' +
        'Impersonate-Extra-plain: 3\r\nX-Forwarded-For: ',
    );
    expect(proxy.records[0]?.impersonatedUser).toBe('jane');
  });
});

describe('the answer as the client sees it', () => {
  it.each([
    [
      'odd reason, case, order, duplicates and body bytes',
      `HTTP/1.1 299 Odd  (\xe9) reason\r\nset-cookie: a\r\nDate: x\r\nSet-Cookie: b\r\nX-Empty: \r\ncontent-length: 256\r\n\r\n${EVERY_BYTE}`,
    ],
    ['an empty reason', 'HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n'],
    [
      'chunks, extensions and trailers',
      `HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n100;a=b\r\n${EVERY_BYTE}\r\n03\r\nabc\r\n0\r\nX-T: 1\r\n\r\n`,
    ],
  ])('passes %s unchanged', async (_, answer) => {
    const { connect, proxy } = await startPair(() => answer);
    const client = await connect();
    client.send(request('GET /x'));
    await client.until(() => client.received.length >= answer.length);
    expect(client.received).toBe(answer);
    expect(proxy.records[0]).toMatchObject({ outcome: 'ok', status: client.statuses[0] });
    expect(client.ended).toBe(false);
  });

  it('is delimited by the connection when upstream delimits it so', async () => {
    const { ask, proxy } = await startPair((_, { socket }) => {
      socket.end('HTTP/1.1 200 OK\r\n\r\nall there is');
      return undefined;
    });
    expect(await ask(request('GET /x'))).toBe(
      'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is',
    );
    expect(proxy.records[0]).toMatchObject({ outcome: 'ok', bytesOut: 12 });
  });

  it('comes over one warm connection', async () => {
    const { connect, upstream, proxy } = await startPair(() => OK);
    const client = await connect();
    for (let i = 1; i <= 3; i++) {
      client.send(request(`GET /${i}`));
      await client.until(() => client.received === OK.repeat(i));
    }
    expect(upstream.connections).toHaveLength(1);
    expect(proxy.records.map(({ reused }) => reused)).toEqual([false, true, true]);
  });

  it.each([16_384, 65_536, 1_000_000])(
    'comes over one warm connection, %i bytes at a time',
    async (bytes) => {
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${bytes - 50}\r\nX: `.padEnd(46, 'x');
      const answer = `${head}\r\n\r\n${'x'.repeat(bytes - 50)}`;
      const { connect, upstream } = await startPair(() => answer);
      const client = await connect();
      for (let i = 1; i <= 3; i++) {
        client.send(request(`GET /${i}`));
        await client.until(() => client.received.length >= answer.length * i);
      }
      expect(client.received).toBe(answer.repeat(3));
      expect(upstream.connections).toHaveLength(1);
    },
  );
});

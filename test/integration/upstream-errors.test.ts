import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { ask, base64, portOf, root, startInFront } from '../support/in-front.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';
import { speaking } from '../support/scripted-streams.ts';
import type { TestProxy } from '../support/start-proxy.ts';

const HOUR = 3_600_000;
const foreign = mintAuthority({ commonName: 'foreign' });
const serving = root.issueServer();

/** Twice the same refusal, each with its line in the log: the proxy has survived the first. */
async function expectBadGateway(
  proxy: TestProxy,
  reason: RegExp,
  line = 'GET /version',
): Promise<void> {
  for (const count of [1, 2]) {
    const [head = '', body = ''] = (await ask(proxy, line)).split('\r\n\r\n');
    expect(head).toContain('HTTP/1.1 502 Bad Gateway\r\n');
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', reason: 'BadGateway', code: 502 });
    expect(JSON.parse(body).message).toMatch(reason);
    expect(proxy.records).toHaveLength(count);
    expect(proxy.records.at(-1)).toMatchObject({
      status: 502,
      outcome: 'upstream-failed',
      error: expect.stringMatching(reason),
    });
  }
}

describe.each(['GET /version', 'GET /api/v1/pods?watch=1'])(
  '%s: an API server that is not there',
  (line) => {
    it('refuses: 502 says so', async () => {
      const server = createServer();
      const port = await portOf(server);
      server.close();
      await expectBadGateway(await startInFront(port), /connection refused; is it running/, line);
    });

    it('is unreachable: 502 says so', async () => {
      const proxy = await startInFront(443, { cluster: { server: 'https://255.255.255.255' } });
      await expectBadGateway(
        proxy,
        /at 255\.255\.255\.255(:443)?: the network is unreachable/,
        line,
      );
    });

    it.each([
      ['speaks HTTP', () => createHttpServer(), /does not speak TLS/],
      [
        'speaks something else',
        () => createServer((s) => s.end('SSH-2.0\r\n')),
        /does not speak TLS/,
      ],
      [
        'closes at once',
        () => createServer((s) => s.end()),
        /closed during the TLS handshake|reset/,
      ],
      [
        'resets at once',
        () => createServer((socket) => socket.resetAndDestroy()),
        /connection reset|closed during the TLS handshake/,
      ],
    ])('%s: 502 says so', async (_, create, reason) => {
      await expectBadGateway(await startInFront(await portOf(create())), reason, line);
    });

    it.each([
      ['closes after the handshake', '', /closed the connection without an answer/],
      ['breaks off in the head', 'HTTP/1.1 200 OK\r\nCont', /without an answer/],
      ['answers garbage', 'SSH-2.0-OpenSSH\r\n\r\n', /did not answer in HTTP\/1\.1/],
      ['answers in HTTP/2', '\0\0\0\x04\0\0\0\0\0', /did not answer in HTTP\/1\.1/],
      ['has two lengths', OK.replace('\r\n', '\r\nContent-Length: 3\r\n'), /Content-Length/],
    ])('%s: 502 says so', async (_, answer, reason) => {
      const upstream = await startUpstream((__, { socket }) => void socket.end(answer, 'latin1'), {
        ...serving,
        ca: root.pem,
      });
      onTestFinished(() => upstream.close());
      await expectBadGateway(await startInFront(upstream.port), reason, line);
    });
  },
);

async function startWith(tls: TlsOptions) {
  const upstream = await startUpstream(() => OK, { requestCert: false, ...tls });
  onTestFinished(() => upstream.close());
  return upstream;
}

describe("the API server's certificate", () => {
  it.each([
    ['an unknown authority', () => foreign.issueServer(), /signed by an unknown authority/],
    [
      'another name',
      () => root.issueServer({ loopback: false, names: ['other.example'] }),
      /for other names \(DNS:other\.example\); tls-server-name/,
    ],
    [
      'another address',
      () => root.issueServer({ loopback: false, ips: ['127.0.0.2'] }),
      /for other names \(IP Address:127\.0\.0\.2\)/,
    ],
    [
      'a common name only',
      () => root.issueServer({ loopback: false, commonName: '127.0.0.1' }),
      /no subject alternative name/,
    ],
    [
      'the past',
      () => root.issueServer({ notAfter: new Date(Date.now() - HOUR) }),
      /its certificate has expired/,
    ],
    [
      'the future',
      () => root.issueServer({ notBefore: new Date(Date.now() + HOUR) }),
      /not yet valid; is the clock right/,
    ],
  ])(
    'C01-C03, C05: of %s is refused before a byte is sent, whatever the environment says',
    async (...row) => {
      const [, issue, reason] = row;
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      onTestFinished(() => void vi.unstubAllEnvs());
      const upstream = await startWith({ ...issue(), ...speaking('HTTP/2') });
      const watched = await startInFront(upstream.port);
      await expectBadGateway(watched, reason, 'GET /api/v1/pods?watch=1');
      const proxy = await startInFront(upstream.port);
      await expectBadGateway(proxy, reason);
      const headers = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
      const upgrading = await RawClient.connect(proxy.port);
      await upgrading.send(request('GET /api/v1/x', { headers })).untilEnd();
      expect(upgrading.statuses).toEqual([502]);
      expect(upgrading.received).toMatch(reason);
      expect(upstream.bytes).toBe('');

      const data = { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true };
      const careless = await startInFront(upstream.port, { cluster: data });
      expect(await ask(careless)).toContain('HTTP/1.1 200 OK\r\n');
    },
  );

  const middle = root.issueAuthority({ commonName: 'middle' });
  const leaf = middle.issueServer();

  it.each([
    ['the root, with the chain sent', root.pem, leaf.cert + middle.pem, 200],
    ['the root, with the leaf sent alone', root.pem, leaf.cert, 502],
    ['the intermediate alone', middle.pem, leaf.cert, 200],
    ['the leaf alone', leaf.cert, leaf.cert, 200],
    ['another and the intermediate', foreign.pem + middle.pem, leaf.cert, 200],
  ])('is judged by %s', async (_, ca, cert, status) => {
    const upstream = await startWith({ cert, key: leaf.key });
    const data = { 'certificate-authority-data': base64(ca) };
    const proxy = await startInFront(upstream.port, { cluster: data });
    expect(await ask(proxy)).toContain(`HTTP/1.1 ${status} `);
  });

  it('C07: is asked for and judged under tls-server-name', async () => {
    const asked: string[] = [];
    const pair = root.issueServer({ loopback: false, names: ['api.example'] });
    const upstream = await startWith({
      ...pair,
      SNICallback: (name, done) => {
        asked.push(name);
        done(null);
      },
    });
    const named = (name: string) =>
      startInFront(upstream.port, { cluster: { 'tls-server-name': name } });
    expect(await ask(await named('api.example'))).toContain('HTTP/1.1 200 OK\r\n');
    await expectBadGateway(await named('b.example'), /for other names \(DNS:api\.example\)/);
    expect(asked).toEqual(['api.example', 'b.example', 'b.example']);
  });

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', 'localhost.', '127.1', '0x7f.1', '2130706433'])(
    'C08: is judged for %s as for what that stands for, or the name is refused',
    async (host) => {
      const upstream = await startWith(serving);
      const wrong = await startWith(root.issueServer({ loopback: false, names: ['b.example'] }));
      const askAt = async (port: number): Promise<string> => {
        const cluster = { server: `https://${host}:${port}` };
        return ask(await startInFront(port, { cluster })).catch(String);
      };
      const isName = /^(127\.0\.0\.1|localhost)$/i.test(host);
      // Which other names are resolved is the system's business.
      const answer = await askAt(upstream.port).catch(String);
      expect(answer).toMatch(isName ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 (200|502) |Error/);
      expect(await askAt(wrong.port).catch(String)).not.toContain('HTTP/1.1 200 ');
      expect(wrong.bytes).toBe('');
    },
  );

  it('C09: that one proxy has accepted is not accepted by another that trusts otherwise', async () => {
    const upstream = await startWith(serving);
    const data = { 'certificate-authority-data': base64(foreign.pem) };
    const trusting = await startInFront(upstream.port);
    const other = await startInFront(upstream.port, { cluster: data });
    expect(await ask(trusting)).toContain('HTTP/1.1 200 OK\r\n');
    await expectBadGateway(other, /unknown authority/);
  });
});

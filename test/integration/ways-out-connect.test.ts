import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../src/upstream/route.ts';
import { type ProxyScript, startForwardProxy } from '../support/forward-proxy.ts';
import { BASIC, failure, LOGIN, open, PASSWORD, routeTo } from '../support/ways-out.ts';

describe('what an HTTP proxy is asked', () => {
  it.each([
    ['https://api.example', 'api.example:443', ''],
    ['http://api.example', 'api.example:80', ''],
    ['https://[fd00::1]:6443/prefix', '[fd00::1]:6443', ''],
    ['https://api.example:6443', 'api.example:6443', LOGIN],
  ])('for %s', async (server, target, login) => {
    const proxy = await startForwardProxy(async (client) => {
      await client.head();
      client.send('HTTP/1.1 200 OK\r\n\r\n');
    });
    await open(routeTo(server, `http://${login}127.0.0.1:${proxy.port}`));
    const proof = login === '' ? '' : `Proxy-Authorization: Basic ${BASIC}\r\n`;
    expect(proxy.connections[0]?.said.toString('latin1')).toBe(
      `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${proof}\r\n`,
    );
  });
});

describe('an answer to CONNECT', () => {
  const saying =
    (...pieces: string[]): ProxyScript =>
    async (client) => {
      await client.head();
      for (const piece of pieces) {
        client.send(piece);
        await new Promise(setImmediate);
      }
    };
  const asked = async (script: ProxyScript, login = ''): Promise<Route> => {
    const proxy = await startForwardProxy(script);
    return routeTo('http://c', `http://${login}127.0.0.1:${proxy.port}`);
  };

  it.each<[string, string[]]>([
    ['of HTTP/1.0', ['HTTP/1.0 200 Connection established\r\nProxy-agent: a\r\n\r\nfirst']],
    ['without a reason', ['HTTP/1.1 200\r\n\r\nfirst']],
    ['of another 2xx', ['HTTP/1.1 299 Fine\r\n\r\nfirst']],
    [
      'with framing, which does not count',
      ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nfirst'],
    ],
    [
      'after interim ones',
      [
        'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\nfirst',
      ],
    ],
    ['byte by byte', [...'HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nfirst']],
    ['and the first bytes after it later', ['HTTP/1.1 200 OK\r\n\r\n', 'first']],
    ['with blank lines behind it', ['HTTP/1.1 200 OK\r\n\r\n\r\n\r\nfirst']],
  ])('%s opens the way, and no byte behind it is lost', async (_, pieces) => {
    const socket = await open(await asked(saying(...pieces)));
    const all = pieces.join('');
    const expected = all.slice(all.indexOf('\r\n\r\n', all.indexOf(' 2')) + 4);
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
    });
    while (received.length < expected.length) await once(socket, 'data');
    expect(received).toBe(expected);
  });

  it.each<[string, string, RegExp]>([
    ['407', 'HTTP/1.1 407 Login\r\n\r\n', /the proxy wants a user name and password; write them/],
    ['403', 'HTTP/1.1 403 No\r\n\r\n', /the proxy refused CONNECT with status 403: its rules/],
    ['502', 'HTTP/1.0 502 No\r\n\r\n', /status 502: it can not connect to the host either$/],
    ['418', 'HTTP/1.1 418 Tea\r\n\r\n', /status 418$/],
    ['302', 'HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n', /status 302$/],
    ['101', 'HTTP/1.1 101 Other\r\nUpgrade: x\r\n\r\n', /status 101$/],
    ['SSH', 'SSH-2.0-OpenSSH\r\n', /did not answer in HTTP\/1\.1; should its URL begin with https/],
    ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46', /did not answer in HTTP\/1\.1; should/],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n', /did not answer in HTTP\/1\.1/],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', /did not answer in HTTP\/1\.1$/],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', /did not answer in HTTP\/1\.1$/],
    ['lines that end with LF', 'HTTP/1.1 200 OK\n\n', /HTTP\/1\.1 \(line ends with a bare LF\)/],
    ['a header that is none', 'HTTP/1.1 200 OK\r\nnone\r\n\r\n', /\(header line without a colon\)/],
    [
      'a folded header',
      'HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n',
      /\(header name is not a token\)/,
    ],
    [
      'too long a head',
      `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`,
      /more than 16384 bytes/,
    ],
    [
      'a head without an end',
      `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(17_000)}`,
      /more than 16384 bytes/,
    ],
    [
      'too many interim ones',
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000),
      /more than 16384 bytes/,
    ],
  ])('%s does not', async (_, answer, reason) => {
    expect(await failure(await asked(saying(answer)))).toMatchObject({
      code: 'ERR_UPSTREAM_UNREACHABLE',
      message: expect.stringMatching(
        new RegExp(
          `^cannot reach the API server at c through the proxy 127[.0-9:]+: .*${reason.source}`,
        ),
      ),
    });
  });

  it.each([
    ['before a byte', ''],
    ['in the head', 'HTTP/1.1 200 OK\r\nA: b'],
    ['after an interim one', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('that ends %s does not', async (_, piece) => {
    const route = await asked(async (client) => {
      await client.head();
      client.send(piece);
      client.socket.end();
    });
    expect((await failure(route)).message).toMatch(
      /the proxy closed the connection before it opened the way$/,
    );
  });

  it('407 to a login that was sent is another thing to mend; what the proxy echoes stays unsaid', async () => {
    const route = await asked(
      saying(`HTTP/1.1 407 ${BASIC} ${PASSWORD}\r\nX: ${BASIC}\r\n\r\n`),
      LOGIN,
    );
    expect((await failure(route)).message).toMatch(
      /the proxy does not accept the user name and password of its URL$/,
    );
    const tinyproxy = await asked(saying('HTTP/1.0 401 Unauthorized\r\n\r\n'), LOGIN);
    expect((await failure(tinyproxy)).message).toMatch(/the proxy does not accept/);
    const other = await asked(saying(`HTTP/1.1 599 ${BASIC}\r\n\r\n`), LOGIN);
    expect((await failure(other)).message).toMatch(/status 599$/);
    const broken = await asked(saying(`HTTP/1.1 200 OK\r\n${BASIC}\r\n\r\n`), LOGIN);
    expect((await failure(broken)).message).toMatch(/header line without a colon/);
  });
});

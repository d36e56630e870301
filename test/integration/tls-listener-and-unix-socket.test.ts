import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { eventually, startPair } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import { run } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, type Script, type SeenConnection } from '../support/recording-upstream.ts';
import { EACH_WAY, type Way } from '../support/scripted-streams.ts';
import { switchTo, tunnelled, upgradeTo } from '../support/tunnel.ts';

const authority = mintAuthority({ commonName: 'porthole' });
const tls = authority.issueServer();
const WATCH = request('GET /api/v1/pods?watch=1');
const EVENT = '8\r\n{"a":1}\n\r\n';
const CHUNKED = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${EVENT}`;
const UNTIL_CLOSE = 'HTTP/1.1 200 OK\r\n\r\n{"a":1}\n';
const SHORT = 20;
type Kind = 'TLS' | 'a unix socket' | 'TLS on a unix socket';

/** A pair whose proxy listens in this way, with clients to match. */
async function startOver(kind: Kind, script?: Script, way: Way = 'HTTP/1.1') {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const onUnix = kind !== 'TLS';
  const options = {
    ...(onUnix ? { unixSocket: join(folder, 'sock') } : {}),
    ...(kind !== 'a unix socket' ? { tls } : {}),
  };
  const pair = await startPair(script, options, {}, { way });
  const clients: RawClient[] = [];
  onTestFinished(() => {
    for (const client of clients) client.close();
  });
  return {
    ...pair,
    folder,
    async connect(): Promise<RawClient> {
      const where = onUnix ? pair.proxy.address : pair.proxy.port;
      const options = kind !== 'a unix socket' ? { tls: { ca: authority.pem } } : {};
      const client = await RawClient.connect(where, options);
      clients.push(client);
      return client;
    },
  };
}

describe.each<Kind>(['TLS', 'a unix socket', 'TLS on a unix socket'])('over %s', (kind) => {
  it('many requests sent at once are answered in order, and name their client if it has a name', async () => {
    const { upstream, connect, proxy } = await startOver(kind, (head) => {
      const path = /^GET \/(\d+)/.exec(head)?.[1] ?? '';
      return `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`;
    });
    const client = await connect();
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    client.send(numbers.map((i) => request(`GET /${i}`)).join('')).socket.end();
    await client.untilEnd();
    expect(client.received.match(/\r\n\r\n\d+/g)?.map((text) => Number(text))).toEqual(numbers);
    const address = kind === 'TLS' ? '127.0.0.1' : '';
    expect(new Set(proxy.records.map(({ clientAddress }) => clientAddress))).toEqual(
      new Set([address]),
    );
    expect(upstream.bytes.includes('X-Forwarded-For: ')).toBe(kind === 'TLS');
    await eventually('nothing is open', () => proxy.connections.client === 0);
  });

  it('big bodies lose no byte, either way', async () => {
    const [up, down] = [randomBytes(8_000_000), randomBytes(8_000_000)];
    const { upstream, connect } = await startOver(kind, () => undefined);
    const client = await connect();
    client.send(request('POST /x', { headers: `Content-Length: ${up.length}\r\n` })).send(up);
    await eventually('all is sent', () => upstream.completed === 1);
    const { socket } = upstream.connections[0] as SeenConnection;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${down.length}\r\n\r\n`);
    socket.write(down);
    await client.until(
      () => client.received.length === client.received.indexOf('\r\n\r\n') + 4 + down.length,
    );
    expect(digest(tunnelled(upstream.bytes))).toBe(digest(up.toString('latin1')));
    expect(digest(tunnelled(client.received))).toBe(digest(down.toString('latin1')));
  });

  it.each(EACH_WAY.filter(([what]) => what !== 'a watch by HTTP/1.1'))(
    'a client that does not read slows upstream down: %s',
    async (_, line, way) => {
      let poured = { taken: -1 };
      const script: Script = (_head, { socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n');
        poured = pour(socket, Buffer.alloc(1 << 20), 64);
        return undefined;
      };
      const { connect, upstream } = await startOver(kind, script, way);
      const client = await connect();
      client.socket.pause();
      client.send(request(line));
      await eventually('the request arrives', () => upstream.requests === 1);
      // The kernel's buffers on the way hold some megabytes; a proxy that does not wait would hold all.
      expect(await settled(() => poured.taken)).toBeLessThan(32 << 20);
    },
  );

  it('upstream that does not read slows a client down', async () => {
    const { connect, upstream } = await startOver(kind, (_, { socket }) => {
      socket.pause();
      return undefined;
    });
    const client = await connect();
    client.send(request('POST /x', { headers: `Content-Length: ${64 << 20}\r\n` }));
    await eventually('the request arrives', () => upstream.requests === 1);
    const poured = pour(client.socket, Buffer.alloc(1 << 20), 64);
    expect(await settled(() => poured.taken)).toBeLessThan(32 << 20);
  });

  it('a tunnel carries bytes both ways, and each end by itself', async () => {
    const { connect, upstream, proxy } = await startOver(kind, (_, connection) => {
      connection.halfOpen = true;
      return switchTo('SPDY/3.1');
    });
    const client = await connect();
    await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    const far = upstream.connections[0] as SeenConnection;
    const [up, down] = [randomBytes(2_000_000), randomBytes(2_000_000)];
    client.send(up).socket.end();
    await eventually('upstream sees the end', () => far.ended);
    far.socket.end(down);
    await client.untilEnd();
    expect(digest(tunnelled(far.bytes))).toBe(digest(up.toString('latin1')));
    expect(digest(tunnelled(client.received))).toBe(digest(down.toString('latin1')));
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok' }]);
    await eventually('nothing is open', () => proxy.connections.client === 0);
  });

  const LEAVING: readonly (readonly [string, string, string | undefined, Way])[] = [
    ['before an answer', request('GET /silent'), undefined, 'HTTP/1.1'],
    [
      'amid its body',
      request('POST /silent', { headers: 'Content-Length: 9\r\n', body: 'half' }),
      undefined,
      'HTTP/1.1',
    ],
    ['of a watch', WATCH, CHUNKED, 'HTTP/1.1'],
    ['of a watch by HTTP/2', WATCH, CHUNKED, 'HTTP/2'],
    ['of a tunnel', upgradeTo('SPDY/3.1'), switchTo('SPDY/3.1'), 'HTTP/1.1'],
  ];
  it.each(LEAVING)('upstream is told when a client leaves %s', async (_, text, answer, way) => {
    const { connect, upstream, proxy } = await startOver(kind, () => answer, way);
    const client = await connect();
    client.send(text);
    await eventually('the request arrives', () => upstream.requests === 1);
    if (answer !== undefined) await client.untilText('\r\n\r\n');
    if (kind === 'TLS') client.reset();
    else client.close();
    // The end of a tunnel's client may be all that it had to say; only a reset shows more.
    const ended = text.includes('Upgrade') && kind !== 'TLS';
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: ended ? 'ok' : 'client-gone' }]);
    await eventually('upstream is closed', () => upstream.open + proxy.connections.client === 0);
  });

  it('a client that ends its side still gets its answer', async () => {
    const { connect, upstream, proxy } = await startOver(kind, () => undefined);
    const client = await connect();
    client.send(request('GET /x')).socket.end();
    await eventually('the request arrives', () => upstream.requests === 1);
    upstream.connections[0]?.socket.write(OK);
    await client.untilEnd();
    expect(client.received.replace(/^(?:HTTP\/1\.1 102 Processing\r\n\r\n)+/, '')).toBe(OK);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'ok' }]);
    await eventually('nothing is open', () => proxy.connections.client === 0);
  });

  const CUT: readonly (readonly [string, string, string, Way])[] = [
    ['a watch', CHUNKED, WATCH, 'HTTP/1.1'],
    ['a watch by HTTP/2', CHUNKED, WATCH, 'HTTP/2'],
    [
      'an answer with a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"a":1}\n',
      WATCH,
      'HTTP/1.1',
    ],
    ['an answer that lasts until the end', UNTIL_CLOSE, request('GET /version'), 'HTTP/1.1'],
    ['a tunnel', `${switchTo('SPDY/3.1')}{"a":1}\n`, upgradeTo('SPDY/3.1'), 'HTTP/1.1'],
  ];
  it.each(CUT)(
    'a shutdown cuts %s so that it does not look complete',
    async (_, answer, text, way) => {
      const { connect, upstream, proxy } = await startOver(kind, () => answer, way);
      const [client, idle] = [await connect(), await connect()];
      await client.send(text).untilText('{"a":1}\n');
      await proxy.close(SHORT);
      await Promise.all([client.untilEnd(), idle.untilEnd()]);
      expect(proxy.records).toMatchObject([{ outcome: 'stopped' }]);
      expect(client.received).not.toContain('\r\n0\r\n');
      if (kind === 'TLS') expect(client.error).toMatchObject({ code: 'ECONNRESET' });
      else if (answer === UNTIL_CLOSE) expect(client.received).toContain('chunked\r\n');
      await eventually('nothing is open', () => upstream.open + proxy.connections.client === 0);
    },
  );

  it.each([
    ['cut', true],
    ['ended', false],
  ])('a body that ends with the connection shows that upstream %s it', async (_, cut) => {
    const { connect, upstream, proxy } = await startOver(kind, () => UNTIL_CLOSE);
    const client = await connect();
    await client.send(request('GET /x')).untilText('{"a":1}\n');
    if (cut) upstream.connections[0]?.reset();
    else upstream.connections[0]?.socket.end('{"b":2}\n');
    await client.untilEnd();
    const whole = kind === 'TLS' ? '{"a":1}\n{"b":2}\n' : `${EVENT}8\r\n{"b":2}\n\r\n0\r\n\r\n`;
    const body = cut ? whole.slice(0, whole.indexOf('{"b')).replace(/8\r\n$/, '') : whole;
    expect(tunnelled(client.received)).toBe(body);
    const code = cut && kind === 'TLS' ? 'ECONNRESET' : undefined;
    expect((client.error as NodeJS.ErrnoException | undefined)?.code).toBe(code);
    expect(proxy.records).toMatchObject([{ outcome: cut ? 'upstream-aborted' : 'ok' }]);
  });

  it('curl understands it', async () => {
    const { proxy, folder } = await startOver(kind, (_, { socket }) => {
      socket.end(UNTIL_CLOSE);
      return undefined;
    });
    const onUnix = kind === 'TLS' ? [] : ['--unix-socket', proxy.address];
    const scheme = kind === 'a unix socket' ? 'http' : 'https';
    const url = `${scheme}://localhost:${proxy.port || 80}/version`;
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, authority.pem);
    const curl = await run('curl', ['-sS', '--max-time', '10', ...onUnix, '--cacert', ca, url]);
    expect(curl).toMatchObject({ code: 0, stdout: '{"a":1}\n', stderr: '' });
  });
});

describe('a body that ends with the connection, over a unix socket', () => {
  it.each([
    ['HTTP/1.0 knows no chunks', request('GET /x').replace('HTTP/1.1', 'HTTP/1.0'), '{"a":1}\n'],
    ['an answer to HEAD has none', request('HEAD /x'), ''],
  ])('stays as it is where %s', async (_, text, body) => {
    const { connect, upstream } = await startOver('a unix socket', (_head, { socket }) => {
      socket.end(body === '' ? 'HTTP/1.1 200 OK\r\n\r\n' : UNTIL_CLOSE);
      return undefined;
    });
    const client = await connect();
    client.send(text);
    if (body === '') await client.untilText('\r\n\r\n');
    else await client.untilEnd();
    expect(client.received).not.toContain('Transfer-Encoding');
    expect(tunnelled(client.received)).toBe(body);
    expect(upstream.requests).toBe(1);
  });
});

function digest(latin1: string): string {
  return createHash('sha256').update(latin1, 'latin1').digest('hex');
}

import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import type { PortholeError } from '../../src/errors.ts';
import { type Listener, type ListenOptions, listen } from '../../src/server/listen.ts';
import { eventually } from '../support/pair.ts';
import { RawClient, request } from '../support/raw-client.ts';

const authority = mintAuthority({ commonName: 'porthole' });
const tls = authority.issueServer();
const NEVER = { head: 1e9, idle: 1e9, linger: 1e9, probe: 1e9, spare: 1e9 };
/** Long enough for a client to send what it has. */
const SOON = 200;

let malformed: [PortholeError, string][];
beforeEach(() => {
  malformed = [];
});

async function serve(options: Partial<ListenOptions> = {}): Promise<Listener> {
  const listener = await listen({
    address: '127.0.0.1',
    port: 0,
    tls,
    keepAliveMs: 30_000,
    onExchange(exchange) {
      const framing = { kind: 'length', length: 2 } as const;
      exchange.respond({ status: 200, reason: 'OK', fields: 'Content-Length: 2\r\n', framing });
      exchange.write(Buffer.from('ok'));
      exchange.end();
    },
    onMalformed: (error, clientAddress) => malformed.push([error, clientAddress]),
    ...options,
  });
  onTestFinished(() => listener.destroy());
  return listener;
}

/** A TCP connection of a test; what it got, once it was closed. */
function open(port: number, text: string | Buffer, then: (socket: Socket) => void = () => {}) {
  return new Promise<string>((resolve) => {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(text, 'latin1', () => then(socket));
    });
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(received));
  });
}

/** What this process holds, the clients' side too. */
function resources(): Record<'sockets' | 'timers', number> {
  const kinds = process.getActiveResourcesInfo();
  const count = (kind: RegExp): number => kinds.filter((name) => kind.test(name)).length;
  return { sockets: count(/^(?:TCPSocketWrap|TLSWrap)$/), timers: count(/^Timeout$/) };
}

const trusting = { tls: { ca: authority.pem } };
/** How a ClientHello begins. */
const HELLO = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03';

describe('a TLS listener', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const { port } = await serve();
    const client = await RawClient.connect(port, {
      tls: {
        ca: authority.pem,
        minVersion: version,
        maxVersion: version,
        ALPNProtocols: ['h2', 'http/1.1'],
      },
    });
    await client.send(request('GET /x')).untilText('ok');
    expect(client.socket).toMatchObject({ alpnProtocol: 'http/1.1', authorized: true });
    client.close();
  });

  it('resumes a session', async () => {
    const { port } = await serve();
    const settings = { ca: authority.pem, servername: 'localhost' };
    const first = await RawClient.connect(port, { tls: settings });
    const ticket = once(first.socket, 'session');
    await first.send(request('GET /x')).untilText('ok');
    const [session]: Buffer[] = await ticket;
    first.close();
    const second = await RawClient.connect(port, { tls: { ...settings, session } });
    expect((second.socket as TLSSocket).isSessionReused()).toBe(true);
    second.close();
  });

  it.each([
    [
      'of an older version',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    ],
    ['that speak another protocol', { ALPNProtocols: ['h2'] }],
  ] as const)('refuses clients %s, and counts them', async (_, settings) => {
    const listener = await serve({ deadlines: NEVER });
    const client = RawClient.connect(listener.port, { tls: { ca: authority.pem, ...settings } });
    await expect(client).rejects.toMatchObject({ code: expect.stringMatching(/ALERT/) });
    await eventually('nothing is open', () => listener.connections === 0);
    expect(listener.failedHandshakes).toBe(1);
  });

  it.each([
    ['that does not trust it', { ca: [] }],
    ['that expects another server', { ca: authority.pem, servername: 'other.example' }],
  ])('forgets a client %s', async (_, settings) => {
    const listener = await serve({ deadlines: NEVER });
    await expect(RawClient.connect(listener.port, { tls: settings })).rejects.toThrow();
    await eventually('nothing is open', () => listener.connections === 0);
  });

  it('forgets 200 clients whose handshakes are aborted', async () => {
    const listener = await serve({ deadlines: NEVER });
    const before = resources();
    for (let round = 0; round < 4; round++) {
      const ends: ((socket: Socket) => void)[] = [
        (socket) => socket.destroy(),
        (socket) => socket.resetAndDestroy(),
        (socket) => socket.end(),
        (socket) => socket.end('x'.repeat(600)),
      ];
      const text = round === 0 ? '' : HELLO;
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => open(listener.port, text, ends[i % ends.length])),
      );
    }
    await eventually('nothing is open', () => listener.connections === 0);
    await eventually('resources are as before', () => {
      const now = resources();
      return now.sockets <= before.sockets && now.timers <= before.timers;
    });
    expect(listener.failedHandshakes).toBeGreaterThan(100);
    expect(malformed).toEqual([]);
    const client = await RawClient.connect(listener.port, trusting);
    await client.send(request('GET /x')).untilText('ok');
    client.close();
  });

  it.each([
    ['says nothing', ''],
    ['stops in its hello', HELLO],
  ])('ends a client that %s when its time is up', async (_, text) => {
    const listener = await serve({ deadlines: { ...NEVER, head: SOON } });
    expect(await open(listener.port, text)).toBe('');
    await eventually('nothing is open', () => listener.connections === 0);
    expect(malformed).toEqual([]);
  });

  it.each(['close', 'destroy'] as const)('%s ends clients in each state', async (how) => {
    const listener = await serve({ deadlines: { ...NEVER, linger: SOON } });
    const [silent, begun] = [open(listener.port, ''), open(listener.port, HELLO)];
    const idle = await RawClient.connect(listener.port, trusting);
    await idle.send(request('GET /x')).untilText('ok');
    await eventually('all are there', () => listener.connections === 3);
    const closed = listener[how](1e9);
    expect(await Promise.all([silent, begun])).toEqual(['', '']);
    await idle.untilEnd();
    idle.close();
    await closed;
    await eventually('nothing is open', () => listener.connections === 0);
  });

  it('does not take a second handshake on a connection', async () => {
    const { port } = await serve();
    const client = await RawClient.connect(port, {
      tls: { ca: authority.pem, maxVersion: 'TLSv1.2' },
    });
    await client.send(request('GET /x')).untilText('ok');
    const error = await new Promise((resolve) => {
      client.socket.once('error', resolve);
      (client.socket as TLSSocket).renegotiate({}, resolve);
    });
    expect(error).toMatchObject({ message: expect.stringMatching(/renegotiation/i) });
    client.close();
  });
});

describe('plain HTTP on a TLS listener', () => {
  it('is told to use https, and recorded', async () => {
    const listener = await serve();
    const answer = await open(listener.port, request('GET /version'));
    expect(answer).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: text\/plain; charset=utf-8\r\n.*\r\n\r\nClient sent an HTTP request to an HTTPS server; use https:\/\//s,
    );
    expect(malformed).toEqual([
      [expect.objectContaining({ code: 'ERR_MALFORMED_REQUEST', status: 400 }), '127.0.0.1'],
    ]);
    await eventually('nothing is open', () => listener.connections === 0);
    expect(listener.failedHandshakes).toBe(0);
  });

  it('is told so though its body is still coming', async () => {
    const { port } = await serve();
    const body = 'x'.repeat(1_000_000);
    const answer = await open(
      port,
      `${request('POST /x', { headers: 'Content-Length: 1000000\r\n' })}${body}`,
    );
    expect(answer).toContain('use https://');
  });

  it('has a moment to read it, and no more', async () => {
    const listener = await serve({ deadlines: { ...NEVER, linger: SOON } });
    const client = await RawClient.connect(listener.port);
    await client.send(request('GET /x')).untilEnd();
    // This client never ends its side.
    await eventually('nothing is open', () => listener.connections === 0);
    client.close();
  });

  it.each(['\0\x01\x02', 'ssh-2.0\r\n', '\x80\x2e\x01\x03'])(
    '%j is no HTTP, and gets no answer',
    async (text) => {
      const listener = await serve({ deadlines: NEVER });
      expect(await open(listener.port, text)).toBe('');
      await eventually('nothing is open', () => listener.connections === 0);
      expect(malformed).toEqual([]);
    },
  );
});

describe('a certificate and key that can not serve', () => {
  const other = authority.issueServer();
  const encrypted = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: {
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    },
  }).privateKey;
  it.each([
    ['key of another certificate', tls.cert, other.key, 'the key is of another certificate'],
    ['no certificate', '', tls.key, 'the certificate is no PEM'],
    ['garbage for a certificate', 'garbage', tls.key, 'the certificate is no PEM'],
    ['no key', tls.cert, '', 'the key is no PEM, or has a passphrase'],
    ['certificate for a key', tls.cert, tls.cert, 'the key is no PEM, or has a passphrase'],
    ['key with a passphrase', tls.cert, encrypted, 'the key is no PEM, or has a passphrase'],
    ['chain that ends in garbage', `${tls.cert}-----BEGIN CERTIFICATE-----\nx\n`, tls.key, 'TLS'],
  ])('%s: one sentence without a byte of either', async (_, cert, key, reason) => {
    const error = await serve({ tls: { cert, key } }).catch((thrown: PortholeError) => thrown);
    expect(error).toMatchObject({ code: 'ERR_LISTEN', message: expect.stringContaining(reason) });
    const { message } = error as PortholeError;
    expect(message).toMatch(/^the serving certificate and its key do not work in TLS: [^\n]+$/);
    expect(message).not.toMatch(/BEGIN|MII/);
  });

  it('a chain is sent whole', async () => {
    const intermediate = authority.issueAuthority({ commonName: 'between' });
    const leaf = intermediate.issueServer();
    const { port } = await serve({ tls: { cert: leaf.cert + intermediate.pem, key: leaf.key } });
    const client = await RawClient.connect(port, trusting);
    await client.send(request('GET /x')).untilText('ok');
    client.close();
  });
});

it('without a certificate, a ClientHello is no request', async () => {
  const { port } = await serve({ tls: undefined });
  expect(await open(port, `${HELLO}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
});

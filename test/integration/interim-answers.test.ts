import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { HeaderList } from '../../src/http1/header-list.ts';
import type { RequestHead } from '../../src/http1/message.ts';
import { ClientExchange } from '../../src/server/client-exchange.ts';
import type { Tunnel } from '../../src/server/exchange.ts';
import { Turn } from '../../src/server/turn.ts';

const REQUEST: RequestHead = {
  method: 'GET',
  target: '/api',
  version: '1.1',
  headers: HeaderList.of('Host', 'localhost'),
  host: 'localhost',
  framing: { kind: 'none' },
  upgrade: undefined,
  keepAlive: true,
};

/** The server's end of a connection whose client never reads. */
async function unreadSocket(): Promise<Socket> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  const client = connect(bound.port, '127.0.0.1').pause();
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('nobody connected');
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return socket;
}

it('passes interim answers on to a client that reads, and piles none up for one that does not', async () => {
  const socket = await unreadSocket();
  const exchange = new ClientExchange(REQUEST, {
    socket,
    clientAddress: '127.0.0.1',
    turn: new Turn(),
    closing: false,
    exchangeEnded() {},
    exchangeSwitched(): Tunnel {
      throw new Error('not in this test');
    },
    cut() {},
  });
  const hint = {
    status: 103,
    reason: 'Early Hints',
    fields: `Link: ${'x'.repeat(60_000)}\r\n`,
    framing: { kind: 'none' },
  } as const;
  exchange.inform(hint);
  expect(socket.bytesWritten).toBeGreaterThan(60_000);
  // Beyond what the kernel takes for the client.
  while (socket.write(Buffer.alloc(1 << 20)));
  const before = socket.bytesWritten;
  for (let i = 0; i < 32; i++) exchange.inform(hint);
  expect(socket.bytesWritten).toBe(before);
});

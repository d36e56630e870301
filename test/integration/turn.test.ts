import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClientSocket } from '../../src/server/client-socket.ts';
import { ClientConnection } from '../../src/server/connection.ts';
import { DEADLINES } from '../../src/server/deadlines.ts';
import type { Exchange } from '../../src/server/exchange.ts';
import { LIMITS } from '../../src/server/limits.ts';
import { Turn } from '../../src/server/turn.ts';
import { portOf } from '../support/in-front.ts';
import { eventually } from '../support/pair.ts';

const HEAD = {
  status: 200,
  reason: 'OK',
  fields: 'Content-Length: 4\r\n',
  framing: { kind: 'length', length: 4 },
} as const;

/** A connection whose exchanges the test answers, and its client. */
async function startConnection(turn: Turn) {
  const server = createServer();
  const client = connect(await portOf(server), '127.0.0.1');
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('nobody connected');
  const exchanges: Exchange[] = [];
  const events = { onExchange: (exchange: Exchange) => exchanges.push(exchange), onMalformed() {} };
  const connection = new ClientConnection(new ClientSocket(socket), events, {
    deadlines: DEADLINES,
    limits: LIMITS,
    turn,
  });
  let received = '';
  client.on('data', (bytes) => {
    received += bytes;
  });
  client.on('error', () => {});
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return {
    client,
    socket,
    connection,
    received: () => received,
    async ask(more = ''): Promise<Exchange> {
      const asked = exchanges.length;
      client.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`);
      await eventually('it is asked', () => exchanges.length > asked);
      return exchanges[asked] as Exchange;
    },
  };
}

describe('an answer', () => {
  it('waits for the others of its turn of the event loop, where several exchanges are under way', async () => {
    const turn = new Turn();
    const [one, other] = [await startConnection(turn), await startConnection(turn)];
    const [first, second] = [await one.ask(), await other.ask()];
    for (const exchange of [first, second]) {
      exchange.respond(HEAD);
      exchange.write(Buffer.from('body'));
      exchange.end();
    }
    expect([one.socket.writableLength > 0, other.socket.writableLength]).toEqual([true, 0]);
    await eventually('both have come', () => one.received().endsWith('body'));
    await eventually('both have come', () => other.received().endsWith('body'));
  });

  it('goes out at once when its exchange is the only one', async () => {
    const one = await startConnection(new Turn());
    const exchange = await one.ask();
    exchange.respond(HEAD);
    exchange.write(Buffer.from('bo'));
    expect(one.socket.writableLength).toBe(0);
  });

  it('that is cut while it waits is seen as far as it came, and then the cut', async () => {
    const turn = new Turn();
    const [one, other] = [await startConnection(turn), await startConnection(turn)];
    const exchange = await one.ask();
    await other.ask();
    exchange.respond(HEAD);
    exchange.write(Buffer.from('bo'));
    exchange.abort();
    await once(one.client, 'close');
    expect(one.received()).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 4\r\n\r\nbo$/);
  });
});

it('an answer that is cut behind its head shows that', async () => {
  const { ask, client, received } = await startConnection(new Turn());
  const exchange = await ask();
  exchange.respond(HEAD);
  exchange.abort();
  await once(client, 'close');
  expect(received()).toBe('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
});

describe('an exchange is under way no more', () => {
  it.each<[string, (exchange: Exchange, client: Socket) => void]>([
    [
      'when it has ended',
      (exchange) => {
        exchange.respond(HEAD);
        exchange.end();
      },
    ],
    ['when it was cut', (exchange) => exchange.abort()],
    [
      'when its client has left',
      (exchange, client) => {
        exchange.onFailure = () => exchange.abort();
        client.destroy();
      },
    ],
    [
      'when it has become a tunnel',
      (exchange) => {
        exchange.switchProtocols({
          status: 101,
          reason: '',
          fields: '',
          framing: { kind: 'none' },
        });
      },
    ],
  ])('%s', async (_, act) => {
    const turn = new Turn();
    const { ask, client } = await startConnection(turn);
    const exchange = await ask('Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n');
    expect(turn.exchanges).toBe(1);
    act(exchange, client);
    await eventually('none is counted', () => turn.exchanges === 0);
  });
});

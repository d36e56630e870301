import { expect, it, onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { listen } from '../../src/server/listen.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { eventually } from '../support/pair.ts';
import { RawClient, request } from '../support/raw-client.ts';

const authority = mintAuthority({ commonName: 'porthole' });
const NEVER = { head: 1e9, idle: 1e9, linger: 1e9, probe: 1e9 };

/** An answer that goes on for as long as nobody ends it, to a client behind a wire. */
async function serveForever() {
  let write = (): void => {};
  let failed = 0;
  const listener = await listen({
    ...{ address: '127.0.0.1', port: 0, keepAliveMs: 30_000, deadlines: NEVER },
    tls: authority.issueServer(),
    onExchange(exchange) {
      exchange.longRunning = true;
      const framing = { kind: 'chunked' } as const;
      const fields = 'Transfer-Encoding: chunked\r\n';
      exchange.respond({ status: 200, reason: 'OK', fields, framing });
      exchange.onFailure = () => {
        failed++;
        exchange.abort();
      };
      write = () => {
        exchange.write(Buffer.from('event'));
        exchange.flush();
      };
      write();
    },
    onMalformed: () => {},
  });
  onTestFinished(() => listener.destroy());
  const wire = await startFaultProxy(listener.port);
  onTestFinished(() => wire.close());
  const client = await RawClient.connect(wire.port, { tls: { ca: authority.pem } });
  onTestFinished(() => client.close());
  await client.send(request('GET /x')).untilText('event');
  wire.hurt(() => undefined);
  return { listener, wire, client, write: () => write(), failed: () => failed };
}

it('forged bytes from a client end its connection', async () => {
  const { listener, wire, client, failed } = await serveForever();
  wire.afflict(0, { kind: 'duplicate', way: 'asked', at: 0 });
  client.send(request('GET /y'));
  await eventually('the connection ends', () => listener.connections === 0);
  expect(failed()).toBe(1);
  await client.untilEnd();
});

it('a client that was sent forged bytes, says so and leaves, is not taken for one that stays', async () => {
  const { listener, wire, write, failed } = await serveForever();
  wire.afflict(0, { kind: 'duplicate', way: 'answered', at: 0 });
  write();
  await eventually('the connection ends', () => listener.connections === 0);
  expect(failed()).toBe(1);
});

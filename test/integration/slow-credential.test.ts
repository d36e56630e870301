import { expect, it, onTestFinished } from 'vitest';
import type { Generation } from '../../src/generation.ts';
import { handle, type Parts } from '../../src/handle.ts';
import type { ExchangeRecord } from '../../src/record/exchange-record.ts';
import { createCors } from '../../src/server/cors.ts';
import { listen } from '../../src/server/listen.ts';
import { RawClient, request } from '../support/raw-client.ts';

it.each(['the client leaves', 'a shutdown ends its grace'])(
  'does not wait for a credential that never comes once %s',
  async (cause) => {
    let ended = (_: ExchangeRecord): void => {};
    const record = new Promise<ExchangeRecord>((resolve) => {
      ended = resolve;
    });
    let asked = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const generation = {
      config: { user: {} },
      admit: { caller() {}, request() {} },
      credentials: {
        current() {
          asked();
          return new Promise(() => {});
        },
      },
      forward: () => Promise.reject(new Error('there is no credential to forward with')),
    } as unknown as Generation;
    const parts: Parts = {
      generation: () => generation,
      renew: () => Promise.resolve(undefined),
      route: (target) => ({ kind: 'api', target }),
      cors: createCors([]),
      door: undefined,
      files: undefined,
      recorder: {},
      ended: (done) => ended(done),
      identities: undefined,
    };
    const listener = await listen({
      address: '127.0.0.1',
      port: 0,
      keepAliveMs: 30_000,
      onExchange: (exchange) => void handle(exchange, parts),
      onMalformed() {},
    });
    onTestFinished(() => listener.destroy());
    const client = await RawClient.connect(listener.port);
    client.send(request('GET /version'));
    await waiting;
    if (cause === 'the client leaves') {
      client.socket.resetAndDestroy();
      expect(await record).toMatchObject({ outcome: 'client-gone' });
    } else {
      await listener.close(0);
      expect(await record).toMatchObject({ outcome: 'stopped' });
    }
  },
);

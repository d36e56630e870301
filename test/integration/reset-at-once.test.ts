import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

it('knows the address of every client whose request it forwards, also of those that reset at once', async () => {
  const { upstream, proxy, ask } = await startPair();
  for (let i = 0; i < 200; i++) {
    await new Promise<void>((resolve) => {
      const socket = connect(proxy.port, '127.0.0.1', () => {
        socket.write(request('DELETE /api/v1/namespaces/default/pods/a'));
        socket.resetAndDestroy();
        resolve();
      });
      socket.on('error', () => {});
    });
  }
  await ask(request('GET /version', { headers: 'Connection: close\r\n' }));
  expect(proxy.records.length).toBeGreaterThan(0);
  expect(proxy.records.filter(({ clientAddress }) => clientAddress !== '127.0.0.1')).toEqual([]);
  expect(upstream.bytes).not.toContain('X-Forwarded-For: \r\n');
});

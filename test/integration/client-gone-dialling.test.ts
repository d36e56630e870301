import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { RawClient, request } from '../support/raw-client.ts';
import { startUpstream } from '../support/recording-upstream.ts';
import { startProxy } from '../support/start-proxy.ts';

it('ends the exchange of a client that leaves while the API server is dialled', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const bound = silent.address();
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  const upstream = await startUpstream();
  const { ca, client: certificate } = upstream;
  const proxy = await startProxy({ port: bound.port, ca, client: certificate });
  onTestFinished(async () => {
    proxy.destroy();
    for (const socket of sockets) socket.destroy();
    silent.close();
    await upstream.close();
  });
  const client = await RawClient.connect(proxy.port);
  client.send(request('GET /version'));
  await once(silent, 'connection');
  client.close();
  // The handshake that never ends would keep the record for ten seconds.
  const [record] = await proxy.recorded(1);
  expect(record).toMatchObject({ outcome: 'client-gone', errorCode: 'ERR_CLIENT_GONE' });
  expect(sockets.every((socket) => !socket.destroyed)).toBe(true);
});

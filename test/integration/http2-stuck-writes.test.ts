import { once } from 'node:events';
import { expect, it } from 'vitest';
import { startHttp2Upstream } from '../support/http2-upstream.ts';
import { eventually } from '../support/pair.ts';
import { startPoolRelayTo } from '../support/pool-relay.ts';
import { request } from '../support/raw-client.ts';

it('a watch whose connection is reset while other streams of it end is told so before any ping', async () => {
  const upstream = await startHttp2Upstream();
  const relay = await startPoolRelayTo(upstream);
  const client = await relay.connect();
  await client.send(request('GET /api/v1/pods?watch=1')).untilText('\r\n\r\n');
  const [connection] = relay.pool.http2;
  const others = [1, 2].map(() => connection?.request({ ':path': '/' }));
  await Promise.all(others.map((stream) => stream && once(stream, 'response')));
  relay.wire.reset();
  // Both are written before the reset is read: the first write fails, and Node takes it for one under way.
  for (const stream of others) stream?.on('error', () => {}).close();
  await client.untilEnd();
  expect(client.received).not.toContain('\r\n0\r\n');
  expect(relay.errors).toMatchObject([{ code: 'ERR_UPSTREAM_ABORTED' }]);
  await eventually('it is forgotten', () => relay.pool.open === 0);
  await (await relay.connect()).send(request('GET /api/v1/pods?watch=1')).untilText('\r\n\r\n');
});

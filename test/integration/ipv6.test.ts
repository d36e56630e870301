import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPair } from '../support/pair.ts';
import { RawClient, request } from '../support/raw-client.ts';

// Where ::1 can not be bound, these fail with "this machine has no such address": what they prove is not proven there.
describe('on ::1', () => {
  it('serves, prints its address in brackets and names the client', async () => {
    const { proxy, upstream } = await startPair(undefined, { address: '::1' });
    expect(proxy.address).toBe(`[::1]:${proxy.port}`);
    const client = await RawClient.connect(proxy.port, { host: '::1' });
    await client
      .send(request('GET /version', { host: proxy.address, headers: 'Connection: close\r\n' }))
      .untilEnd();
    client.close();
    expect(client.statuses).toEqual([200]);
    expect(upstream.bytes).toContain('\r\nX-Forwarded-For: ::1\r\n');
    expect(proxy.records).toMatchObject([{ clientAddress: '::1' }]);
  });

  it.each([
    ['[::1]', 200],
    ['[::1]:1', 200],
    ['[0:0:0:0:0:0:0:1]', 403],
    ['[::2]:8001', 403],
    ['::1', 400],
    ['[::1]:', 400],
  ])('answers the Host %s with %i', async (host, status) => {
    const { proxy } = await startPair(undefined, { address: '::1' });
    const client = await RawClient.connect(proxy.port, { host: '::1' });
    await client
      .send(request('GET /version', { host, headers: 'Connection: close\r\n' }))
      .untilEnd();
    client.close();
    expect(client.statuses).toEqual([status]);
  });

  it('is an API server, whose address is recorded in brackets', async () => {
    const server = createServer((_, response) => response.end('ok')).listen(0, '::1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const kubeconfig = () => ({ cluster: { server: `http://[::1]:${port}` } });
    const { ask, proxy } = await startPair(undefined, {}, {}, { kubeconfig });
    expect(await ask(request('GET /version', { headers: 'Connection: close\r\n' }))).toContain(
      'ok',
    );
    expect(proxy.records).toMatchObject([{ upstreamAddress: `[::1]:${port}` }]);
  });

  it('says which place is taken', async () => {
    const { proxy } = await startPair(undefined, { address: '::1' });
    await expect(startPair(undefined, { address: '::1', port: proxy.port })).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining(`listen tcp ${proxy.address}: address already in use`),
    });
  });
});

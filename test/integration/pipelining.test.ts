import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { pour, settled } from '../support/pour.ts';
import { request } from '../support/raw-client.ts';

const warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', onWarning);
});
afterEach(() => {
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

/** Answers with the request's path. */
const echo = (head: string): string => {
  const path = head.split(' ')[1] ?? '';
  return `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`;
};

const paths = (count: number): string[] => Array.from({ length: count }, (_, i) => `/${i}`);

describe('S13 requests sent ahead of their answers', () => {
  it.each([2, 100])('are answered in order: %i', async (count) => {
    const { connect, upstream, proxy } = await startPair(echo);
    const client = await connect();
    const wanted = paths(count).map((path) => echo(`GET ${path} `));
    client.send(
      paths(count)
        .map((path) => request(`GET ${path}`))
        .join(''),
    );
    await client.until(() => client.received.length >= wanted.join('').length);
    expect(client.received).toBe(wanted.join(''));
    expect(upstream.connections).toHaveLength(1);
    const records = await proxy.recorded(count);
    expect(records.map(({ path, outcome }) => `${outcome} ${path}`)).toEqual(
      paths(count).map((path) => `ok ${path}`),
    );
  });

  it('are each judged and recorded by themselves', async () => {
    const { connect, upstream, proxy } = await startPair(echo);
    const client = await connect();
    const exec = '/api/v1/namespaces/d/pods/p/exec';
    client.send(
      [
        request('GET /a'),
        request(`GET ${exec}`),
        request('POST /b', { headers: 'Content-Length: 5\r\n', body: 'GET /' }),
        request('GET /c', { host: 'evil.example' }),
        request('TRACE /d'),
        request('DELETE /e', {
          headers: 'Transfer-Encoding: chunked\r\n',
          body: '2\r\n{}\r\n0\r\n\r\n',
        }),
        request('GET /f', { headers: 'Connection: close\r\n' }),
        request('GET /never'),
      ].join(''),
    );
    await client.untilEnd();
    expect(client.statuses).toEqual([200, 403, 200, 403, 405, 200, 200]);
    expect(client.received.endsWith('Connection: close\r\n\r\n/f')).toBe(true);
    expect([upstream.requests, upstream.completed]).toEqual([4, 4]);
    const records = await proxy.recorded(7);
    expect(records.map(({ path, status }) => `${status} ${path}`).sort()).toEqual(
      ['200 /a', `403 ${exec}`, '200 /b', '403 /c', '405 /d', '200 /e', '200 /f'].sort(),
    );
  });

  it('are made to wait when they are many', async () => {
    const { connect, upstream } = await startPair(() => undefined);
    const client = await connect();
    const padding = `X: ${'x'.repeat(16_000)}\r\n`;
    const burst = Buffer.from(request('GET /x', { headers: padding }).repeat(16));
    const poured = pour(client.socket, burst, 128);
    // Whoever keeps all of it copies it again and again, and is slow, too.
    for (let i = 0; i < 4; i++) await settled(() => poured.taken);
    expect(await settled(() => poured.taken)).toBeLessThan(16 << 20);
    expect(upstream.requests).toBe(1);
  });
});

it('T13 1,000 requests on one connection leave no listener behind', async () => {
  const { connect, upstream, proxy } = await startPair(echo);
  const client = await connect();
  const body = 'x'.repeat(10);
  for (let i = 0; i < 1000; i++) {
    client.received = '';
    client.send(request(`POST /${i}`, { headers: 'Content-Length: 10\r\n', body }));
    await client.untilText(`\r\n\r\n/${i}`);
  }
  expect(upstream.connections).toHaveLength(1);
  expect(await proxy.recorded(1000)).toHaveLength(1000);
});

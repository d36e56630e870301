import { expect, it } from 'vitest';
import { MAX_HEAD_BYTES, MAX_HEADER_LINES } from '../../src/http1/head.ts';
import { pour, settled } from '../support/pour.ts';
import { request } from '../support/raw-client.ts';
import { openDoor } from './door.ts';

const CLOSE = 'Connection: close\r\n';
/** Request line, Host, Connection and blank line of `request`. */
const REST = request('GET /a', { headers: CLOSE }).length;

/** A request whose head is of so many bytes. */
function ofBytes(bytes: number): string {
  const value = 'x'.repeat(bytes - REST - 'X: \r\n'.length);
  return request('GET /a', { headers: `${CLOSE}X: ${value}\r\n` });
}

/** One of so many header lines. */
function ofLines(lines: number): string {
  const more = Array.from({ length: lines - 2 }, (_, i) => `X-${i}: y\r\n`);
  return request('GET /a', { headers: `${CLOSE}${more.join('')}` });
}

it.each([
  ['64 KiB and a byte', ofBytes(MAX_HEAD_BYTES + 1)],
  ['1 MiB', ofBytes(1024 * 1024)],
  ['a request line of 1 MiB', request(`GET /${'a'.repeat(1024 * 1024)}`)],
  ['201 lines', ofLines(MAX_HEADER_LINES + 1)],
  ['1,001 lines', ofLines(1_001)],
  ['20,000 lines', ofLines(20_000)],
  ['a head without an end', `GET /a HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(50_000)}`],
])('R05 %s: 431', async (_, text) => {
  const { ask, upstream, proxy } = await openDoor();
  const answer = await ask(text);
  expect(answer).toMatch(/^HTTP\/1\.1 431 .*"code":431/s);
  expect(answer).toContain('\r\nConnection: close\r\n');
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(proxy.records).toMatchObject([{ errorCode: 'ERR_HEAD_TOO_LARGE' }]);
  expect(upstream.bytes).toBe('');
});

it.each([
  ['64 KiB', ofBytes(MAX_HEAD_BYTES)],
  ['200 lines', ofLines(MAX_HEADER_LINES)],
])('R05 %s pass', async (_, text) => {
  const { ask, upstream } = await openDoor();
  expect(await ask(text)).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.requests).toBe(1);
});

it.each([
  ['--max-header-bytes', { headBytes: 8_192 }, ofBytes(8_192), ofBytes(8_193)],
  ['--max-headers', { headerLines: 5 }, ofLines(5), ofLines(6)],
  [
    'both, above what they are by default',
    { headBytes: 1e6, headerLines: 999 },
    ofLines(999),
    ofLines(1_000),
  ],
])('R05 as %s says', async (_, limits, good, bad) => {
  const { ask, upstream } = await openDoor(undefined, { proxy: { limits } });
  expect(await ask(good)).toMatch(/^HTTP\/1\.1 200 /);
  expect(await ask(bad)).toMatch(/^HTTP\/1\.1 431 /);
  expect(upstream.requests).toBe(1);
});

it('R05 a flood behind a 431 is not read to its end', async () => {
  const door = await openDoor(undefined, { recording: 'records' });
  const client = await door.connect();
  const piece = Buffer.from(`X-More: ${'x'.repeat(1000)}\r\n`.repeat(64));
  client.send('GET /a HTTP/1.1\r\nHost: localhost\r\n');
  const flood = pour(client.socket, piece, 16_384);
  await client.until(() => client.statuses.length === 1);
  // What is not read fills the kernel's buffers, some MB, and no more is taken.
  expect(await settled(() => flood.taken)).toBeLessThan((piece.length * 16_384) / 2);
  client.reset();
});

// What requests over a raw socket must come to, down to the bytes that the API server sees.
import { expect } from 'vitest';
import { eventually } from '../support/pair.ts';
import { type RawClient, request } from '../support/raw-client.ts';
import { OK, type RecordingUpstream, type Script } from '../support/recording-upstream.ts';
import { type Door, type DoorOptions, openDoor } from './door.ts';

/** A door that lets the hosts `h` and `localhost` in: it is never the Host for which a message is refused. */
export function openWide(script?: Script, options: DoorOptions = {}): Promise<Door> {
  const acceptHosts = ['^h$', '^localhost$'];
  return openDoor(script ?? answer, { ...options, proxy: { acceptHosts, ...options.proxy } });
}

/** 200 with two bytes, of which HEAD gets none. */
export function answer(head: string): string {
  return head.startsWith('HEAD ') ? OK.slice(0, -2) : OK;
}

export const END = '0\r\n\r\n';
export const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;

/** A request that must never be one of its own. */
export const EVIL = 'GET /evil HTTP/1.1\r\nHost: h\r\n\r\n';
/** Stands behind what is refused: a body for readers of chunks, and then a request. */
export const BEHIND = `${chunk('hello')}${END}${EVIL}`;

/** A clean request, behind one that has ended for certain. */
export const NEXT = request('GET /next', { headers: 'Connection: close\r\n' });
export const SEEN_NEXT = 'GET /next HTTP/1.1\r\n\r\n';

/** A row of a table as a title: `S01 SMUG-X: words` is about both, which are told apart by a comma. */
export function titled<Row extends readonly [hazard: string, ...rest: unknown[]]>(
  rows: readonly Row[],
): Row[] {
  return rows.map(([hazard, ...rest]) => {
    const title = hazard.replace(/^([A-Z]\d\d) (?=(?:SMUG|COMP|MAL|NORM)-)/, '$1, ');
    return [title, ...rest] as unknown as Row;
  });
}

/** The fields that porthole adds to each request. */
const ADDED =
  /^(?:X-Forwarded-For: 127\.0\.0\.1|Audit-ID: [0-9a-f-]{36}|User-Agent: porthole\/test|Authorization: Bearer cnry[0-9a-f]{16})\r\n/gm;

/** What the API server has seen, without these, and without `Host` where it is its own. */
export function seenBy({ bytes, port }: RecordingUpstream): string {
  return bytes.replaceAll(`Host: 127.0.0.1:${port}\r\n`, '').replace(ADDED, '');
}

/** A message that has no certain end: one refusal, the connection closed, and not one byte upstream. */
export async function expectRefused(bytes: string, status = 400): Promise<void> {
  const door = await openWide();
  const client = await door.connect();
  await client.send(bytes).untilEnd();
  expect(client.statuses).toEqual([status]);
  expect(client.received).toContain('\r\nConnection: close\r\n');
  expect(client.received).toContain('"kind":"Status"');
  expect(door.upstream.connections).toEqual([]);
  expect(door.proxy.records).toMatchObject([{ outcome: 'refused', status }]);
}

/** A request with a certain end that may not pass: refused alone, and the next one is served. */
export async function expectJudged(bytes: string, status: number): Promise<void> {
  const door = await openWide();
  const client = await door.connect();
  await client.send(bytes + NEXT).untilEnd();
  expect(client.statuses).toEqual([status, 200]);
  expect(seenBy(door.upstream)).toBe(SEEN_NEXT);
}

/**
 * A body that breaks at the first byte of `wrong`: refused for that alone, whatever might come behind it, and upstream is cut
 * before its end.
 */
export async function expectBroken(good: string, wrong: string): Promise<void> {
  const head = request('POST /x', { host: 'h', headers: 'Transfer-Encoding: chunked\r\n' });
  const door = await openWide(() => undefined);
  const client = await door.connect();
  client.send(head + good);
  await eventually('the head arrives', () => door.upstream.requests === 1);
  await client.send(wrong).untilEnd();
  await expectCut(door, client, 1);
  await eventually('upstream is told', () => door.upstream.open === 0);
  expect(door.upstream.requests).toBe(1);
  await expectBrokenAtOnce(door, head + good + wrong);
}

/** As one piece: the head may have been sent before the body was looked at, or not. */
async function expectBrokenAtOnce(door: Door, bytes: string): Promise<void> {
  const client = await door.connect();
  await client.send(bytes).untilEnd();
  await expectCut(door, client, 2);
  expect(door.upstream.requests).toBeLessThanOrEqual(2);
}

async function expectCut(
  { upstream, proxy }: Door,
  client: RawClient,
  records: number,
): Promise<void> {
  expect(client.statuses).toEqual([400]);
  expect(upstream.completed).toBe(0);
  expect(upstream.bytes).not.toContain('evil');
  expect((await proxy.recorded(records)).at(-1)).toMatchObject({
    outcome: 'refused',
    errorCode: 'ERR_MALFORMED_REQUEST',
  });
}

/** A request that has one reading: upstream sees exactly that, once, and then the one behind it. */
export async function expectForwarded(bytes: string, seen: string): Promise<void> {
  const door = await openWide();
  const client = await door.connect();
  await client.send(bytes + NEXT).untilEnd();
  expect(client.statuses).toEqual([200, 200]);
  expect(seenBy(door.upstream)).toBe(seen + SEEN_NEXT);
  expect(door.upstream.connections).toHaveLength(1);
  expect([door.upstream.requests, door.upstream.completed]).toEqual([2, 2]);
  expect(door.upstream.bytes.match(ADDED)).toHaveLength(8);
}

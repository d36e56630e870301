import { describe, expect, it } from 'vitest';
import { eventually, type Pair, startPair } from '../support/pair.ts';
import { type RawClient, request } from '../support/raw-client.ts';
import { OK, type Script } from '../support/recording-upstream.ts';
import { EACH_WAY, type Way } from '../support/scripted-streams.ts';

const BEGUN = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const closes = (client: RawClient): unknown => client.socket.destroy();
const resets = (client: RawClient): unknown => client.socket.resetAndDestroy();
const endsItsSide = (client: RawClient): unknown => client.socket.end();

interface Phase {
  readonly text: string;
  /** What upstream answers; nothing: it is still thinking. */
  readonly answer?: string;
  /** What the client waits for before it leaves. */
  readonly until?: string;
  /** What upstream waits for before the client leaves. */
  readonly seen?: string;
}

const PHASES: Readonly<Record<string, Phase>> = {
  'before the head': { text: request('GET /x') },
  'before the head, its body sent with the head': {
    text: request('POST /x', { headers: 'Content-Length: 5\r\n', body: 'hello' }),
    seen: 'hello',
  },
  'before the head, chunks sent with the head': {
    text: request('PUT /x', { headers: CHUNKED, body: '5\r\nhello\r\n0\r\n\r\n' }),
    seen: '0\r\n\r\n',
  },
  'mid-upload': {
    text: request('POST /x', { headers: CHUNKED, body: '5\r\nhello\r\n' }),
    seen: 'hello\r\n',
  },
  'mid-upload, with an answer under way': {
    text: request('POST /x', { headers: 'Content-Length: 9\r\n', body: 'hello' }),
    answer: BEGUN,
    until: 'event',
  },
  'in a watch': {
    text: request('GET /api/v1/pods?watch=1'),
    answer: BEGUN,
    until: 'event',
  },
  'in a watch before its head': { text: request('GET /api/v1/pods?watch=1') },
  'in a followed log': {
    text: request('GET /api/v1/namespaces/d/pods/p/log?follow=true'),
    answer: BEGUN,
    until: 'event',
  },
};

const lasts = (name: string): boolean => /a watch|a followed log/.test(name);
const PHASES_BY_WAY = Object.entries(PHASES).flatMap(([name, phase]) => [
  ['HTTP/1.1', name, phase] as const,
  ...(lasts(name) ? [['HTTP/2', name, phase] as const] : []),
]);

async function enter(phase: Phase, way: Way = 'HTTP/1.1') {
  const script: Script = (head) => (head.includes(' /next ') ? OK : phase.answer);
  const pair = await startPair(script, {}, {}, { way });
  const client = await pair.connect();
  client.send(phase.text);
  await eventually('the request arrives', () =>
    phase.seen === undefined
      ? pair.upstream.requests === 1
      : pair.upstream.bytes.endsWith(phase.seen),
  );
  if (phase.until !== undefined) await client.untilText(phase.until);
  return { ...pair, client, way };
}

async function leavesNothing({
  upstream,
  proxy,
  connect,
  way,
}: Pair & { way: Way }): Promise<void> {
  await eventually('upstream is told', () => upstream.open === 0);
  await eventually('the socket is gone', () => proxy.connections.client === 0);
  // One of HTTP/2 is idle now.
  expect(proxy.connections.upstream).toBe(way === 'HTTP/2' ? 1 : 0);
  const next = await connect();
  await next.send(request('GET /next')).untilText(OK);
  expect(next.received).toBe(OK);
  expect(upstream.connections).toHaveLength(2);
  const records = await proxy.recorded(2);
  expect(records.map(({ outcome }) => outcome)).toEqual(['client-gone', 'ok']);
  expect(records[0]).toMatchObject({ errorCode: 'ERR_CLIENT_GONE' });
}

describe('T03 a client that is gone', () => {
  const phases = PHASES_BY_WAY.flatMap(([way, name, phase]) => [
    ['closes', name, way, closes, phase] as const,
    ['resets', name, way, resets, phase] as const,
  ]);
  it.each(phases)(
    '%s %s by %s: upstream is told, and the pool is sound',
    async (_, _name, way, leave, phase) => {
      const pair = await enter(phase, way);
      leave(pair.client);
      await leavesNothing(pair);
    },
  );

  it.each(PHASES_BY_WAY.filter(([, name]) => lasts(name) || name === 'mid-upload'))(
    'by %s ends its side %s: that is leaving',
    async (way, _, phase) => {
      const pair = await enter(phase, way);
      endsItsSide(pair.client);
      await leavesNothing(pair);
    },
  );

  it.each([
    ['closes', closes],
    ['resets', resets],
  ])('%s mid-body: upstream is told as soon as it goes on', async (_, leave) => {
    const pair = await enter({ text: request('GET /x'), answer: BEGUN, until: 'event' });
    leave(pair.client);
    const goesOn = setInterval(() => {
      pair.upstream.connections[0]?.socket.write('5\r\nevent\r\n');
    }, 20);
    await leavesNothing(pair).finally(() => clearInterval(goesOn));
  });

  it.each(EACH_WAY)(
    'leaves while %s waits for a connection: nothing is sent',
    async (_, line, way) => {
      const { connect, upstream, proxy } = await startPair(undefined, {}, {}, { way });
      const client = await connect();
      client.send(request(line));
      await eventually('the client is let in', () => proxy.connections.client === 1);
      resets(client);
      expect(await proxy.recorded(1)).toHaveLength(1);
      await eventually('the socket is gone', () => proxy.connections.client === 0);
      expect(upstream.requests).toBeLessThan(2);
    },
  );
});

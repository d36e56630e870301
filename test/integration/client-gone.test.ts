import { describe, expect, it } from 'vitest';
import { eventually, type Pair, startPair } from '../support/pair.ts';
import { type RawClient, request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';

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

async function enter(phase: Phase): Promise<Pair & { client: RawClient }> {
  const pair = await startPair((head) => (head.includes(' /next ') ? OK : phase.answer));
  const client = await pair.connect();
  client.send(phase.text);
  await eventually('the request arrives', () =>
    phase.seen === undefined
      ? pair.upstream.requests === 1
      : pair.upstream.bytes.endsWith(phase.seen),
  );
  if (phase.until !== undefined) await client.untilText(phase.until);
  return { ...pair, client };
}

async function leavesNothing({ upstream, proxy, connect }: Pair): Promise<void> {
  await eventually('upstream is told', () => upstream.open === 0);
  await eventually('the socket is gone', () => proxy.connections.client === 0);
  expect(proxy.connections.upstream).toBe(0);
  const next = await connect();
  await next.send(request('GET /next')).untilText(OK);
  expect(next.received).toBe(OK);
  expect(upstream.connections).toHaveLength(2);
  const records = await proxy.recorded(2);
  expect(records.map(({ outcome }) => outcome)).toEqual(['client-gone', 'ok']);
  expect(records[0]).toMatchObject({ errorCode: 'ERR_CLIENT_GONE' });
}

describe('T03 a client that is gone', () => {
  const phases = Object.entries(PHASES).flatMap(([name, phase]) => [
    ['closes', name, closes, phase] as const,
    ['resets', name, resets, phase] as const,
  ]);
  it.each(phases)(
    '%s %s: upstream is told, and the pool is sound',
    async (_, _name, leave, phase) => {
      const pair = await enter(phase);
      leave(pair.client);
      await leavesNothing(pair);
    },
  );

  it.each(['in a watch', 'in a watch before its head', 'mid-upload'])(
    'ends its side %s: that is leaving',
    async (name) => {
      const pair = await enter(PHASES[name] as Phase);
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

  it('leaves while its request waits for a connection: nothing is sent', async () => {
    const { connect, upstream, proxy } = await startPair();
    const client = await connect();
    client.send(request('GET /x'));
    await eventually('the client is let in', () => proxy.connections.client === 1);
    resets(client);
    expect(await proxy.recorded(1)).toHaveLength(1);
    await eventually('the socket is gone', () => proxy.connections.client === 0);
    expect(upstream.requests).toBeLessThan(2);
  });
});

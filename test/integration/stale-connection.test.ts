import { describe, expect, it } from 'vitest';
import { eventually, type Pair, startPair } from '../support/pair.ts';
import { type RawClient, request } from '../support/raw-client.ts';
import { OK, type SeenConnection } from '../support/recording-upstream.ts';
import { WAYS } from '../support/scripted-streams.ts';

const closes = ({ socket }: SeenConnection): unknown => socket.end();
const resets = (seen: SeenConnection): unknown => seen.reset();

/** A pair with one idle upstream connection, which dies of the next request that `dying` is true for. */
async function startStale(
  die: (seen: SeenConnection) => unknown,
  dying = (_seen: SeenConnection, nth: number): boolean => nth === 0,
): Promise<Pair & { client: RawClient }> {
  const pair = await startPair((head, seen) => {
    if (head.includes(' /first ')) return OK;
    if (!dying(seen, pair.upstream.connections.indexOf(seen))) return OK;
    die(seen);
    return undefined;
  });
  const client = await pair.connect();
  await client.send(request('GET /first')).untilText(OK);
  client.received = '';
  return { ...pair, client };
}

const ENDS = [
  ['closed', closes],
  ['reset', resets],
] as const;

describe('T14 a connection that died while it was idle', () => {
  const safe = ['GET', 'HEAD', 'OPTIONS'];
  it.each(ENDS.flatMap(([way, die]) => safe.map((method) => [way, method, die] as const)))(
    '%s: %s is sent once more, on a new one',
    async (_, method, die) => {
      const { client, upstream, proxy } = await startStale(die);
      await client.send(request(`${method} /x`)).untilText('HTTP/1.1 200 OK\r\n');
      expect(upstream.connections.map(({ begun }) => begun)).toEqual([2, 1]);
      expect(upstream.connections[1]?.bytes).toContain(`${method} /x HTTP/1.1\r\n`);
      expect(await proxy.recorded(2)).toMatchObject([{}, { outcome: 'ok', reused: false }]);
    },
  );

  const unsafe = [
    ['POST', ''],
    ['POST', 'body'],
    ['PATCH', 'body'],
    ['PUT', 'body'],
    ['DELETE', ''],
    ['DELETE', 'body'],
    ['GET', 'body'],
  ];
  it.each(ENDS.flatMap(([way, die]) => unsafe.map((row) => [way, ...row, die] as const)))(
    '%s: %s %s is never sent twice',
    async (_way, method, body, die) => {
      const { client, upstream, proxy } = await startStale(
        die as (seen: SeenConnection) => unknown,
      );
      const headers = body === '' ? '' : 'Content-Length: 4\r\n';
      client.send(request(`${method} /x`, { headers, body: String(body) }));
      await client.untilText('"code":502}\n');
      expect(upstream.requests).toBe(2);
      expect(upstream.connections).toHaveLength(1);
      expect(await proxy.recorded(2)).toMatchObject([
        {},
        { outcome: 'upstream-failed', reused: true, method },
      ]);
    },
  );

  it('is replaced once, and not for ever', async () => {
    const { client, upstream } = await startStale(closes, () => true);
    await client.send(request('GET /x')).untilText('"code":502}\n');
    expect(upstream.requests).toBe(3);
    expect(upstream.connections).toHaveLength(2);
  });

  it('is not replaced when it had begun to answer', async () => {
    const { client, upstream } = await startStale(({ socket }) => socket.end('HTTP/1.1 2'));
    await client.send(request('GET /x')).untilText('"code":502}\n');
    expect(upstream.requests).toBe(2);
  });

  it('is not replaced when it was new', async () => {
    const { connect, upstream } = await startPair((_, { socket }) => void socket.end());
    const client = await connect();
    await client.send(request('GET /x')).untilText('"code":502}\n');
    expect(upstream.requests).toBe(1);
  });
});

describe.each(WAYS)('T14 by %s a watch on a connection that died while it was idle', (way) => {
  it.each(ENDS)('%s: is sent once more, on a new one', async (_, die) => {
    let died = false;
    const { connect, upstream, proxy } = await startPair(
      (head, seen) => {
        if (!head.includes('/dying') || died) return OK;
        died = true;
        die(seen);
        return undefined;
      },
      {},
      {},
      { way },
    );
    const client = await connect();
    await client.send(request('GET /api/v1/first?watch=1')).untilText(OK);
    client.received = '';
    await client.send(request('GET /api/v1/dying?watch=1')).untilText(OK);
    expect(upstream.bytes.split('GET /api/v1/dying?watch=1 ')).toHaveLength(3);
    const spoken = new Set(upstream.connections.map(({ tls }) => tls.alpnProtocol === 'h2'));
    expect([...spoken]).toEqual([way === 'HTTP/2']);
    expect(await proxy.recorded(2)).toMatchObject([{}, { outcome: 'ok', reused: false }]);
  });
});

describe('an idle connection', () => {
  it.each([
    ...ENDS,
    ['spoken on', ({ socket }: SeenConnection): unknown => socket.write('x')] as const,
  ])('is dropped when it is %s', async (_, die) => {
    const { client, upstream, proxy } = await startStale(
      () => undefined,
      () => false,
    );
    expect(proxy.connections.upstream).toBe(1);
    die(upstream.connections[0] as SeenConnection);
    await eventually('it is dropped', () => proxy.connections.upstream === 0);
    await client.send(request('POST /x')).untilText(OK);
    expect(upstream.connections).toHaveLength(2);
  });
});

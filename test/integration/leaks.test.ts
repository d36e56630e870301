import { expect, it } from 'vitest';
import { eventually, startPair } from '../support/pair.ts';
import { type RawClient, request } from '../support/raw-client.ts';
import { OK, type Script } from '../support/recording-upstream.ts';

const BEGUN = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n';
const AT_ONCE = 50;

const LASTING = [
  { name: 'watch before its head', text: request('GET /api/v1/silent?watch=1'), until: '' },
  { name: 'watch', text: request('GET /api/v1/pods?watch=1'), until: 'event' },
];
const PHASES = [
  { name: 'before the head', text: request('GET /silent'), until: '' },
  { name: 'mid-body', text: request('GET /x'), until: 'event' },
  {
    name: 'mid-upload',
    text: request('POST /silent', {
      headers: 'Content-Length: 9999\r\n',
      body: 'x'.repeat(5000),
    }),
    until: '',
  },
  ...LASTING.slice(1),
];
/** What open sockets there are when nothing runs: one of HTTP/2 is kept for a while. */
const BY_WAY = [
  ['HTTP/1.1', PHASES, 0],
  ['HTTP/2', LASTING, 1],
] as const;

/** Open sockets and running timers of this process: the proxy's, the upstream's and the clients'. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = { TCPSocketWrap: 0, TLSWrap: 0, Timeout: 0 };
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind in counts) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function atMost(counts: Record<string, number>, limits: Record<string, number>): boolean {
  return Object.keys(limits).every((kind) => (counts[kind] ?? 0) <= (limits[kind] ?? 0));
}

it.each(BY_WAY)(
  '2,000 aborted exchanges leave sockets and timers where they were, with watches by %s',
  async (way, phases, idle) => {
    const script: Script = (head) => {
      if (head.includes('/silent')) return undefined;
      return head.includes('/end') ? OK.replace('\r\n', '\r\nConnection: close\r\n') : BEGUN;
    };
    const { connect, upstream, proxy } = await startPair(script, {}, {}, { way });
    const first = await connect();
    await first
      .send(request('GET /api/v1/end?watch=1', { headers: 'Connection: close\r\n' }))
      .untilEnd();
    first.close();
    await eventually('nothing is open', () => upstream.open + proxy.connections.client === 0);
    const before = resources();
    // Of an idle connection both ends are in this process.
    before['TCPSocketWrap'] = (before['TCPSocketWrap'] ?? 0) + 2 * idle;

    let expected = 1;
    for (let round = 0; round < 2_000 / AT_ONCE / phases.length; round++) {
      for (const { text, until } of phases) {
        const clients = await Promise.all(Array.from({ length: AT_ONCE }, connect));
        for (const client of clients) client.send(text);
        expected += AT_ONCE;
        await eventually('all arrive', () => upstream.requests === expected);
        if (until !== '') await Promise.all(clients.map((client) => client.untilText(until)));
        clients.forEach((client: RawClient, i) => {
          // A reset for some and an end for others, where an end alone shows that the client left.
          if (i % 2 === 0 || text.startsWith('GET /x')) client.socket.resetAndDestroy();
          else client.close();
        });
      }
    }
    const records = await proxy.recorded(expected);
    expect(records).toHaveLength(2001);
    expect(new Set(records.slice(1).map(({ outcome }) => outcome))).toEqual(
      new Set(['client-gone']),
    );
    await eventually('no socket is open', () => upstream.open === 0);
    expect(proxy.connections).toEqual({ client: 0, upstream: idle });
    await eventually(`resources are at ${JSON.stringify(before)}`, () =>
      atMost(resources(), before),
    );
    expect(upstream.completed).toBeLessThanOrEqual(expected);

    const last = await connect();
    await last.send(request('GET /end')).untilText(OK.slice(-6));
  },
);

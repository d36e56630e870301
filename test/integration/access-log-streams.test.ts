import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  type AccessLog,
  type AccessLogOptions,
  openAccessLog,
} from '../../src/record/access/access-log.ts';
import { WatchEvents } from '../../src/record/access/watch-events.ts';
import { Recent } from '../../src/record/recent/recent.ts';
import { eventually, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import type { Script } from '../support/recording-upstream.ts';
import { WAYS, type Way } from '../support/scripted-streams.ts';
import { switchTo, upgradeTo } from '../support/tunnel.ts';

const WATCH_HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
const EVENT = '11\r\n{"type":"ADDED"}\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/** A proxy with an access log, whose lines can be read at any time. */
async function startLogged(
  script: Script,
  options: Partial<AccessLogOptions> = {},
  way: Way = 'HTTP/1.1',
) {
  const dir = mkdtempSync(join(tmpdir(), 'porthole-log-'));
  const file = join(dir, 'access.log');
  const log: AccessLog = openAccessLog({
    ...{ format: 'json', colour: false, file, fd: 2 },
    ...options,
  });
  const recent = new Recent();
  const recorders = [new WatchEvents(), log, recent];
  const pair = await startPair(script, { recorders }, {}, { way });
  onTestFinished(async () => {
    await log.close();
    rmSync(dir, { recursive: true });
  });
  const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return { ...pair, log, recent, lines, entries: () => lines().map((line) => JSON.parse(line)) };
}

it.each(WAYS)(
  'tells of a watch by %s when it opens, and of its events when it ends',
  async (way) => {
    const started = await startLogged(() => WATCH_HEAD, {}, way);
    const { connect, upstream, proxy, recent, entries } = started;
    const client = await connect();
    await client.send(request('GET /api/v1/pods?watch=true')).untilText('200 OK');
    await eventually('the opening is written', () => entries().length === 1);
    expect(entries()[0]).toMatchObject({ msg: 'stream opened', verb: 'watch', status: 200 });
    expect(entries()[0]).not.toHaveProperty('outcome');
    expect([...recent.open].map(({ verb }) => verb)).toEqual(['watch']);

    upstream.connections[0]?.socket.write(EVENT + EVENT.slice(0, 9));
    await client.untilText('ADDED');
    upstream.connections[0]?.socket.write(EVENT.slice(9) + LAST_CHUNK);
    await client.untilText(LAST_CHUNK);
    await proxy.recorded(1);
    await eventually('the end is written', () => entries().length === 2);
    expect(entries()[1]).toMatchObject({ outcome: 'ok', verb: 'watch', events: 2 });
    expect(recent.open.length).toBe(0);
    expect(recent.outcomes.ok).toBe(1);
  },
);

it('tells of a tunnel when it opens, and of its bytes when it ends', async () => {
  const { connect, upstream, proxy, entries } = await startLogged((_, connection) => {
    connection.halfOpen = true;
    return switchTo('SPDY/3.1');
  });
  const client = await connect();
  await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
  await eventually('the opening is written', () => entries().length === 1);
  expect(entries()[0]).toMatchObject({ msg: 'stream opened', status: 101, upgrade: 'SPDY/3.1' });
  expect(entries()[0]).not.toHaveProperty('bytesIn');

  client.send('hello');
  await eventually('it arrives', () => upstream.bytes.endsWith('hello'));
  upstream.connections[0]?.socket.end('bye');
  await client.untilText('bye');
  client.socket.end();
  await proxy.recorded(1);
  await eventually('the end is written', () => entries().length === 2);
  expect(entries()[1]).toMatchObject({ outcome: 'ok', bytesIn: 5, bytesOut: 3 });
});

it.each(WAYS)('has one line for a watch by %s that the API server refuses', async (way) => {
  const { connect, proxy, log, entries } = await startLogged(
    () => 'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    {},
    way,
  );
  const client = await connect();
  await client.send(request('GET /api/v1/pods?watch=true')).untilText(LAST_CHUNK);
  await proxy.recorded(1);
  await log.close();
  expect(entries()).toEqual([expect.objectContaining({ status: 403, outcome: 'ok' })]);
  expect(entries()[0]).not.toHaveProperty('events');
});

it('folds what a client asks to learn of the API, and shows its failures', async () => {
  // A second is over when the test says so, on however slow a machine.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { connect, proxy, log, lines } = await startLogged(
    (head) =>
      head.startsWith('GET /apis/broken/v1 ')
        ? 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'
        : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    { format: 'pretty', fold: true },
  );
  const client = await connect();
  const paths = [
    '/api',
    '/apis',
    '/apis/broken/v1',
    '/apis/apps/v1',
    '/openapi/v2',
    '/api/v1/pods',
  ];
  for (const [i, path] of paths.entries()) {
    client.send(request(`GET ${path}`));
    await client.until(() => client.statuses.length === i + 1);
  }
  await proxy.recorded(paths.length);
  await log.close();
  expect(lines()).toEqual([
    expect.stringMatching(/ 200 get +discovery x2 .* 4B /),
    expect.stringMatching(/ 503 get +\/apis\/broken\/v1 /),
    expect.stringMatching(/ 200 get +discovery x2 /),
    expect.stringMatching(/ 200 list +pods /),
  ]);
});

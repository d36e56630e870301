import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../support/pair.ts';
import { run } from '../support/process.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script, type SeenConnection } from '../support/recording-upstream.ts';
import { EACH_WAY, WAYS } from '../support/scripted-streams.ts';
import { switchTo, tunnelled, upgradeTo } from '../support/tunnel.ts';
import { openDoor } from './door.ts';

const head = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n`;
const CHUNKED = head('Transfer-Encoding: chunked\r\n');

describe.each(EACH_WAY)('T01 the answer to %s', (_, line, way) => {
  const path = line.replace('GET ', '');
  const bodies = [
    ['a counted body', `${head('Content-Length: 10\r\n')}hello`],
    ['chunks', `${CHUNKED}5\r\nhello\r\n`],
    ['half a chunk', `${CHUNKED}a\r\nhello`],
  ] as const;
  const ends = [
    ['ended', ({ socket }: SeenConnection) => void socket.end()],
    ['reset', (seen: SeenConnection) => seen.reset()],
  ] as const;

  it.each(bodies.flatMap(([what, sent]) => ends.map((end) => [what, ...end, sent] as const)))(
    'T01 %s that upstream %s amid is partial to curl, too: 18',
    async (_what, _end, cut, sent) => {
      const { proxy, upstream } = await openDoor(() => sent, { way });
      const url = `http://127.0.0.1:${proxy.port}${path}`;
      const curl = run('curl', ['--silent', '--no-buffer', '--max-time', '10', url]);
      await eventually('it is asked', () => upstream.requests === 1);
      cut(upstream.connections[0] as SeenConnection);
      expect((await curl).code).toBe(18);
      expect(await proxy.recorded(1)).toMatchObject([{ status: 200, outcome: 'upstream-aborted' }]);
    },
  );
});

/** Lets time pass for porthole, as far as its clocks and timers tell, with turns for what its sockets say meanwhile. */
async function pass(minutes: number): Promise<void> {
  for (let seconds = 0; seconds < minutes * 60; seconds += 5) {
    await vi.advanceTimersByTimeAsync(5_000);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A door whose clocks and timers are the test's. */
async function openTimeless(...[script, options]: Parameters<typeof openDoor>) {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
    shouldAdvanceTime: true,
  });
  const door = await openDoor(script, options);
  onTestFinished(() => void vi.useRealTimers());
  const idle = await door.connect();
  await idle.send(request('GET /idle')).untilText(OK);
  return {
    ...door,
    /** That something has ended shows that time has passed. */
    passed: () => expect(idle.ended).toBe(true),
  };
}

describe.each(WAYS)('T06 by %s a watch', (way) => {
  it('T06 that is quiet for 35 minutes goes on', async () => {
    const script: Script = (text) => (text.includes('watch=') ? CHUNKED : OK);
    const { connect, upstream, passed } = await openTimeless(script, { way });
    const client = await connect();
    await client.send(request('GET /api/v1/pods?watch=1')).untilText(CHUNKED);
    await pass(35);
    passed();
    const watch = upstream.connections.find(({ bytes }) => bytes.includes('watch='));
    watch?.socket.write('5\r\nevent\r\n');
    await client.untilText('5\r\nevent\r\n');
    expect(client.received).toBe(`${CHUNKED}5\r\nevent\r\n`);
  });

  it('T06 that is quiet from its first minute on is asked for once', async () => {
    const script: Script = (text) => (text.includes('watch=') ? undefined : OK);
    const { connect, upstream, passed } = await openTimeless(script, { way });
    const client = await connect();
    client.send(request('GET /api/v1/pods?watch=1'));
    await eventually('it is asked for', () => upstream.bytes.includes('watch='));
    await pass(35);
    passed();
    const watches = upstream.connections.filter(({ bytes }) => bytes.includes('watch='));
    expect(watches).toHaveLength(1);
    watches[0]?.socket.write(`${CHUNKED}0\r\n\r\n`);
    await client.untilText('0\r\n\r\n');
    expect(client.received).toBe(`${CHUNKED}0\r\n\r\n`);
  });
});

describe('U15 a tunnel', () => {
  it('U15 that is idle for an hour carries what comes then, both ways', async () => {
    const script: Script = (text) => (text.includes('Upgrade: ') ? switchTo('SPDY/3.1') : OK);
    const { connect, upstream, passed } = await openTimeless(script);
    const client = await connect();
    await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    await pass(60);
    passed();
    const far = upstream.connections.find(({ bytes }) => bytes.includes('Upgrade: '));
    far?.socket.write('still');
    await client.untilText('still');
    client.send('here');
    await eventually('it has come', () => tunnelled(far?.bytes ?? '') === 'here');
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient, request } from '../support/raw-client.ts';
import { type RecordingUpstream, startUpstream } from '../support/recording-upstream.ts';
import { speaking } from '../support/scripted-streams.ts';
import { startProxy, type TestProxy } from '../support/start-proxy.ts';

// Small enough to come in one TLS record, so that no answer has to wait for its own second half.
const ANSWER_BYTES = 8 * 1024;
const REQUESTS = 3_000;

describe('a client that pipelines and does not read', () => {
  let upstream: RecordingUpstream;
  let proxy: TestProxy;
  beforeAll(async () => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${ANSWER_BYTES}\r\n\r\n${'x'.repeat(ANSWER_BYTES)}`;
    upstream = await startUpstream(() => answer, speaking('HTTP/2'));
    proxy = await startProxy(upstream);
  });
  afterAll(async () => {
    proxy.destroy();
    await upstream.close();
  });

  /** How many requests the upstream has seen once it sees no more. */
  async function settled(): Promise<number> {
    for (let before = -1; ; ) {
      if (upstream.requests === before) return before;
      before = upstream.requests;
      await sleep(300);
    }
  }

  it.each([
    ['keeps its side open', 'GET /version', false],
    ['has ended its side', 'GET /version', true],
    ['keeps its side open', 'GET /api/v1/pods?watch=1', false],
  ])(
    'gets no further answers until it reads, then all of them, if it %s: %s',
    async (_, line, ended) => {
      const before = upstream.requests;
      proxy.records.length = 0;
      const client = await RawClient.connect(proxy.port);
      client.socket.pause();
      client.send(request(line).repeat(REQUESTS));
      // What the kernel's buffers on the way hold is some hundred answers at most.
      if (ended) client.socket.end();
      expect((await settled()) - before).toBeLessThan(REQUESTS / 2);
      let received = 0;
      client.socket.removeAllListeners('data');
      client.socket.on('data', (bytes: Buffer) => {
        received += bytes.length;
      });
      client.socket.resume();
      await proxy.recorded(REQUESTS);
      expect(upstream.requests - before).toBe(REQUESTS);
      client.socket.end();
      await client.untilEnd();
      expect(received).toBeGreaterThan(REQUESTS * ANSWER_BYTES);
      expect(proxy.records.every(({ outcome }) => outcome === 'ok')).toBe(true);
    },
  );
});

import { constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { startHttp2Pair as start } from '../support/http2-pair.ts';
import { uint32 } from '../support/http2-upstream.ts';
import { eventually } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

const WATCH = request('GET /api/v1/pods?watch=1');

/** Frame types. */
const RST_STREAM = 3;

describe('watches to a server that speaks HTTP/2', () => {
  it('share a connection, and events pass as they come, a chunk each', async () => {
    const { upstream, connect, proxy } = await start();
    const watches = await Promise.all(Array.from({ length: 20 }, connect));
    for (const client of watches) client.send(WATCH);
    for (const client of watches) await client.untilText('\r\n\r\n');
    expect(watches[0]?.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(watches[0]?.received).toContain('Content-Type: application/json\r\n');
    expect(watches[0]?.received).toContain('Transfer-Encoding: chunked\r\n');
    expect(upstream.transports.length).toBe(1);
    expect(proxy.connections.upstream).toBe(1);
    for (const stream of upstream.streams) stream.write('{"type":"ADDED"}\n');
    for (const client of watches) await client.untilText('11\r\n{"type":"ADDED"}\n\r\n');
    for (const stream of upstream.streams) stream.end();
    for (const client of watches) await client.untilText('\r\n0\r\n\r\n');
    expect(await proxy.recorded(20)).toMatchObject(
      Array.from({ length: 20 }, () => ({ outcome: 'ok', status: 200, events: undefined })),
    );
  });

  it('a reset shows', async () => {
    for (const code of [
      constants.NGHTTP2_NO_ERROR,
      constants.NGHTTP2_CANCEL,
      constants.NGHTTP2_INTERNAL_ERROR,
    ]) {
      const { upstream, connect, proxy } = await start();
      const client = await connect();
      await client.send(WATCH).untilText('\r\n\r\n');
      upstream.streams[0]?.write('event');
      await client.untilText('event');
      upstream.sessions[0]?.frame(RST_STREAM, upstream.streams[0]?.id ?? 0, uint32(code));
      await client.untilEnd();
      expect(client.received).not.toContain('\r\n0\r\n');
      expect(await proxy.recorded(1)).toMatchObject([
        { outcome: 'upstream-aborted', errorCode: 'ERR_UPSTREAM_ABORTED' },
      ]);
    }
  });

  it('other requests go by HTTP/1.1', async () => {
    const { upstream, connect } = await start();
    const watching = await connect();
    await watching.send(WATCH).untilText('\r\n\r\n');
    const client = await connect();
    await client.send(request('GET /api/v1/pods')).untilText('one');
    expect(upstream.plain).toEqual(['/api/v1/pods']);
    expect(upstream.transports.length).toBe(2);
  });

  it('leaving ends the stream', async () => {
    const { upstream, connect, proxy } = await start();
    const client = await connect();
    await client.send(WATCH).untilText('\r\n\r\n');
    client.close();
    await eventually('the stream is cancelled', () => upstream.streams[0]?.closed === true);
    expect(upstream.streams[0]?.rstCode).toBe(constants.NGHTTP2_CANCEL);
    expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'client-gone' }]);
  });
});

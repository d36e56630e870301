import { describe, expect, it } from 'vitest';
import { eventually, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { switchTo, upgradeTo } from '../support/tunnel.ts';

const PODS = '/api/v1/namespaces/default/pods';
/** What is not under test never comes. */
const NEVER = { head: 1e9, idle: 1e9, linger: 1e9, probe: 1e9, spare: 1e9 };
/** Long enough for a client to send what it has. */
const SOON = 200;

describe('the deadline of a head', () => {
  it.each([
    ['that stops in its middle', 'GET /version HTTP/1.1\r\nHost: loc'],
    ['that never gets its blank line', 'GET /version HTTP/1.1\r\nHost: localhost\r\n'],
  ])('%s is told: 408, and the connection ends', async (_, head) => {
    const { ask, upstream, proxy } = await startPair(undefined, {
      deadlines: { ...NEVER, head: SOON },
    });
    const answer = await ask(head);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n.*"reason":"Timeout","code":408/s);
    expect(answer).toContain('\r\nConnection: close\r\n');
    expect(upstream.connections).toEqual([]);
    expect(proxy.records).toMatchObject([{ status: 408, errorCode: 'ERR_HEAD_TIMEOUT' }]);
  });

  it('holds for a second head as well', async () => {
    const { ask } = await startPair(undefined, { deadlines: { ...NEVER, head: SOON } });
    const answer = await ask(`${request('GET /version')}GET /late`);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408']);
  });

  it('ends a connection that says nothing, without a word or a record', async () => {
    const { ask, proxy } = await startPair(undefined, { deadlines: { ...NEVER, head: SOON } });
    expect(await ask('')).toBe('');
    expect(proxy.records).toEqual([]);
    await eventually('nothing is open', () => proxy.connections.client === 0);
  });

  it('ends a connection that reads nothing after its 408', async () => {
    const { connect, proxy } = await startPair(undefined, {
      deadlines: { ...NEVER, head: SOON, linger: SOON },
    });
    const client = await connect();
    client.send('GET /version');
    client.socket.pause();
    await eventually('nothing is open', () => proxy.connections.client === 0);
  });
});

describe('the deadline of an idle connection', () => {
  it('ends it after its answer, without a word', async () => {
    const { ask, proxy } = await startPair(undefined, { deadlines: { ...NEVER, idle: SOON } });
    expect((await ask(request('GET /version'))).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    expect(proxy.records).toMatchObject([{ outcome: 'ok' }]);
  });

  it('is none for requests, bodies, watches and tunnels under way', async () => {
    const { connect, upstream } = await startPair(
      (head) => (head.includes('Upgrade') ? switchTo('SPDY/3.1') : undefined),
      { deadlines: { ...NEVER, head: SOON, idle: SOON } },
    );
    const slow = await connect();
    slow.send(request('GET /slow'));
    const upload = await connect();
    upload.send(request('POST /upload', { headers: 'Content-Length: 9\r\n' }));
    const tunnel = await connect();
    tunnel.send(upgradeTo('SPDY/3.1'));
    await eventually('all are under way', () => upstream.requests === 3);
    // This one's end shows that the clock has gone round.
    const silent = await connect();
    await silent.untilEnd();
    for (const { socket } of upstream.connections) socket.write(OK);
    await Promise.all([slow.untilText('ok'), upload.untilText('ok'), tunnel.untilText('ok')]);
  });
});

describe('--request-timeout', () => {
  const quick = { requestTimeoutMs: SOON };

  it('answers 504 in place of an API server that does not', async () => {
    const { ask, upstream, proxy } = await startPair(() => undefined, quick);
    const answer = await ask(request('GET /version', { headers: 'Connection: close\r\n' }));
    expect(answer).toMatch(/^HTTP\/1\.1 504 .*--request-timeout.*"reason":"Timeout","code":504/s);
    await eventually('upstream is closed', () => upstream.open === 0);
    expect(proxy.records).toMatchObject([{ status: 504, outcome: 'upstream-failed' }]);
  });

  it('sends a request that was late no second time, not even a GET', async () => {
    const { connect, upstream } = await startPair(
      (head) => (head.includes('/late') ? undefined : OK),
      { requestTimeoutMs: SOON },
    );
    const client = await connect();
    await client.send(request('GET /version')).untilText('ok');
    await client.send(request('GET /late')).untilText('"code":504');
    expect(upstream.requests).toBe(2);
  });

  it('does not cut an answer that has begun', async () => {
    const { connect, upstream } = await startPair(
      () => 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha',
      { requestTimeoutMs: SOON, deadlines: { ...NEVER, head: SOON } },
    );
    const client = await connect();
    await client.send(request('GET /version')).untilText('ha');
    const silent = await connect();
    await silent.untilEnd();
    upstream.connections[0]?.socket.write('lf');
    await client.untilText('half');
  });

  it.each([
    ['a watch', request(`GET ${PODS}?watch=1`), 'HTTP/1.1'],
    ['a watch', request(`GET ${PODS}?watch=1`), 'HTTP/2'],
    ['a log that is followed', request(`GET ${PODS}/hello/log?follow=true`), 'HTTP/1.1'],
    ['a log that is followed', request(`GET ${PODS}/hello/log?follow=true`), 'HTTP/2'],
    ['an upgrade', upgradeTo('SPDY/3.1'), 'HTTP/1.1'],
  ] as const)('is none for %s', async (_, text, way) => {
    const { connect, upstream } = await startPair(() => undefined, quick, {}, { way });
    const patient = await connect();
    patient.send(text);
    await eventually('upstream is asked', () => upstream.requests === 1);
    const late = await connect();
    await late.send(request('GET /version')).untilText('"code":504');
    const [seen] = upstream.connections;
    seen?.socket.write(text.includes('Upgrade') ? switchTo('SPDY/3.1') : OK);
    await patient.untilText('HTTP/1.1 ');
    expect(patient.statuses).toEqual([text.includes('Upgrade') ? 101 : 200]);
  });
});

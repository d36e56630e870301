// Probes of a public suite for answers, connections and upgrades; the bytes are ours.
import { describe, expect, it } from 'vitest';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { EVIL, NEXT, openWide, seenBy } from './exact.ts';

const CLOSE = 'Connection: close\r\n';

describe('a connection that ends with its answer', () => {
  const old = (headers: string): string =>
    request('GET /x', { headers }).replace('HTTP/1.1', 'HTTP/1.0');
  it.each([
    ['COMP-CONNECTION-CLOSE', request('GET /x', { headers: CLOSE })],
    ['COMP-HTTP10-DEFAULT-CLOSE', old('')],
    ['COMP-HTTP10-DEFAULT-CLOSE: though it asks for more', old('Connection: keep-alive\r\n')],
    ['COMP-UPGRADE-HTTP10', old('Connection: Upgrade\r\nUpgrade: websocket\r\n')],
  ])('%s', async (_, bytes) => {
    const { ask, upstream } = await openWide();
    expect(await ask(bytes + EVIL)).toBe(OK.replace('\r\n\r\n', `\r\n${CLOSE}\r\n`));
    expect(seenBy(upstream)).toBe('GET /x HTTP/1.1\r\n\r\n');
  });

  it('COMP-NO-1XX-HTTP10', async () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    const { ask } = await openWide(() => interim + OK);
    expect(await ask(old(''))).toBe(OK.replace('\r\n\r\n', `\r\n${CLOSE}\r\n`));
  });
});

describe('an upgrade that upstream does not make', () => {
  const upgrade = (line: string, protocol: string, more = ''): string =>
    request(line, { headers: `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n${more}` });
  const refusal = 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n';
  it.each([
    ['COMP-UPGRADE-POST', upgrade('POST /x', 'websocket')],
    ['COMP-UPGRADE-UNKNOWN', upgrade('GET /x', 'none/1')],
    ['COMP-UPGRADE-INVALID-VER', upgrade('GET /x', 'websocket', 'Sec-WebSocket-Version: 99\r\n')],
  ])('%s', async (_, bytes) => {
    const { ask, upstream } = await openWide(() => refusal);
    expect(await ask(bytes + EVIL)).toBe(refusal.replace('\r\n\r\n', `\r\n${CLOSE}\r\n`));
    expect(upstream.requests).toBe(1);
    expect(upstream.bytes).not.toContain('evil');
  });
});

describe('an answer of ours', () => {
  it.each([
    ['COMP-405-ALLOW', 'TRACE', 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n'],
    ['COMP-CONTENT-TYPE', 'TRACE', 'Content-Type: application/json\r\n'],
  ])('%s', async (_, method, field) => {
    const { ask } = await openWide();
    expect(await ask(request(`${method} /x`, { headers: CLOSE }))).toContain(field);
  });

  it('COMP-TRACE-SENSITIVE', async () => {
    const { ask, canaries, upstream } = await openWide();
    const secret = canaries.plant('Authorization');
    const headers = `Authorization: Bearer ${secret}\r\n${CLOSE}`;
    const received = await ask(request('TRACE /x', { headers }));
    expect(received).toMatch(/^HTTP\/1\.1 405 /);
    expect(received).not.toContain(secret);
    expect(upstream.connections).toEqual([]);
  });

  it('COMP-NO-CL-IN-204', async () => {
    const origin = 'http://app.example';
    const { ask } = await openWide(undefined, { proxy: { allowOrigins: [origin] } });
    const headers = `Origin: ${origin}\r\nAccess-Control-Request-Method: GET\r\n${CLOSE}`;
    const received = await ask(request('OPTIONS /x', { headers }));
    expect(received).toMatch(/^HTTP\/1\.1 204 /);
    expect(received).not.toMatch(/^(?:content-length|transfer-encoding):/im);
  });
});

describe('an answer of the API server’s', () => {
  const DATE = 'Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n';
  it.each([
    ['COMP-DATE-HEADER', DATE],
    ['COMP-DATE-HEADER: none', ''],
    ['COMP-DATE-FORMAT', 'Date: Sunday, 06-Nov-94 08:49:37 GMT\r\n'],
    ['COMP-OPTIONS-ALLOW', 'Allow: GET, POST\r\n'],
    ['COMP-CONTENT-TYPE', 'Content-Type: application/json\r\n'],
    ['COMP-CONTENT-TYPE: none', ''],
  ])('%s passes as it is', async (_, fields) => {
    const answer = `HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`;
    const { connect } = await openWide(() => answer);
    const client = await connect();
    await client.send(request('OPTIONS /x')).untilText('\r\n\r\nok');
    expect(client.received).toBe(answer);
  });

  it('COMP-HEAD-NO-BODY: what comes behind the head is no body', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
    const { connect, upstream } = await openWide((text) => (text.startsWith('HEAD') ? head : OK));
    const client = await connect();
    await client.send(request('HEAD /x') + NEXT).untilEnd();
    expect(client.received).toBe(head + OK.replace('\r\n\r\n', `\r\n${CLOSE}\r\n`));
    expect(upstream.connections).toHaveLength(1);
  });
});

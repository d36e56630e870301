import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsIn, recordEverything } from '../support/recording-everything.ts';
import { OK } from '../support/recording-upstream.ts';

const HOST = 'Host: localhost\r\nConnection: close\r\n';
const LONG = 'x'.repeat(9_000);

/** Requests whose head can be read, by what their last event says of them: code and outcome. */
const PARSED: readonly [request: string, code: number, outcome: string | undefined][] = [
  [`GET /api/v1/pods HTTP/1.1\r\n${HOST}\r\n`, 200, undefined],
  [`POST /api/v1/pods HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, 200, undefined],
  [`GET /api HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`, 403, 'refused'],
  [`TRACE /api HTTP/1.1\r\n${HOST}\r\n`, 405, 'refused'],
  [`GET /api/../x HTTP/1.1\r\n${HOST}\r\n`, 400, 'refused'],
  [`GET /cut HTTP/1.1\r\n${HOST}\r\n`, 502, 'upstream-failed'],
  [`GET /%0a%7b%22level%22:30%7d HTTP/1.1\r\n${HOST}\r\n`, 400, 'refused'],
  [`GET /a%e2%80%a9b HTTP/1.1\r\n${HOST}\r\n`, 400, 'refused'],
  [`GET /x?a=%0a{"level":30} HTTP/1.1\r\n${HOST}User-Agent: \u009b31m\tx\r\n\r\n`, 200, undefined],
  [`GET /x?${LONG} HTTP/1.1\r\n${HOST}\r\n`, 200, undefined],
];
const BROKEN = ['GET /api\r\n\r\n', 'GET /api HTTP/1.1\r\nHost localhost\r\nX: \x1b[31m\r\n\r\n'];

describe('L03, L05, L06, L08, L09: what happened', () => {
  it('is one line and one last event for each request that could be read, and a line for all others', async () => {
    const proxy = await recordEverything(
      (head, connection) => {
        if (head.startsWith('GET /cut')) connection.reset();
        return head.startsWith('GET /cut') ? undefined : OK;
      },
      { flags: ['--log-format=json', '--log-file=log', '--as=jane'] },
    );
    for (const [request] of PARSED) await proxy.ask(request);
    for (const request of BROKEN) await proxy.ask(`${request}cnry`);
    const { log = '', 'audit.log': audit = '', stderr = '' } = await proxy.outputs();

    const lines = log
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(PARSED.length + BROKEN.length);
    const malformed = lines.filter(({ method }) => method === undefined);
    expect(malformed).toHaveLength(BROKEN.length);
    for (const line of malformed)
      expect(line).toMatchObject({ clientAddress: '127.0.0.1', status: 400, outcome: 'refused' });
    expect(log + audit + stderr).not.toContain('cnry');

    const finals = eventsIn(proxy.folder).filter(({ stage }) => stage === 'ResponseComplete');
    expect(finals).toMatchObject(
      PARSED.map(([, code, outcome]) => ({
        responseStatus: { code },
        user: { username: expect.any(String) },
        impersonatedUser: { username: 'jane' },
        sourceIPs: ['127.0.0.1'],
        annotations: outcome === undefined ? {} : { 'porthole/outcome': outcome },
      })),
    );
    expect(finals[1]?.['annotations']).toMatchObject({
      'porthole/bytes-in': '3',
      'porthole/bytes-out': '2',
      'porthole/latency-total': expect.stringMatching(/^[\d.]+ms$/),
    });
    const file = readFileSync(join(proxy.folder, 'audit.log'), 'utf8');
    expect(log + file + stderr).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/);
    expect(Math.max(...log.split('\n').map((line) => line.length))).toBeLessThan(10_000);
  });
});

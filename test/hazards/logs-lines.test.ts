import { describe, expect, it } from 'vitest';
import { request } from '../support/raw-client.ts';
import { eventsIn, recordEverything } from '../support/recording-everything.ts';
import { OK } from '../support/recording-upstream.ts';
import { openDoor } from './door.ts';
import { CLOSE, UPGRADE } from './impostor.ts';

const HOST = 'Host: localhost\r\nConnection: close\r\n';
const head = (target: string, fields = '') => `GET ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;
/** What a terminal acts upon, or takes for the end of a line. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/;

describe('L03', () => {
  it('each request is one line, which is read back, whatever is in it', async () => {
    const requests: readonly (readonly [string, number])[] = [
      [head('/%0a{"level":30}'), 400],
      [head('/%0a%7b%22level%22:30%7d'), 400],
      [head('/a?b=%0a{"level":30,"msg":"request-completed"}'), 200],
      [head('/api', 'X-A: \x1b]8;;http://e.example\x07a\x1b]8;;\x07\r\n'), 400],
      [head('/api', 'User-Agent: \u009b31mred\t\u0085\r\n'), 200],
      [head('/a%e2%80%a8b'), 400],
      [head('/a%E2%80%A9b?%e2%80%a8'), 400],
      [head('/api', `User-Agent: ${Buffer.from('a\u2028b').toString('latin1')}\r\n`), 200],
      [head(`/${'x'.repeat(1024 * 1024)}`), 431],
      [head(`/api?${'x'.repeat(20_000)}`), 200],
      [head('/\xff\xfe'), 400],
      [head('/%ff%fe'), 400],
      [head('/api', 'User-Agent: \xff\xfe\xc0\xaf\r\n'), 200],
      [head('/api', `User-Agent: ${'u'.repeat(20_000)}\r\n`), 200],
    ];
    const proxy = await recordEverything(() => OK, {
      flags: ['--log-format=json', '--log-file=log'],
    });
    for (const [text, status] of requests)
      expect(await proxy.ask(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const outputs = await proxy.outputs();
    const lines = (outputs['log'] ?? '').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).status)).toEqual(
      requests.map(([, status]) => status),
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(10_000);
    // Heads that could not be read are in the access log alone.
    const finals = eventsIn(proxy.folder).filter(({ stage }) => stage === 'ResponseComplete');
    expect(finals).toHaveLength(lines.filter((line) => JSON.parse(line).method).length);
    for (const [name, text] of Object.entries(outputs)) {
      const read = name.startsWith('std') ? text : Buffer.from(text, 'latin1').toString('utf8');
      expect(read, name).not.toMatch(CONTROLS);
    }
  });
});

describe('L05', () => {
  it.each(['pretty', 'json', 'combined'])(
    'a terminal acts upon nothing that client or server wrote: --log-format=%s',
    async (format) => {
      const hostile = '\x1b]8;;http://e.example\x07link\x1b]8;;\x07\x1b[2J\rfake\x9b31m';
      const body = JSON.stringify({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        reason: 'Forbidden',
        message: hostile,
        code: 403,
      });
      const raw = `plain ${hostile}\n`;
      const answers = [
        `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        `HTTP/1.1 500 \x9b31m\r\nContent-Type: text/plain\r\nContent-Length: ${raw.length}\r\n\r\n${raw}`,
        `HTTP/1.1 200 OK\r\nWarning: 299 - "\x9b31m\x85"\r\nContent-Length: 0\r\n\r\n`,
        `HTTP/1.1 200 ${hostile}\r\nContent-Length: 0\r\n\r\n`,
        `HTTP/1.1 200 OK\r\nX: ${hostile}\r\nContent-Length: 0\r\n\r\n`,
      ];
      const proxy = await recordEverything(
        (asked) => answers[Number(/\?n=(\d)/.exec(asked)?.[1])] ?? OK,
        { flags: [`--log-format=${format}`] },
      );
      for (const n of answers.keys())
        await proxy.ask(head(`/api/v1/pods?n=${n}`, 'User-Agent: \x9b31m\xc2\x9b2J\r\n'));
      await proxy.ask(`GET /\x1b[2J HTTP/1.1\r\n${HOST}\r\n`);
      const { stderr = '', stdout = '' } = await proxy.outputs();
      expect(stderr).toContain('fake');
      expect(stderr + stdout).not.toMatch(CONTROLS);
    },
  );
});

describe('L06', () => {
  it('each request has one last record, however it ends', async () => {
    const { ask, connect, proxy } = await openDoor((asked, connection) => {
      if (asked.includes('/cut'))
        connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab');
      else if (asked.includes('/reset')) connection.reset();
      else if (/upgrade: websocket/i.test(asked))
        return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello';
      else if (!asked.includes('/silent')) return OK;
      return undefined;
    });
    await ask(request('GET /api', { headers: CLOSE }));
    await ask(request('POST /api', { headers: `${CLOSE}Content-Length: 3\r\n`, body: 'abc' }));
    await ask(request('GET /api', { host: 'evil.example', headers: CLOSE }));
    await ask(request('GET /api/../x', { headers: CLOSE }));
    await ask(request('TRACE /api', { headers: CLOSE }));
    await ask(request('GET /cut', { headers: CLOSE }));
    await ask(request('GET /reset', { headers: CLOSE }));
    const silent = await connect();
    silent.send(request('GET /silent'));
    await expect.poll(() => proxy.connections.upstream).toBeGreaterThan(0);
    silent.reset();
    const tunnel = await connect();
    await tunnel.send(request('GET /x', { headers: UPGRADE })).untilText('hello');
    tunnel.close();
    const records = await proxy.recorded(9);
    const ends = records.map(({ status, outcome }) =>
      outcome === 'client-gone' ? outcome : `${status} ${outcome}`,
    );
    expect(ends.sort()).toEqual([
      '101 ok',
      '200 ok',
      '200 ok',
      '200 upstream-aborted',
      '400 refused',
      '403 refused',
      '405 refused',
      '502 upstream-failed',
      'client-gone',
    ]);
    expect(records[1]).toMatchObject({ bytesIn: 3, bytesOut: 2 });
  });
});

describe('L08', () => {
  it.each([
    ['GET /api\r\n\r\n', 'a request line without a version'],
    ['GET /api HTTP/1.1\r\nHost localhost\r\n\r\n', 'a line without a colon'],
    ['GET /api HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'two hosts'],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'TLS to a plain port'],
    ['POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n', 'a length that is none'],
  ])('%j (%s) has a line with who and why, and without what came behind it', async (text) => {
    const { ask, proxy, canaries, upstream } = await openDoor();
    const answer = await ask(`${text}${canaries.plant('body')}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 |^$/);
    const [record] = await proxy.recorded(1);
    expect(record).toMatchObject({
      status: 400,
      outcome: 'refused',
      errorCode: 'ERR_MALFORMED_REQUEST',
      error: expect.stringMatching(/\w+ \w+/),
      clientAddress: '127.0.0.1',
    });
    expect(upstream.bytes).toBe('');
  });
});

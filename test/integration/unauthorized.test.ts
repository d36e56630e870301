import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from '../support/cli.ts';
import { eventually, type Pair, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script, type SeenConnection } from '../support/recording-upstream.ts';
import { EACH_WAY, type Way } from '../support/scripted-streams.ts';

const REFUSAL =
  'HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"code":"401"}';
const NO_PAIR = { 'client-certificate-data': undefined, 'client-key-data': undefined };

/** An API server that knows `known.token` only, and a proxy whose token file held "old" when its first request came. */
async function setup(script: Script = () => REFUSAL, way: Way = 'HTTP/1.1') {
  const known = { token: 'old' };
  const file = join(emptyFolder(), 'token');
  writeFileSync(file, 'old');
  const answer: Script = (head, connection) => {
    const isKnown = head.includes(`\r\nAuthorization: Bearer ${known.token}\r\n`);
    if (!isKnown) return script(head, connection);
    void afterBody(connection, OK);
    return undefined;
  };
  const pair = await startPair(
    answer,
    {},
    {},
    {
      requestCert: false,
      way,
      kubeconfig: () => ({ user: { ...NO_PAIR, tokenFile: file } }),
    },
  );
  const first = await pair.ask(request('GET /version', { headers: 'Connection: close\r\n' }));
  expect(first).toContain('HTTP/1.1 200 OK');
  const rotate = (token = 'new'): void => {
    known.token = token;
    writeFileSync(file, token);
  };
  return { ...pair, known, file, rotate };
}

/** Answers a request once all of it has come. */
async function afterBody(connection: SeenConnection, answer: string): Promise<void> {
  await eventually('the body is complete', () => connection.completed === connection.begun);
  connection.socket.write(answer);
}

/** What the upstream saw after the first request: one line of tokens. */
function tokensSeen({ upstream }: Pair): string[] {
  return [...upstream.bytes.matchAll(/\r\nAuthorization: Bearer (\S+)\r\n/g)]
    .map((match) => match[1] ?? '')
    .slice(1);
}

describe('C13: a 401 to our credential, when another one is at hand', () => {
  it.each([
    ['GET /api', 'HTTP/1.1'],
    ['DELETE /api', 'HTTP/1.1'],
    ['OPTIONS /api', 'HTTP/1.1'],
    ['GET /api/v1/pods?watch=1', 'HTTP/1.1'],
    ['GET /api/v1/pods?watch=1', 'HTTP/2'],
  ] as const)('never reaches the client of a %s by %s', async (line, way) => {
    const pair = await setup(undefined, way);
    pair.rotate();
    const client = await pair.connect();
    client.send(request(line));
    await client.untilText('\r\n\r\n');
    expect(client.statuses).toEqual([200]);
    expect(tokensSeen(pair)).toEqual(['old', 'new']);
    const [, record] = await pair.proxy.recorded(2);
    expect(record).toMatchObject({ status: 200, outcome: 'ok', replayed: true });
    client.send(request('GET /again'));
    await client.until(() => client.statuses.length === 2);
    expect(client.statuses).toEqual([200, 200]);
    if (way === 'HTTP/1.1') expect(pair.upstream.connections).toHaveLength(1);
  });

  it.each([
    ['Content-Length', 'Content-Length: 11\r\n', 'hello world'],
    ['chunks', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n'],
  ])('sends a body with %s once more, byte for byte', async (_, headers, body) => {
    const pair = await setup();
    pair.rotate();
    const answer = await pair.ask(
      request('POST /api/v1/namespaces', { headers: `${headers}Connection: close\r\n`, body }),
    );
    expect(answer).toContain('HTTP/1.1 200 OK');
    const sent = pair.upstream.bytes.split('POST ').slice(1);
    expect(sent.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4))).toEqual([body, body]);
    expect(tokensSeen(pair)).toEqual(['old', 'new']);
  });

  it('holds a body of up to 1 MiB; a longer one is refused, and the next request succeeds', async () => {
    const MIB = 1024 * 1024;
    for (const [length, statuses] of [
      [MIB, [200]],
      [MIB + 1, [401]],
    ] as const) {
      const pair = await setup((_, connection) => void afterBody(connection, REFUSAL));
      pair.rotate();
      const headers = `Content-Length: ${length}\r\n`;
      const client = await pair.connect();
      client.send(request('POST /api', { headers, body: 'x'.repeat(length) }));
      await client.until(() => client.statuses.length > 0);
      expect(client.statuses).toEqual(statuses);
      await pair.proxy.recorded(2);
      const next = await pair.ask(request('GET /next', { headers: 'Connection: close\r\n' }));
      expect(next).toContain('HTTP/1.1 200 OK');
    }
  });

  it('comes before the body is complete: what is still to come goes to the new connection', async () => {
    const pair = await setup();
    pair.rotate();
    const client = await pair.connect();
    client.send(request('POST /api', { headers: 'Content-Length: 10\r\n', body: 'first' }));
    await eventuallySeen(pair, 'first', 2);
    client.send('-last');
    await client.untilText('200 OK');
    await expect
      .poll(() => pair.upstream.bytes)
      .toMatch(/Bearer new\r\n[\s\S]*\r\n\r\nfirst-last$/);
  });

  it('joins an upgrade, too', async () => {
    const switching =
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const file = join(emptyFolder(), 'token');
    writeFileSync(file, 'old');
    let known = 'old';
    const pair = await startPair(
      (head) => {
        if (!head.includes(`Bearer ${known}\r\n`)) return REFUSAL;
        return head.includes('Upgrade: websocket') ? switching : OK;
      },
      {},
      {},
      { requestCert: false, kubeconfig: () => ({ user: { ...NO_PAIR, tokenFile: file } }) },
    );
    await pair.ask(request('GET /version', { headers: 'Connection: close\r\n' }));
    known = 'new';
    writeFileSync(file, 'new');
    const client = await pair.connect();
    const headers =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    client.send(request('GET /api/v1/namespaces/default/pods?watch=1', { headers }));
    await client.untilText('101 Switching');
    expect(client.statuses).toEqual([101]);
  });

  it.each(EACH_WAY)(
    'C14: is answered by one reading for %s sent 200 times at once, each sent twice',
    async (_, line, way) => {
      const pair = await setup(undefined, way);
      pair.rotate();
      const clients = await Promise.all(Array.from({ length: 200 }, () => pair.connect()));
      for (const client of clients) client.send(request(line));
      await Promise.all(clients.map((client) => client.untilText('200 OK')));
      expect(clients.flatMap((client) => client.statuses)).toEqual(clients.map(() => 200));
      const tokens = tokensSeen(pair);
      const count = (token: string): number => tokens.filter((seen) => seen === token).length;
      expect(count('new')).toBe(200);
      expect(count('old')).toBeLessThanOrEqual(200);
      const records = await pair.proxy.recorded(201);
      expect(records.every(({ status }) => status === 200)).toBe(true);
    },
  );
});

describe('a 401 passes on as it is', () => {
  it.each(EACH_WAY)('to %s when there is no other credential', async (_, line, way) => {
    const pair = await setup(undefined, way);
    pair.known.token = 'unknown to us';
    const client = await pair.connect();
    client.send(request(line));
    await client.untilText('{"code":"401"}');
    client.send(request(line));
    await client.until(() => client.statuses.length === 2);
    expect(client.statuses).toEqual([401, 401]);
    expect(tokensSeen(pair)).toEqual(['old', 'old']);
    if (way === 'HTTP/1.1') expect(pair.upstream.connections).toHaveLength(1);
    const [, record] = await pair.proxy.recorded(2);
    expect(record).toMatchObject({ status: 401, outcome: 'ok', replayed: undefined });
  });

  it.each(EACH_WAY)(
    'to %s when the other one is refused too, and nothing is sent a third time',
    async (_, line, way) => {
      const pair = await setup(undefined, way);
      pair.rotate('new');
      pair.known.token = 'unknown to us';
      const answer = await pair.ask(request(line, { headers: 'Connection: close\r\n' }));
      expect(answer).toContain('HTTP/1.1 401 Unauthorized');
      expect(answer.endsWith('{"code":"401"}')).toBe(true);
      expect(tokensSeen(pair)).toEqual(['old', 'new']);
    },
  );

  it.each(EACH_WAY)(
    'C15: to %s when it was the client that brought the credential; ours is not read again for it',
    async (_, line, way) => {
      const pair = await setup(undefined, way);
      pair.rotate();
      const headers = 'Authorization: Bearer mine\r\nConnection: close\r\n';
      const answer = await pair.ask(request(line, { headers }));
      expect(answer).toContain('HTTP/1.1 401 Unauthorized');
      pair.known.token = 'old';
      const next = await pair.ask(request(line, { headers: 'Connection: close\r\n' }));
      expect(next).toContain('HTTP/1.1 200 OK');
      expect(tokensSeen(pair)).toEqual(['mine', 'old']);
    },
  );

  const bodies = [
    ['longer than what is read ahead', 300_000],
    ['empty', 0],
  ] as const;
  it.each(EACH_WAY.flatMap((way) => bodies.map((body) => [...way, ...body] as const)))(
    'to %s: %s by %s with a body that is %s',
    async (_, line, way, _body, length) => {
      const head = `HTTP/1.1 401 Unauthorized\r\nContent-Length: ${length}\r\n\r\n`;
      const pair = await setup(() => head + 'x'.repeat(length), way);
      pair.known.token = 'unknown to us';
      const answer = await pair.ask(request(line, { headers: 'Connection: close\r\n' }));
      expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toHaveLength(length);
    },
  );

  it.each(EACH_WAY)(
    'to %s with a body in chunks, and one that is cut does not look complete',
    async (_, line, way) => {
      const chunked = 'HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n';
      const whole = await setup(() => `${chunked}0\r\n\r\n`, way);
      whole.known.token = 'unknown to us';
      const answer = await whole.ask(request(line, { headers: 'Connection: close\r\n' }));
      expect(answer.endsWith('3\r\nabc\r\n0\r\n\r\n')).toBe(true);

      const cut = await startPair(
        (_, connection) => {
          connection.socket.end(chunked);
          return undefined;
        },
        {},
        {},
        {
          requestCert: false,
          way,
          kubeconfig: () => ({ user: { ...NO_PAIR, tokenFile: whole.file } }),
        },
      );
      const broken = await cut.ask(request(line, { headers: 'Connection: close\r\n' }));
      expect(broken).not.toContain('0\r\n\r\n');
      expect((await cut.proxy.recorded(1))[0]?.outcome).toMatch(/^upstream-/);
    },
  );
});

it('sockets are back at baseline after replays', async () => {
  const pair = await setup();
  pair.rotate();
  const client = await pair.connect();
  client.send(request('GET /'));
  await client.untilText('200 OK');
  client.close();
  pair.proxy.destroy();
  await expect.poll(() => pair.proxy.connections).toEqual({ client: 0, upstream: 0 });
});

async function eventuallySeen({ upstream }: Pair, text: string, times: number): Promise<void> {
  await expect.poll(() => upstream.bytes.split(text).length - 1).toBe(times);
}

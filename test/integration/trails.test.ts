import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../src/errors.ts';
import type { Recorder, Trail } from '../../src/record/recorder.ts';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { WAYS } from '../support/scripted-streams.ts';

/** Writes down, in a word each, what it is told of one exchange. */
function scribe(admitted?: () => Promise<void> | undefined) {
  const told: string[] = [];
  const trail: Trail = {
    admitted() {
      told.push('admitted');
      return admitted?.();
    },
    sent: (head) => told.push(`sent ${head.split('\r\n', 1)[0]}`),
    answered: ({ status }) => told.push(`answered ${status}`),
    requestBody: (bytes) => told.push(`> ${bytes}`),
    responded: ({ status }) => told.push(`responded ${status}`),
    responseBody: (bytes) => told.push(`< ${bytes.toString().slice(0, 15)}`),
    ended: ({ outcome }) => told.push(`ended ${outcome}`),
  };
  const recorder: Recorder = {
    begin(record) {
      told.push(`begin ${record.verb} ${record.resource}`);
      return trail;
    },
    ended: () => told.push('over'),
  };
  return { told, recorder };
}

const CLOSE = { headers: 'Connection: close\r\n' };
const POST = request('POST /api/v1/namespaces', {
  headers: 'Content-Length: 4\r\nConnection: close\r\n',
  body: 'body',
});

const TOKEN = 'a-token-of-more-than-sixteen-characters';
const PREFLIGHT = 'Origin: http://localhost:3000\r\nAccess-Control-Request-Method: GET\r\n';

describe('a recorder is told', () => {
  it('of a request and its answer, in order', async () => {
    const { told, recorder } = scribe();
    const { ask, proxy } = await startPair(() => OK, { recorders: [recorder] });
    await ask(POST);
    const [record] = await proxy.recorded(1);
    expect(record?.trail).toBeUndefined();
    expect(told).toEqual([
      ...['begin create namespaces', 'admitted', 'sent POST /api/v1/namespaces HTTP/1.1'],
      ...['> body', 'answered 200', 'responded 200', '< ok', 'ended ok', 'over'],
    ]);
  });

  it.each(WAYS)('of a watch by %s, in order, and of each event', async (way) => {
    const { told, recorder } = scribe();
    const begun = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const options = { recorders: [recorder] };
    const { connect, upstream, proxy } = await startPair(() => begun, options, {}, { way });
    const client = await connect();
    await client.send(request('GET /api/v1/pods?watch=1')).untilText(begun);
    for (const event of ['first', 'second']) {
      upstream.connections[0]?.socket.write(`${event.length}\r\n${event}\r\n`);
      await client.untilText(event);
    }
    upstream.connections[0]?.socket.write('0\r\n\r\n');
    await proxy.recorded(1);
    expect(told).toEqual([
      ...['begin watch pods', 'admitted', 'sent GET /api/v1/pods?watch=1 HTTP/1.1'],
      ...[
        'answered 200',
        'responded 200',
        '< 5\r\nfirst\r\n',
        '< 6\r\nsecond\r\n',
        '< 0\r\n\r\n',
        'ended ok',
        'over',
      ],
    ]);
    expect(proxy.records).toMatchObject([
      { ...{ status: 200, outcome: 'ok', reused: false, bytesIn: 0 } },
    ]);
    for (const field of ['connectMs', 'dialMs', 'tlsMs', 'ttfbMs', 'upstreamAddress'] as const)
      expect(proxy.records[0]?.[field]).toBeDefined();
  });

  it('the same as another one beside it', async () => {
    const one = scribe();
    const two = scribe();
    const { ask, proxy } = await startPair(() => OK, {
      recorders: [one.recorder, {}, two.recorder],
    });
    await ask(POST);
    await proxy.recorded(1);
    expect(two.told).toEqual(one.told);
    expect(one.told).toHaveLength(9);
  });

  it('of a refusal, which goes nowhere', async () => {
    const { told, recorder } = scribe();
    const { ask, proxy, upstream } = await startPair(() => OK, { recorders: [recorder] });
    await ask(request('GET /api/v1/pods', { host: 'evil.example', ...CLOSE }));
    await proxy.recorded(1);
    expect(told).toEqual([
      ...['begin list pods', 'responded 403', '< {"kind":"Status', 'ended refused', 'over'],
    ]);
    expect(upstream.requests).toBe(0);
  });

  it('of names in UTF-8, and of nobody where the name is empty', async () => {
    const { ask, proxy } = await startPair(() => OK, { identify: true });
    const named = (agent: string, user: string) =>
      request('GET /api/v1/pods', {
        headers: `User-Agent: ${agent}\r\nImpersonate-User: ${user}\r\nConnection: close\r\n`,
      });
    await ask(named('Z\u00c3\u00bcrich/1', 'J\u00c3\u00bcrgen'));
    await ask(named('curl/8', ''));
    const [first, second] = await proxy.recorded(2);
    expect([first?.userAgent, first?.impersonatedUser]).toEqual(['Zürich/1', 'Jürgen']);
    expect(first?.impersonated?.username).toBe('Jürgen');
    expect([second?.impersonatedUser, second?.impersonated]).toEqual([undefined, undefined]);
  });

  it('of a path that can not be read', async () => {
    const { told, recorder } = scribe();
    const { ask, proxy } = await startPair(() => OK, { recorders: [recorder] });
    await ask(request('GET /%zz', CLOSE));
    await proxy.recorded(1);
    expect(told[0]).toBe('begin  ');
    expect(told.at(-1)).toBe('over');
  });

  it.each([
    ['a preflight', 'OPTIONS /k8s/api', 204, PREFLIGHT],
    ['a login that has no right to one', 'GET /-/porthole/login?token=x', 401, ''],
    ['a redirect', 'GET /k8s', 301, `Authorization: Bearer ${TOKEN}\r\n`],
    ['a path of nobody', 'GET /other', 404, `Authorization: Bearer ${TOKEN}\r\n`],
  ])('once of %s, which porthole answers itself', async (_, line, status, fields) => {
    const { told, recorder } = scribe();
    const { ask, proxy } = await startPair(() => OK, {
      recorders: [recorder],
      apiPrefix: '/k8s/',
      allowOrigins: ['http://localhost:3000'],
      token: TOKEN,
    });
    await ask(request(line, { headers: `Connection: close\r\n${fields}` }));
    await proxy.recorded(1);
    const main = told.filter((word) => !word.startsWith('<'));
    expect(main).toEqual([
      expect.stringMatching(/^begin/),
      `responded ${status}`,
      expect.stringMatching(/^ended/),
      'over',
    ]);
  });

  it('once of a login', async () => {
    const { told, recorder } = scribe();
    const { ask, proxy } = await startPair(() => OK, { recorders: [recorder], token: TOKEN });
    expect(await ask(request(`GET ${proxy.loginPath}`, CLOSE))).toContain('Set-Cookie');
    await proxy.recorded(1);
    expect(told.map((word) => word.split(' ', 1)[0])).toEqual([
      ...['begin', 'responded', 'ended', 'over'],
    ]);
  });

  it('of an upgrade: when it begins, and when it ends', async () => {
    const { told, recorder } = scribe();
    const { connect, proxy } = await startPair(
      () => 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n',
      { recorders: [recorder] },
    );
    const client = await connect();
    const headers = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';
    await client
      .send(request('POST /api/v1/namespaces/a/pods/b/portforward', { headers }))
      .untilText('101');
    expect(told.slice(0, 2)).toEqual(['begin create pods', 'admitted']);
    expect(told.slice(3)).toEqual(['answered 101', 'responded 101']);
    client.close();
    await proxy.recorded(1);
    expect(told.slice(5)).toEqual([expect.stringMatching(/^ended/), 'over']);
  });

  it('only of the end of a head that can not be read', async () => {
    const { told, recorder } = scribe();
    const { ask, proxy } = await startPair(() => OK, { recorders: [recorder] });
    await ask('GET / HTTP/9\r\n\r\n');
    await proxy.recorded(1);
    expect(told).toEqual(['over']);
  });

  it('and can refuse it before it is forwarded', async () => {
    const refusal = new PortholeError('ERR_AUDIT', 'the event could not be written');
    const { told, recorder } = scribe(() => Promise.reject(refusal));
    const { ask, proxy, upstream } = await startPair(() => OK, { recorders: [recorder] });
    expect(await ask(POST)).toMatch(/^HTTP\/1\.1 500 .*the event could not be written/s);
    await proxy.recorded(1);
    expect(upstream.requests).toBe(0);
    expect(told.at(-2)).toBe('ended refused');
  });

  it('and can make it wait until it is written', async () => {
    let written = (): void => {};
    let told = (): void => {};
    const asked = new Promise<void>((resolve) => {
      told = resolve;
    });
    const { recorder } = scribe(() => {
      told();
      return new Promise((resolve) => {
        written = resolve;
      });
    });
    const { connect, upstream } = await startPair(() => OK, { recorders: [recorder] });
    const client = await connect();
    client.send(POST);
    await asked;
    expect(upstream.requests).toBe(0);
    written();
    await client.untilEnd();
    expect(client.received).toContain('200 OK');
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHar, type HarOptions } from '../../src/record/har/har.ts';
import { type HarFile, readHar } from '../support/har.ts';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script } from '../support/recording-upstream.ts';

const CLOSE = 'Connection: close\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const PODS = '{"kind":"PodList","apiVersion":"v1","items":[]}\n';
const SECRET = JSON.stringify({
  kind: 'Secret',
  apiVersion: 'v1',
  metadata: { name: 'a' },
  data: { key: 'CANARY' },
});

function answer(body: string | Buffer, fields = JSON_TYPE): string {
  const text = body.toString('latin1');
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${text.length}\r\n\r\n${text}`;
}

const ANSWERED = 'Set-Cookie: a=CANARY\r\nLocation: /?access_token=CANARY\r\n';

const post = (path: string, body: string, fields = JSON_TYPE) =>
  request(`POST ${path}`, { headers: `${fields}Content-Length: ${body.length}\r\n${CLOSE}`, body });
const get = (path: string, fields = '') => request(`GET ${path}`, { headers: fields + CLOSE });

/** A proxy that records in a file; `close` gives the file's text. */
async function recording(script: Script = () => answer(PODS), options: Partial<HarOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-har-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'a.har');
  const har = createHar({
    file,
    mode: 'fresh',
    version: '1.2.3',
    bodies: false,
    maxBodyBytes: 100_000,
    recordSecrets: false,
    scheme: 'http',
    ...options,
  });
  const pair = await startPair(script, { recorders: [har], rejectPaths: [] });
  const close = async (count: number): Promise<string> => {
    await pair.proxy.recorded(count);
    await har.close();
    return readFileSync(file, 'utf8');
  };
  return { ...pair, close };
}

function entriesOf(text: string): HarFile['log']['entries'] {
  return readHar(text).log.entries;
}

describe('an HTTP Archive', () => {
  it('has an entry for each exchange, however it ended', async () => {
    const { ask, connect, close, proxy } = await recording((head, connection) => {
      if (head.startsWith('GET /cut')) connection.reset();
      if (/^GET \/(?:cut|slow)/.test(head)) return undefined;
      if (head.includes('/exec'))
        return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nHI';
      return answer(PODS);
    });
    await ask(get('/api/v1/pods?limit=5&x=a%20b'));
    await ask(request('GET /api', { host: 'evil.example', headers: CLOSE }));
    await ask(get('/cut'));
    const gone = await connect();
    gone.send(request('GET /slow'));
    await proxy.recorded(3);
    gone.reset();
    const tunnel = await connect();
    tunnel.send(
      request('POST /api/v1/namespaces/a/pods/b/exec?command=ls', {
        headers: 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n',
      }),
    );
    await tunnel.untilText('HI');
    tunnel.socket.end();
    await tunnel.untilEnd();
    await ask('garbage\r\n\r\n');
    const entries = entriesOf(await close(6));
    const outline = Object.fromEntries(
      entries.map(({ request: { url }, response, _porthole }) => [
        new URL(url).pathname,
        [response.status, _porthole.outcome, response._error],
      ]),
    );
    expect(outline).toEqual({
      '/api/v1/pods': [200, 'ok', undefined],
      '/api': [403, 'refused', undefined],
      '/cut': [502, 'upstream-failed', undefined],
      '/slow': [0, 'client-gone', 'ERR_CLIENT_GONE'],
      '/api/v1/namespaces/a/pods/b/exec': [101, 'ok', undefined],
    });
  });

  it('says what was asked and answered, for whom, and what it meant', async () => {
    const { ask, close, proxy, upstream } = await recording();
    await ask(get('/api/v1/namespaces/a/pods?limit=5&x=a%20b', 'Kubectl-Command: kubectl get\r\n'));
    const text = await close(1);
    const { log } = readHar(text);
    expect(log).toMatchObject({ version: '1.2', creator: { name: 'porthole', version: '1.2.3' } });
    expect(log.entries[0]).toMatchObject({
      startedDateTime: new Date(proxy.records[0]?.time ?? 0).toISOString(),
      request: {
        method: 'GET',
        url: 'http://localhost/api/v1/namespaces/a/pods?limit=5&x=a%20b',
        httpVersion: 'HTTP/1.1',
        queryString: [
          { name: 'limit', value: '5' },
          { name: 'x', value: 'a b' },
        ],
        bodySize: 0,
      },
      response: {
        status: 200,
        statusText: 'OK',
        content: { size: PODS.length, mimeType: 'application/json' },
        bodySize: PODS.length,
        _transferSize: PODS.length,
      },
      serverIPAddress: '127.0.0.1',
      connection: String(upstream.port),
      _resourceType: 'fetch',
      _kubernetes: { verb: 'list', apiVersion: 'v1', resource: 'pods', namespace: 'a' },
      _porthole: { auditID: proxy.records[0]?.auditID, kubectlCommand: 'kubectl get' },
    });
    expect(text).not.toContain('PodList');
  });

  it('has timings that add up to the whole time', async () => {
    const { ask, close, proxy } = await recording();
    await ask(get('/api'));
    await ask(get('/api'));
    const entries = entriesOf(await close(2));
    for (const [i, { time, timings }] of entries.entries()) {
      const { ssl: _, ...parts } = timings;
      const sum = Object.values(parts).reduce((total, ms) => total + Math.max(0, ms), 0);
      expect(time).toBeCloseTo(sum, 2);
      expect(time).toBeCloseTo(proxy.records[i]?.durationMs ?? 0, 1);
    }
    expect(entries[0]?.timings.connect).toBeGreaterThanOrEqual(entries[0]?.timings.ssl ?? 0);
    expect(entries[0]?.timings.ssl).toBeGreaterThan(0);
    expect(entries[1]?.timings).toMatchObject({ dns: -1, connect: -1, ssl: -1 });
  });

  it.each([false, true])('shows no secret, with bodies: %s', async (bodies) => {
    const credentials =
      'Authorization: Bearer CANARY\r\nCookie: a=CANARY\r\nX-Auth-Token: CANARY\r\n';
    const { ask, close } = await recording(
      (head) => {
        const type = /^(?:Accept|Content-Type): (.*)\r$/m.exec(head)?.[1];
        return answer(SECRET, `Content-Type: ${type}\r\n${ANSWERED}`);
      },
      { bodies },
    );
    const types = ['application/json', 'application/vnd.kubernetes.protobuf', 'text/plain'];
    for (const type of types) {
      const path = '/api/v1/namespaces/a';
      const fields = `${credentials}Content-Type: ${type}\r\n`;
      await ask(post(`${path}/secrets?token=CANARY`, SECRET, fields));
      await ask(get(`${path}/secrets/a`, `${credentials}Accept: ${type}\r\n`));
      await ask(get(`${path}/pods/b/log`, `${credentials}Accept: ${type}\r\n`));
    }
    const text = await close(9);
    expect(entriesOf(text)).toHaveLength(9);
    expect(text).not.toContain('CANARY');
    expect(text).not.toContain(Buffer.from('CANARY').toString('base64').slice(0, 6));
    expect(text.match(/REDACTED/g) ?? []).toHaveLength(bodies ? 3 : 0);
    expect(text.match(/sha256:/g) ?? []).toHaveLength(bodies ? 6 : 0);
  });

  it('holds bodies when it is asked for them, decoded', async () => {
    const zipped = gzipSync(PODS);
    const { ask, close } = await recording(
      () => answer(zipped, `${JSON_TYPE}Content-Encoding: gzip\r\n`),
      { bodies: true },
    );
    await ask(post('/api/v1/namespaces/a/pods', '{"kind":"Pod"}'));
    const [entry] = entriesOf(await close(1));
    expect(entry?.request.postData).toEqual({
      mimeType: 'application/json',
      text: '{"kind":"Pod"}',
    });
    expect(entry?.response.content).toMatchObject({ size: PODS.length, text: PODS });
    expect(entry?.response.bodySize).toBe(zipped.length);
  });

  it('describes bodies that are too long', async () => {
    const long = JSON.stringify({ kind: 'ConfigMap', data: { text: 'x'.repeat(2000) } });
    const { ask, close } = await recording(() => answer(long), {
      bodies: true,
      maxBodyBytes: 1000,
    });
    await ask(get('/api/v1/namespaces/a/configmaps/b'));
    const [entry] = entriesOf(await close(1));
    expect(entry?.response.content).toMatchObject({
      size: long.length,
      comment: expect.stringContaining(`${long.length} bytes, truncated`),
    });
    expect(entry?.response.content).not.toHaveProperty('text');
  });

  it('holds everything when secrets may be recorded', async () => {
    const fields =
      'Content-Type: application/octet-stream\r\nSet-Cookie: a=C; Path=/; HttpOnly\r\n';
    const { ask, close } = await recording(() => answer(Buffer.from([0, 0xff]), fields), {
      bodies: true,
      recordSecrets: true,
    });
    await ask(
      post(
        '/api/v1/secrets?token=T',
        SECRET,
        `${JSON_TYPE}Authorization: Bearer T\r\nCookie: a=1; b=2\r\n`,
      ),
    );
    const [entry] = entriesOf(await close(1));
    expect(entry?.request).toMatchObject({
      url: 'http://localhost/api/v1/secrets?token=T',
      queryString: [{ name: 'token', value: 'T' }],
      cookies: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
      postData: { text: SECRET },
    });
    expect(entry?.request.headers).toContainEqual({ name: 'Authorization', value: 'Bearer T' });
    expect(entry?.response).toMatchObject({
      cookies: [{ name: 'a', value: 'C', path: '/', httpOnly: true, secure: false }],
      content: { text: Buffer.from([0, 0xff]).toString('base64'), encoding: 'base64' },
    });
  });

  it('never holds porthole’s own secret, and nothing that a terminal acts upon', async () => {
    const { ask, close } = await recording(() => OK, { secret: 'open"sesame' });
    await ask(get('/api/open%22sesame', 'X-A: open"sesame\r\nX-B: \xc2\x9b31m\r\n'));
    const text = await close(1);
    expect(entriesOf(text)).toHaveLength(1);
    expect(text).not.toContain('sesame');
    expect(text).not.toMatch(/[\u007f-\u009f]/);
  });
});

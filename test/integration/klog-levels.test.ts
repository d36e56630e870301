import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createKlog } from '../../src/record/klog/klog.ts';
import { emptyFolder } from '../support/cli.ts';
import { outline, readKlog, valueIn } from '../support/klog-lines.ts';
import { eventually, type PairSetup, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import type { Script } from '../support/recording-upstream.ts';

const CLOSE = 'Connection: close\r\n';
const PODS = '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[]}\n';

function answer(body: string, fields = 'Content-Type: application/json\r\n'): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A proxy that logs at `level`, and what it logged. */
async function logging(level: number, script: Script = () => answer(PODS), setup?: PairSetup) {
  const log = { text: '' };
  const klog = createKlog({
    level,
    sink: {
      write(line) {
        log.text += line;
      },
    },
    pid: 4711,
    upstream: () => ({ url: 'https://localhost:1', dialHost: 'localhost' }),
  });
  const pair = await startPair(script, { recorders: [klog] }, {}, setup);
  const entries = () => readKlog(log.text);
  return { ...pair, log, entries };
}

/** A port that nobody listens on any more. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const LIST = request('GET /api/v1/pods?limit=500', { headers: CLOSE });
const POST = (body: string, type = 'application/json') =>
  request('POST /api/v1/namespaces/default/secrets', {
    headers: `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n${CLOSE}`,
    body,
  });

describe('requests to the API server are told of as kubectl tells of its own', () => {
  it('not at all below level 6', async () => {
    const { ask, log } = await logging(5);
    await ask(LIST);
    expect(log.text).toBe('');
  });

  // What kubectl v1.35.2 prints at these levels, with our Audit-ID behind it from level 7 on.
  it.each([
    [6, ['Response verb url status milliseconds']],
    [7, ['Request verb url headers auditID', 'Response status milliseconds auditID']],
    [
      8,
      [
        'Request verb url headers auditID',
        'Response status headers milliseconds auditID',
        'Response Body body auditID',
      ],
    ],
    ...[9, 10].map((level): [number, string[]] => [
      level,
      [
        'Request curlCommand auditID',
        'HTTP Trace: Dial succeed network address auditID',
        'Response verb url status headers milliseconds dnsLookupMilliseconds dialMilliseconds tlsHandshakeMilliseconds serverProcessingMilliseconds auditID',
        'Response Body body auditID',
      ],
    ]),
  ])('at level %i', async (level, outlines) => {
    const { ask, entries, proxy, upstream } = await logging(level);
    await ask(LIST);
    const [record] = await proxy.recorded(1);
    const seen = entries();
    expect(seen.map(outline)).toEqual(outlines);
    const value = (key: string) => seen.map((entry) => valueIn(entry, key)).find(Boolean);
    expect(value('status')).toBe('200 OK');
    if (level >= 7) expect(value('auditID')).toBe(record?.auditID);
    const url = `https://127.0.0.1:${upstream.port}/api/v1/pods?limit=500`;
    if (level < 9) expect(value('url')).toBe(url);
    else expect(value('curlCommand')).toMatch(`'${url}'\n`);
    if (level >= 8) expect(value('body')).toBe(PODS);
  });

  it('with the time that a connection took to get, when it had served before', async () => {
    const { connect, entries, proxy } = await logging(9);
    const client = await connect();
    client.send(request('GET /api/v1/pods'));
    await client.untilText(PODS);
    client.send(request('GET /api/v1/nodes'));
    await proxy.recorded(2);
    const second = entries().slice(4).map(outline);
    expect(second).toEqual([
      'Request curlCommand auditID',
      'Response verb url status headers milliseconds getConnectionMilliseconds serverProcessingMilliseconds auditID',
      'Response Body body auditID',
    ]);
  });

  it('with the name that was looked up', async () => {
    const { ask, entries, proxy } = await logging(9, undefined, {
      kubeconfig: (port) => ({ cluster: { server: `https://localhost:${port}` } }),
    });
    await ask(LIST);
    await proxy.recorded(1);
    const lookup = entries().find(({ message }) => message.includes('DNS'));
    expect(lookup && outline(lookup)).toBe('HTTP Trace: DNS Lookup resolved host address auditID');
    const address = lookup && valueIn(lookup, 'address');
    expect(address).toMatch(/^\[\{"IP":"(?:127\.0\.0\.1|::1)","Zone":""\}\]$/);
  });

  it('each try for itself, when a credential is renewed', async () => {
    const file = join(emptyFolder(), 'token');
    writeFileSync(file, 'old');
    const refusal = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n';
    const script: Script = (head) =>
      head.includes(' new\r\n') || head.startsWith('GET /version') ? answer(PODS) : refusal;
    const user = { 'client-certificate-data': undefined, 'client-key-data': undefined };
    const { ask, entries, proxy } = await logging(8, script, {
      requestCert: false,
      kubeconfig: () => ({ user: { ...user, tokenFile: file } }),
    });
    await ask(request('GET /version', { headers: CLOSE }));
    writeFileSync(file, 'new');
    await ask(POST('{}'));
    await proxy.recorded(2);
    const told = entries().slice(3);
    expect(told.map((entry) => [entry.message, valueIn(entry, 'status')])).toEqual([
      ['Request', undefined],
      ['Request Body', undefined],
      ['Response', '401 Unauthorized'],
      ['Request', undefined],
      ['Response', '200 OK'],
      ['Response Body', undefined],
    ]);
  });

  it('with an empty status when there was no answer', async () => {
    const { ask, entries, proxy } = await logging(8, (_, connection) => {
      connection.reset();
      return undefined;
    });
    await ask(POST('{}'));
    await proxy.recorded(1);
    const last = entries().at(-1);
    expect(last && outline(last)).toBe('Response status headers milliseconds auditID');
    expect(last && valueIn(last, 'status')).toBe('');
  });

  it.each([
    [6, ['Response verb url status milliseconds']],
    [
      9,
      [
        'HTTP Trace: Dial failed network address err auditID',
        'Response verb url status headers milliseconds dnsLookupMilliseconds dialMilliseconds tlsHandshakeMilliseconds auditID',
      ],
    ],
  ])('also when nothing can be reached, at level %i', async (level, outlines) => {
    const server = `https://127.0.0.1:${await closedPort()}`;
    const { ask, entries, proxy } = await logging(level, undefined, {
      kubeconfig: () => ({ cluster: { server } }),
    });
    await ask(LIST);
    await proxy.recorded(1);
    expect(entries().map(outline)).toEqual(outlines);
  });

  it('but not those that porthole answers itself', async () => {
    const { ask, log, proxy } = await logging(10);
    await ask(request('GET /api', { host: 'evil.example', headers: CLOSE }));
    await proxy.recorded(1);
    expect(log.text).toBe('');
  });

  it('without an answer of porthole’s own in place of the API server’s body', async () => {
    const { ask, entries, proxy } = await logging(8, () => 'HTTP/1.1 garbage\r\n\r\n');
    expect(await ask(LIST)).toContain('"kind":"Status"');
    await proxy.recorded(1);
    expect(entries().map(({ message }) => message)).toEqual(['Request', 'Response']);
  });
});

describe('bodies that are told of', () => {
  it.each([
    [8, 1024],
    [9, 10_240],
  ])('are cut at level %i after %i characters, and not at level 10', async (level, max) => {
    const body = JSON.stringify({ kind: 'ConfigMap', data: { text: 'x'.repeat(20_000) } });
    const bodyAt = async (at: number): Promise<string | undefined> => {
      const { ask, entries, proxy } = await logging(at, () => answer(body));
      await ask(LIST);
      await proxy.recorded(1);
      const entry = entries().at(-1);
      return entry && valueIn(entry, 'body');
    };
    expect(await bodyAt(level)).toBe(
      `${body.slice(0, max)} [truncated ${body.length - max} chars]`,
    );
    expect(await bodyAt(10)).toBe(body);
  });

  it('are read from their chunks and their gzip coding', async () => {
    const zipped = gzipSync(PODS);
    const chunk = `${zipped.length.toString(16)}\r\n${zipped.toString('latin1')}\r\n0\r\n\r\n`;
    const fields =
      'Content-Type: application/json\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n';
    const { ask, entries, log } = await logging(8, (_, { socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n${chunk}`, 'latin1');
      return undefined;
    });
    await ask(LIST);
    await eventually('the body is told of', () => log.text.includes('Response Body'));
    const last = entries().at(-1);
    expect(last && valueIn(last, 'body')).toBe(PODS);
  });

  it('show no secret, whatever it comes in', async () => {
    const secret = JSON.stringify({
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: { name: 'a' },
      stringData: { key: 'CANARY' },
    });
    const fields = 'Set-Cookie: s=CANARY\r\nX-Auth-Token: CANARY\r\nLocation: /?token=CANARY\r\n';
    const types = ['application/json', 'application/vnd.kubernetes.protobuf', 'text/plain', ''];
    for (const type of types) {
      const script: Script = () => answer(secret, `${fields}Content-Type: ${type}\r\n`);
      const { ask, log, proxy } = await logging(10, script);
      await ask(POST(secret, type).replace('secrets', 'secrets?access_token=CANARY'));
      await ask(
        request('GET /api/v1/pods', {
          headers: `Authorization: Bearer CANARY\r\nCookie: a=CANARY\r\n${CLOSE}`,
        }),
      );
      await proxy.recorded(2);
      expect(log.text.match(/"\w+ Body"/g)).toHaveLength(3);
      expect(log.text).not.toContain('CANARY');
    }
  });

  it('are described when they were not understood', async () => {
    const { ask, entries, proxy } = await logging(10, () =>
      answer('k8s\0CANARY', 'Content-Type: application/vnd.kubernetes.protobuf\r\n'),
    );
    await ask(LIST);
    await proxy.recorded(1);
    expect(entries().at(-1)?.pairs.slice(0, 3)).toEqual([
      ['contentType', 'application/vnd.kubernetes.protobuf'],
      ['bytes', '10'],
      ['sha256', expect.stringMatching(/^[0-9a-f]{64}$/)],
    ]);
  });

  it('are what a health check says, but not what a log says', async () => {
    const script: Script = () => answer('CANARY', 'Content-Type: text/plain\r\n');
    const { ask, log, proxy } = await logging(10, script);
    await ask(request('GET /readyz?verbose', { headers: CLOSE }));
    expect(log.text).toContain('body="CANARY"');
    const before = log.text.length;
    await ask(request('GET /logs/kube-apiserver.log', { headers: CLOSE }));
    await ask(request('GET /api/v1/namespaces/a/pods/b/log', { headers: CLOSE }));
    await proxy.recorded(3);
    expect(log.text.slice(before)).not.toContain('CANARY');
  });

  it('are none of watches', async () => {
    const { ask, entries, proxy } = await logging(10, () => answer(PODS));
    await ask(request('GET /api/v1/pods?watch=1', { headers: CLOSE }));
    await proxy.recorded(1);
    expect(entries().map(({ message }) => message)).not.toContain('Response Body');
  });
});

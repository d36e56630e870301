import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ALICE,
  ALICE_2,
  CLOSE,
  follow,
  other,
  otherServing,
  upstreamOf,
  WATCH,
} from '../support/followed.ts';
import { root } from '../support/in-front.ts';
import { eventually } from '../support/pair.ts';
import {
  execCredential,
  good,
  HANGING,
  isGone,
  type Plugin,
  ROTATING,
  slow,
  V1,
  writePlugin,
} from '../support/plugin.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';

const MIB = 1024 * 1024;
const REFUSAL = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno';
/** Nobody has to prove himself to TLS. */
const ANYBODY = { rejectUnauthorized: false };

const byPlugin = ({ command }: Plugin) => ({
  exec: { apiVersion: V1, command, interactiveMode: 'Never' },
});

describe('a request that was admitted for one cluster', () => {
  it('is not sent to another one, though that has the next credential', async () => {
    const refuse = (head: string) => (head.startsWith('DELETE') ? REFUSAL : OK);
    const one = await upstreamOf(ANYBODY, refuse);
    const two = await upstreamOf(ANYBODY);
    const plugin = writePlugin(slow(ROTATING));
    const { proxy, writeConfig, connect, ask } = await follow(one, {}, byPlugin(plugin));
    plugin.open();
    expect(await ask()).toContain('200 OK');
    rmSync(`${plugin.command}.gate`);
    const held = await connect();
    held.send(request('DELETE /api/v1/namespaces/x', CLOSE));
    await expect.poll(() => plugin.runs()).toBe(2);
    writeConfig({ name: 'prod', port: two.port, user: { token: 'prod' } });
    await proxy.reload();
    plugin.open();
    await held.untilEnd();
    expect(held.statuses).toEqual([401]);
    expect(two.bytes).toBe('');
  });
});

describe('credentials that were replaced while they were being obtained', () => {
  it('say nothing about the certificate that is in use now', async () => {
    const upstream = await upstreamOf(ANYBODY);
    const plugin = writePlugin(slow(good('late')));
    const { proxy, writeConfig, connect, ask } = await follow(upstream, {}, byPlugin(plugin));
    const late = ask();
    await expect.poll(() => plugin.runs()).toBe(1);
    writeConfig();
    await proxy.reload();
    const watch = await connect();
    watch.send(request(WATCH));
    await watch.untilText('first');
    plugin.open();
    expect(await late).toContain('200 OK');
    const opened = upstream.connections.length;
    const next = await connect();
    next.send(request(WATCH));
    await next.untilText('first');
    for (let i = 0; i < 4; i++) expect(await ask()).toContain('200 OK');
    expect([watch.ended, next.ended]).toEqual([false, false]);
    expect(upstream.connections.length - opened).toBeLessThanOrEqual(2);
  });

  it('retire the connections of the way before, too, when they stay and give another certificate', async () => {
    const upstream = await upstreamOf(ANYBODY, (head) => (head.includes('refuse') ? REFUSAL : OK));
    const plugin = writePlugin('cat "$0.out"');
    const give = ({ cert, key }: typeof ALICE): void => {
      const status = { clientCertificateData: cert, clientKeyData: key };
      writeFileSync(join(plugin.folder, 'plugin.out'), execCredential(status));
    };
    give(ALICE);
    const { proxy, write, connect, ask } = await follow(upstream, {}, byPlugin(plugin));
    const watch = await connect();
    watch.send(request(WATCH));
    await watch.untilText('first');
    write('ca.crt', `${root.pem}${other.pem}`);
    await proxy.reload();
    expect(watch.ended).toBe(false);
    give(ALICE_2);
    await ask(request('GET /refuse', CLOSE));
    await watch.untilEnd();
    expect(upstream.names.at(-1)).toBe('alice-2');
  });
});

describe('a 401 that is none of the API server to our credential', () => {
  it('of a workload behind it: nothing is sent again, and no plugin is run for it', async () => {
    const upstream = await upstreamOf(ANYBODY, (head) => (head.includes('/proxy/') ? REFUSAL : OK));
    const plugin = writePlugin(ROTATING);
    const { ask } = await follow(upstream, {}, byPlugin(plugin));
    const headers = 'Content-Length: 2\r\nConnection: close\r\n';
    const path = '/api/v1/namespaces/m/services/grafana/proxy/login';
    for (const sent of [1, 2, 3]) {
      expect(await ask(request(`POST ${path}`, { headers, body: 'pw' }))).toContain('401');
      expect(await ask(request(`GET ${path}`, CLOSE))).toContain('401');
      expect(await ask()).toContain('200 OK');
      expect(upstream.bytes.split('POST ')).toHaveLength(sent + 1);
      expect(upstream.bytes.split(`GET ${path}`)).toHaveLength(sent + 1);
    }
    expect(plugin.runs()).toBe(1);
  });

  it("a client's own token does not vouch for ours", async () => {
    const upstream = await upstreamOf(ANYBODY, (head) =>
      head.includes('Bearer own') ? OK : REFUSAL,
    );
    const plugin = writePlugin(ROTATING);
    const { ask } = await follow(upstream, {}, byPlugin(plugin));
    const own = { headers: 'Authorization: Bearer own\r\nConnection: close\r\n' };
    for (let i = 0; i < 5; i++) {
      expect(await ask()).toContain('401');
      expect(await ask(request('GET /x', own))).toContain('200 OK');
    }
    // Once, once more after the first 401, and then at most once a second, two seconds ...
    expect(plugin.runs()).toBeLessThanOrEqual(3);
  });
});

it('a server that can not be verified starts no plugin anew', async () => {
  const upstream = await upstreamOf({ ...otherServing, ...ANYBODY });
  const plugin = writePlugin(ROTATING);
  const { ask } = await follow(upstream, {}, byPlugin(plugin));
  for (let i = 0; i < 4; i++) expect(await ask()).toContain('HTTP/1.1 502 ');
  expect(plugin.runs()).toBe(1);
  expect(upstream.requests).toBe(0);
});

it('the connection of an upgrade that was answered 401 carries nothing else', async () => {
  const upstream = await upstreamOf(ANYBODY, (head) => {
    if (!head.includes('Upgrade: ')) return OK;
    return head.includes('token-1\r') ? REFUSAL : 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n';
  });
  const { ask } = await follow(upstream, {}, byPlugin(writePlugin(ROTATING)));
  const headers = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';
  expect(await ask(request('GET /api/v1/namespaces/a/pods/b/log', { headers }))).toContain('403');
  expect(await ask()).toContain('200 OK');
  const upgrades = upstream.connections.filter(({ bytes }) => bytes.includes('Upgrade: '));
  expect(upgrades.map(({ begun }) => begun)).toEqual([1, 1]);
});

it('a shutdown that ends a plugin is no failure to warn about', async () => {
  const plugin = writePlugin(HANGING);
  const upstream = await upstreamOf(ANYBODY);
  const { proxy, connect } = await follow(upstream, {}, byPlugin(plugin));
  const client = await connect();
  client.send(request('GET /version'));
  await expect.poll(() => plugin.wrote('child')).not.toBe('');
  proxy.destroy();
  await isGone(Number(plugin.wrote('child')));
  await client.untilEnd();
  expect(proxy.warnings).toEqual([]);
  expect(proxy.records.map(({ outcome }) => outcome)).toEqual(['stopped']);
});

describe('a body that is still coming when the 401 is there', () => {
  const LENGTH = 3 * 1024 * 1024;
  const chunked = (byte: string) => `${LENGTH.toString(16)}\r\n${byte.repeat(LENGTH)}\r\n0\r\n\r\n`;

  it.each([
    ['Content-Length', `Content-Length: ${LENGTH}\r\n`, 'x'.repeat(LENGTH)],
    ['chunks', 'Transfer-Encoding: chunked\r\n', chunked('y')],
  ])(
    'with %s: all of it, from its first byte, goes to the second connection',
    async (_, headers, body) => {
      const known = { token: 'token-1' };
      const upstream = await upstreamOf(ANYBODY, (head, connection) => {
        if (!head.includes(`Bearer ${known.token}\r`)) return REFUSAL;
        if (head.startsWith('GET')) return OK;
        void eventually(
          'the body is complete',
          () => connection.completed === connection.begun,
        ).then(() => connection.socket.write(OK));
        return undefined;
      });
      const plugin = writePlugin(slow(ROTATING));
      const { connect, ask } = await follow(upstream, {}, byPlugin(plugin));
      plugin.open();
      await ask();
      rmSync(`${plugin.command}.gate`);
      known.token = 'token-2';
      const client = await connect();
      client.send(request('PUT /api/v1/big', { headers, body: body.slice(0, 1000) }));
      await expect.poll(() => plugin.runs()).toBe(2);
      // As from a client that is slow, so that nobody downstream makes it wait.
      for (let at = 1000; at < body.length; at += 8 * 1024) {
        client.send(body.slice(at, at + 8 * 1024));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      plugin.open();
      await client.untilText('200 OK');
      expect(client.statuses).toEqual([200]);
      const second = upstream.connections.at(-1)?.bytes ?? '';
      expect(second.slice(second.indexOf('\r\n\r\n') + 4) === body).toBe(true);
    },
  );

  it('keeps the first connection from any other exchange: it stands in the middle of the body', async () => {
    const upstream = await upstreamOf(ANYBODY, (head) =>
      head.includes('Bearer token-1\r') && head.startsWith('PUT') ? REFUSAL.slice(0, -2) : OK,
    );
    const plugin = writePlugin(slow(ROTATING));
    const { connect, ask } = await follow(upstream, {}, byPlugin(plugin));
    plugin.open();
    await ask();
    rmSync(`${plugin.command}.gate`);
    const client = await connect();
    const headers = 'Content-Length: 100\r\n';
    client.send(request('PUT /api/v1/x', { headers, body: 'a' }));
    await expect.poll(() => plugin.runs()).toBe(2);
    const first = upstream.connections.at(-1);
    client.send('b'.repeat(99));
    // An exchange on another connection: by its end, what was sent before it is here.
    expect(await ask()).toContain('200 OK');
    first?.socket.write('no');
    expect(await ask()).toContain('200 OK');
    plugin.open();
    await client.untilText('200 OK');
    expect(first?.bytes.match(/PUT/g)).toHaveLength(1);
  });

  it('goes on to the first one, once and whole, when there is no other credential', async () => {
    const upstream = await upstreamOf(ANYBODY, (head, connection) => {
      if (!head.startsWith('PUT')) return OK;
      void eventually('the body is complete', () => connection.completed === connection.begun).then(
        () => connection.socket.write('o'),
      );
      return REFUSAL.slice(0, -1);
    });
    const plugin = writePlugin(slow(good('the only one')));
    const { connect, ask } = await follow(upstream, {}, byPlugin(plugin));
    plugin.open();
    await ask();
    rmSync(`${plugin.command}.gate`);
    const client = await connect();
    const body = 'z'.repeat(512 * 1024);
    const headers = `Content-Length: ${body.length}\r\n`;
    client.send(request('PUT /api/v1/big', { headers, body: body.slice(0, 1000) }));
    await expect.poll(() => plugin.runs()).toBe(2);
    client.send(body.slice(1000));
    plugin.open();
    await client.untilText('\r\n\r\nno');
    const { bytes } = upstream.connections.at(-1) ?? { bytes: '' };
    expect(bytes.slice(bytes.lastIndexOf('\r\n\r\n') + 4) === body).toBe(true);
    expect(client.statuses).toEqual([401]);
  });

  it('is no longer held once the answer is no 401, and all bodies together are bounded', async () => {
    const upstream = await upstreamOf(ANYBODY, (head) =>
      head.startsWith('PUT') ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' : OK,
    );
    const { connect, ask } = await follow(upstream, {}, byPlugin(writePlugin(good('t'))));
    await ask();
    const before = process.memoryUsage().arrayBuffers;
    const body = 'w'.repeat(MIB - 1);
    const headers = `Content-Length: ${body.length}\r\n`;
    for (let i = 0; i < 100; i++) {
      const client = await connect();
      await client.send(request('PUT /api/v1/big', { headers, body })).untilText('chunked');
      client.received = '';
    }
    await eventually('all bodies have come', () => upstream.completed === 101);
    for (const connection of upstream.connections) connection.bytes = '';
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * MIB);
  });
});

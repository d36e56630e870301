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
  it('of a workload behind it: what is not safe is not sent again', async () => {
    const upstream = await upstreamOf(ANYBODY, (head) => (head.includes('/proxy/') ? REFUSAL : OK));
    const { ask } = await follow(upstream, {}, byPlugin(writePlugin(ROTATING)));
    const headers = 'Content-Length: 2\r\nConnection: close\r\n';
    const path = '/api/v1/namespaces/m/services/grafana/proxy/login';
    expect(await ask(request(`POST ${path}`, { headers, body: 'pw' }))).toContain('401');
    expect(upstream.bytes.split('POST ')).toHaveLength(2);
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

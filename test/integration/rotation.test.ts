import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ALICE_2,
  BOB,
  follow,
  other,
  otherServing,
  upstreamOf,
  WATCH,
} from '../support/followed.ts';
import { root } from '../support/in-front.ts';
import { request } from '../support/raw-client.ts';
import { speaking, WAYS } from '../support/scripted-streams.ts';

describe.each(WAYS)('by %s a client certificate that is renewed in its files', (way) => {
  it('C10: is used from then on; idle connections with the old one are closed, and a watch is cut visibly', async () => {
    const upstream = await upstreamOf(speaking(way));
    const { proxy, writePair, connect, ask } = await follow(upstream);
    const watch = await connect();
    watch.send(request(WATCH));
    await watch.untilText('first');
    await ask();
    writePair(ALICE_2);
    await proxy.reload();
    await watch.untilEnd();
    expect(watch.received).not.toContain('0\r\n\r\n');
    expect(await ask()).toContain('200 OK');
    expect(upstream.names).toEqual(['alice', 'alice', 'alice-2']);
    const records = await proxy.recorded(3);
    expect(records.find(({ verb }) => verb === 'watch')).toMatchObject({
      outcome: 'stopped',
      errorCode: 'ERR_RETIRED',
    });
    expect(proxy.notes.join()).toMatch(/client certificate was renewed/);
    await expect.poll(() => upstream.open).toBe(1);
  });

  it('lets a watch go on for the grace that it has', async () => {
    const upstream = await upstreamOf(speaking(way));
    const { proxy, writePair, connect, ask } = await follow(upstream, {
      rotationGraceMs: 3_600_000,
    });
    const watch = await connect();
    watch.send(request(WATCH));
    await watch.untilText('first');
    writePair(ALICE_2);
    await proxy.reload();
    expect(await ask()).toContain('200 OK');
    upstream.connections[0]?.socket.write('6\r\nsecond\r\n');
    await watch.untilText('second');
    expect(watch.ended).toBe(false);
  });

  it('is looked for at once when the API server refuses the old one', async () => {
    const upstream = await upstreamOf({ ...speaking(way), ca: other.pem });
    const { proxy, writePair, ask } = await follow(upstream);
    expect(await ask()).toContain('HTTP/1.1 502 ');
    writePair(BOB);
    // It looks once a second at most, and has just done so for the first request.
    await expect.poll(() => ask()).toContain('200 OK');
    expect(proxy.warnings).toEqual([]);
  });

  it('C10: a half-written pair keeps the old one, and says so', async () => {
    const upstream = await upstreamOf(speaking(way));
    const { proxy, write, ask } = await follow(upstream);
    write('client.crt', ALICE_2.cert);
    await proxy.reload();
    expect(proxy.warnings.join()).toMatch(
      /client key does not belong .*the configuration in use stays/,
    );
    expect(await ask()).toContain('200 OK');
    expect(upstream.names).toEqual(['alice']);
    write('client.key', ALICE_2.key);
    await proxy.reload();
    expect(await ask()).toContain('200 OK');
    expect(upstream.names.at(-1)).toBe('alice-2');
  });
});

describe.each(WAYS)('by %s a certificate authority that is renewed in its file', (way) => {
  it('is looked for at once when the server can not be verified, also for a POST', async () => {
    const upstream = await upstreamOf({ ...speaking(way), ...otherServing });
    const { write, ask, proxy } = await follow(upstream);
    write('ca.crt', other.pem);
    const headers = 'Content-Length: 2\r\nConnection: close\r\n';
    expect(await ask(request('POST /api', { headers, body: 'ab' }))).toContain('200 OK');
    expect((await proxy.recorded(1))[0]).toMatchObject({ status: 200 });
  });

  it('C06: that becomes empty keeps the old one in use, and watches are left alone', async () => {
    const upstream = await upstreamOf(speaking(way));
    const { proxy, write, connect, ask } = await follow(upstream);
    const watch = await connect();
    watch.send(request(WATCH));
    await watch.untilText('first');
    write('ca.crt', `${root.pem}${other.pem}`);
    await proxy.reload();
    expect(await ask()).toContain('200 OK');
    write('ca.crt', '');
    await proxy.reload();
    expect(proxy.warnings.join()).toMatch(/certificate-authority.*the configuration in use stays/);
    expect(await ask()).toContain('200 OK');
    upstream.connections[0]?.socket.write('6\r\nsecond\r\n');
    await watch.untilText('second');
  });
});

describe.each(WAYS)('by %s a kubeconfig that changes', (way) => {
  const bearer = (token: string) => ({ token });

  it('takes a new token over at once, by itself, and leaves watches alone', async () => {
    const upstream = await upstreamOf({ ...speaking(way), rejectUnauthorized: false });
    const { proxy, writeConfig, connect, ask } = await follow(upstream);
    writeConfig({ user: bearer('one') });
    await proxy.reload();
    const watch = await connect();
    watch.send(request(WATCH));
    await watch.untilText('first');
    writeConfig({ user: bearer('two') });
    await expect
      .poll(async () => {
        await ask();
        return upstream.bytes;
      })
      .toContain('Authorization: Bearer two');
    expect(watch.ended).toBe(false);
    const at = upstream.bytes.lastIndexOf('Bearer one');
    expect(upstream.bytes.indexOf('Bearer two')).toBeGreaterThan(0);
    await ask();
    expect(upstream.bytes.lastIndexOf('Bearer one')).toBe(at);
  });

  it('cuts the watches of another user, and of another server', async () => {
    const [upstream, second] = [await upstreamOf(speaking(way)), await upstreamOf(speaking(way))];
    const { proxy, writeConfig, connect, ask } = await follow(upstream);
    for (const fields of [{ name: 'bob' }, { name: 'bob', port: second.port }]) {
      const watch = await connect();
      watch.send(request(WATCH));
      await watch.untilText('first');
      writeConfig(fields);
      await proxy.reload();
      await watch.untilEnd();
      expect(watch.received).not.toContain('0\r\n\r\n');
    }
    expect(await ask()).toContain('200 OK');
    expect(second.requests).toBe(1);
    expect(proxy.config.cluster.server.port).toBe(second.port);
    expect(proxy.notes.join('\n')).toMatch(
      /switched from context "alice" to "bob".*\n?.*server changed/,
    );
    await expect.poll(() => upstream.open).toBe(0);
  });

  it('keeps what is in use when it is broken or gone, and says why', async () => {
    const upstream = await upstreamOf(speaking(way));
    const { proxy, dir, write, writeConfig, ask } = await follow(upstream);
    const good = readFileSync(join(dir, 'config'), 'utf8');
    for (const [text, reason] of [
      ['users: [', /line 1: .*the configuration in use stays/],
      [good.replace('https://', 'nope://'), /the configuration in use stays/],
      [
        good.replace('"user":{', '"user":{"auth-provider":{"name":"gcp"},'),
        /gcp auth plugin has been removed/,
      ],
    ] as const) {
      write('config', text);
      await proxy.reload();
      expect(proxy.warnings.at(-1)).toMatch(reason);
      expect(await ask()).toContain('200 OK');
    }
    rmSync(join(dir, 'config'));
    await proxy.reload();
    expect(proxy.warnings.at(-1)).toMatch(/no such file or directory.*stays/);
    expect(await ask()).toContain('200 OK');
    writeConfig({ name: 'back' });
    await proxy.reload();
    expect(proxy.config.contextName).toBe('back');
    expect(new Set(upstream.names)).toEqual(new Set(['alice']));
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pluginSurroundings } from '../../src/commands/plugins.ts';
import { emptyFolder } from '../support/cli.ts';
import { follow, upstreamOf } from '../support/followed.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { root, startInFront } from '../support/in-front.ts';
import { idToken, json, startOidcProvider } from '../support/oidc-provider.ts';
import { crashing, V1, writePlugin } from '../support/plugin.ts';
import { quietTerminal } from '../support/quiet-terminal.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { pluginsWith } from '../support/start-proxy.ts';
import { ofProxy, proxyAuthority } from '../support/ways-out.ts';

const REFUSAL = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno';
const ANYBODY = { rejectUnauthorized: false };

it('tokens that were written into the kubeconfig are no news when they are read from there; those of others are', async () => {
  let refused = 'nobody';
  const upstream = await upstreamOf(ANYBODY, (head) => (head.includes(refused) ? REFUSAL : OK));
  const provider = await startOidcProvider();
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const id_token = idToken({ exp, iss: provider.issuer });
  provider.token = json(200, { access_token: 'a', id_token, refresh_token: 'r1' });
  const config = {
    'idp-issuer-url': provider.issuer,
    'client-id': 'me',
    'idp-certificate-authority-data': Buffer.from(provider.ca).toString('base64'),
    'refresh-token': 'r0',
  };
  const { proxy, dir, ask } = await follow(
    upstream,
    {},
    { 'auth-provider': { name: 'oidc', config } },
  );
  expect(await ask()).toContain('200 OK');
  const kubeconfig = join(dir, 'config');
  expect(readFileSync(kubeconfig, 'utf8')).toContain(id_token);
  await proxy.reload();
  expect(await ask()).toContain('200 OK');
  expect(provider.grants).toHaveLength(1);
  expect(proxy.notes.filter((note) => /credentials/.test(note))).toHaveLength(1);
  expect(upstream.connections).toHaveLength(1);

  // The second time is as the first.
  const second = idToken({ exp, iss: provider.issuer, n: 2 });
  provider.token = json(200, { access_token: 'a', id_token: second, refresh_token: 'r2' });
  refused = id_token;
  expect(await ask()).toContain('200 OK');
  await proxy.reload();
  expect(await ask()).toContain('200 OK');
  expect(provider.grants).toHaveLength(2);
  expect(proxy.notes.filter((note) => /credentials/.test(note))).toHaveLength(2);

  const theirs = idToken({ exp, iss: provider.issuer, by: 'another program' });
  writeFileSync(kubeconfig, readFileSync(kubeconfig, 'utf8').replace(second, theirs));
  await proxy.reload();
  expect(await ask()).toContain('200 OK');
  expect(upstream.bytes).toContain(`Bearer ${theirs}\r\n`);
  expect(proxy.warnings).toEqual([]);
});

it('a reload by hand ends the wait after a failure', async () => {
  const upstream = await upstreamOf(ANYBODY);
  const plugin = writePlugin(crashing(1, 'no'));
  const exec = { apiVersion: V1, command: plugin.command, interactiveMode: 'Never' };
  const { proxy, ask } = await follow(upstream, {}, { exec });
  for (const runs of [1, 2, 3]) {
    expect(await ask()).toContain('HTTP/1.1 503 ');
    expect(await ask()).toContain('HTTP/1.1 503 ');
    expect(plugin.runs()).toBe(runs);
    await proxy.reload();
  }
});

it.each([
  ['that SSL_CERT_FILE holds is trusted', proxyAuthority.pem, 200],
  ['that it does not hold is not', root.pem, 502],
])('of an https proxy on the way, a root %s', async (_, pem, status) => {
  const upstream = await upstreamOf(ANYBODY);
  const way = await startForwardProxy(async (client) => {
    await client.head();
    client.send('HTTP/1.1 200 OK\r\n\r\n');
    client.tunnel(upstream.port);
  }, ofProxy);
  const roots = join(emptyFolder(), 'roots.pem');
  writeFileSync(roots, pem);
  const cluster = { 'proxy-url': `https://localhost:${way.port}` };
  const plugins = pluginsWith({ SSL_CERT_FILE: roots });
  const proxy = await startInFront(upstream.port, { cluster }, { plugins });
  const client = await RawClient.connect(proxy.port);
  await client.send(request('GET /version', { headers: 'Connection: close\r\n' })).untilEnd();
  expect(client.statuses).toEqual([status]);
});

it('a plugin is told nothing of the socket that systemd has handed over', () => {
  const env = {
    LISTEN_FDS: '1',
    LISTEN_PID: '1',
    LISTEN_FDNAMES: 'x',
    KUBERC: 'off',
    PATH: '/bin',
  };
  const terminal = { ...quietTerminal(() => {}), env };
  const notes = { info: () => {}, warn: () => {} };
  const { env: given } = pluginSurroundings(
    { execTimeoutMs: 0, kuberc: undefined },
    notes,
    terminal,
  );
  expect(given).toEqual({ KUBERC: 'off', PATH: '/bin' });
});

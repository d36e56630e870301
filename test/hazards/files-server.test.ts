import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith } from '../support/cli.ts';
import { good, writePlugin } from '../support/plugin.ts';
import { run } from '../support/process.ts';
import { request } from '../support/raw-client.ts';
import { pluginsWith } from '../support/start-proxy.ts';
import { openDoor } from './door.ts';
import { CLOSE, UPGRADE } from './impostor.ts';

const NO_PAIR = { 'client-certificate-data': undefined, 'client-key-data': undefined };
const SECRET = 'cnrysecret';

/** A server of plain HTTP, which keeps what it was asked; ends with the test. */
async function startPlain(host = '127.0.0.1') {
  const heads: string[] = [];
  const note = ({ url, rawHeaders }: IncomingMessage): unknown =>
    heads.push([url, ...rawHeaders].join('\n'));
  const server = createServer((incoming, response) => {
    note(incoming);
    response.end('ok');
  });
  server.on('upgrade', (incoming, socket) => {
    note(incoming);
    socket.end(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
  });
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server.listen(0, host), 'listening');
  return { port: (server.address() as AddressInfo).port, heads };
}

describe('K17', () => {
  it.each<[string, () => object]>([
    ['token', () => ({ token: SECRET })],
    ['password', () => ({ username: 'u', password: SECRET })],
    [
      'token file',
      () => {
        const file = join(emptyFolder(), 'token');
        writeFileSync(file, SECRET);
        return { tokenFile: file };
      },
    ],
    [
      'plugin',
      () => {
        const { command } = writePlugin(good(SECRET));
        return {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command,
            interactiveMode: 'Never',
          },
        };
      },
    ],
  ])(
    'no %s goes to a server of plain http, not even on this machine, and that is said',
    async (_, user) => {
      const plain = await startPlain();
      const { ask, proxy } = await openDoor(undefined, {
        proxy: { plugins: pluginsWith(process.env) },
        kubeconfig: () => ({
          cluster: {
            server: `http://127.0.0.1:${plain.port}`,
            'certificate-authority-data': undefined,
          },
          user: { ...NO_PAIR, ...user() },
        }),
      });
      expect(await ask(request('GET /api', { headers: CLOSE }))).toMatch(/^HTTP\/1\.1 200 /);
      expect(await ask(request('GET /x', { headers: UPGRADE }))).toMatch(/^HTTP\/1\.1 101 /);
      expect(plain.heads).toHaveLength(2);
      expect(plain.heads.join('\n')).not.toMatch(/authorization|cnrysecret/i);
      expect(proxy.config.warnings).toEqual([
        expect.stringMatching(/is plain http, so the credentials of user "alice" are not sent$/),
      ]);
    },
  );

  it.each([
    ['a path', '/k8s/c-1', true, '/k8s/c-1/api'],
    ['a path that ends in a slash', '/k8s/c-1/', true, '/k8s/c-1/api'],
    ['a path that is not to be used', '/k8s/c-1', false, '/api'],
    ['a query, which is dropped', '/k8s?token=a#b', true, '/k8s/api'],
  ])('%s', async (_, path, appendServerPath, expected) => {
    const plain = await startPlain();
    const { ask } = await openDoor(undefined, {
      proxy: { appendServerPath },
      kubeconfig: () => ({
        cluster: {
          server: `http://127.0.0.1:${plain.port}${path}`,
          'certificate-authority-data': undefined,
        },
        user: NO_PAIR,
      }),
    });
    expect(await ask(request('GET /api', { headers: CLOSE }))).toMatch(/^HTTP\/1\.1 200 /);
    expect(plain.heads.map((head) => head.split('\n')[0])).toEqual([expected]);
  });

  it('IPv6', async () => {
    const plain = await startPlain('::1');
    const { ask } = await openDoor(undefined, {
      kubeconfig: () => ({
        cluster: { server: `http://[::1]:${plain.port}`, 'certificate-authority-data': undefined },
        user: NO_PAIR,
      }),
    });
    expect(await ask(request('GET /api', { headers: CLOSE }))).toMatch(/^HTTP\/1\.1 200 /);
    expect(plain.heads.join()).toContain(`Host\n[::1]:${plain.port}`);
  });

  it.each([
    [`https://me:${SECRET}@127.0.0.1`, /server holds user information/],
    [`https://${SECRET}@127.0.0.1`, /server holds user information/],
    ['unix:///run/api.sock', /has scheme "unix"; it must be https or http/],
    ['ftp://127.0.0.1', /has scheme "ftp"/],
    ['https://127.0.0.1:99999', /has no valid host and port/],
    ['https://[::1', /has no valid host and port/],
    ['https://127.0.0.1\\evil.example', /a space, backslash or other character/],
    ['https://127.0.0.1 ', /a space, backslash or other character/],
  ])('%s is refused', async (server, reason) => {
    const file = join(emptyFolder(), 'config');
    writeFileSync(
      file,
      JSON.stringify({
        'current-context': 'x',
        contexts: [{ name: 'x', context: { cluster: 'c' } }],
        clusters: [{ name: 'c', cluster: { server } }],
      }),
      { mode: 0o600 },
    );
    const { code, stderr } = await run(...portholeWith([`--kubeconfig=${file}`, '--port=0']));
    expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
    expect(stderr).not.toContain(SECRET);
  });
});

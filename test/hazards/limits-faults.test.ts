import { expect, it } from 'vitest';
import type { Recorder } from '../../src/record/recorder.ts';
import { good, V1, writePlugin } from '../support/plugin.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { pluginsWith } from '../support/start-proxy.ts';
import { openDoor } from './door.ts';

const CLOSE = 'Connection: close\r\n';

it('R09 1,000 requests that come first run a credential plugin once', async () => {
  const plugin = writePlugin(good('of-the-plugin'));
  const door = await openDoor(() => OK, {
    requestCert: false,
    recording: 'records',
    proxy: { plugins: pluginsWith({ PATH: process.env['PATH'] }) },
    kubeconfig: () => ({
      user: {
        'client-certificate-data': undefined,
        'client-key-data': undefined,
        exec: { apiVersion: V1, command: plugin.command, interactiveMode: 'Never' },
      },
    }),
  });
  const clients = await Promise.all(Array.from({ length: 1_000 }, () => door.connect()));
  for (const client of clients) client.send(request('GET /version', { headers: CLOSE }));
  await Promise.all(clients.map((client) => client.untilEnd()));
  expect(new Set(clients.map(({ received }) => received.slice(0, 12)))).toEqual(
    new Set(['HTTP/1.1 200']),
  );
  expect(door.upstream.bytes.match(/Bearer of-the-plugin\r\n/g)).toHaveLength(1_000);
  expect(plugin.runs()).toBe(1);
});

it('R11 a defect in the handling of one request is its own 500, and ends no other one', async () => {
  const broken: Recorder = {
    begin(record) {
      if (record.path === '/fault') throw new Error('a defect that quotes /secret/path');
      return undefined;
    },
    ended() {},
  };
  const door = await openDoor((head) => (head.includes('/slow') ? undefined : OK), {
    recording: 'records',
    proxy: { recorders: [broken] },
  });
  const slow = await door.connect();
  slow.send(request('GET /slow'));
  for (let i = 0; i < 3; i++) {
    const answer = await door.ask(request('GET /fault', { headers: CLOSE }));
    expect(answer).toMatch(/^HTTP\/1\.1 500 .*a defect of porthole's own/s);
    expect(answer).not.toContain('secret');
  }
  expect(slow.ended).toBe(false);
  for (const { socket } of door.upstream.connections) socket.write(OK);
  await slow.untilText('ok');
});

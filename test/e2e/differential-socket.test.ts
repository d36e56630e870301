import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { type Attempt, attempt } from '../support/differential/command-pair.ts';
import { RawClient, request } from '../support/raw-client.ts';

/** What `kubectl` does and, where it is another thing, what docs/kubectl.md says that `porthole` does. */
const programs = [
  { program: 'kubectl', mode: 0o700, leaves: true, evicts: true },
  { program: 'porthole', mode: 0o600, leaves: false, evicts: false },
] as const;

describeOnCluster('places to listen at', (cluster) => {
  describe.each(programs)('--unix-socket of $program', ({ program, mode, leaves, evicts }) => {
    const path = join(mkdtempSync(join(cluster.dir, 'socket-')), 's');
    let running: Attempt;

    beforeAll(async () => {
      running = await attempt(cluster, program, [`--unix-socket=${path}`]);
    });

    afterAll(() => running.command.stop());

    it('is printed', () => {
      expect(running.place).toBe(path);
    });

    it('can be opened by its owner alone', () => {
      expect(statSync(path).mode & 0o777).toBe(mode);
    });

    it.each([
      { host: 'localhost', status: 200 },
      { host: '127.0.0.1:8001', status: 200 },
      { host: 'evil.example', status: 403 },
      { host: 'localhost.evil.com', status: 403 },
    ])('H10 answers $status to the host $host', async ({ host, status }) => {
      expect(await statusOver(path, host)).toBe(status);
    });

    it(`${evicts ? 'is' : 'is not'} taken over while it is served`, async () => {
      const second = await attempt(cluster, program, ['-u', path]);
      await second.command.stop();
      expect(second.outcome).toBe(evicts ? 'serves' : 1);
      if (!evicts) expect(await statusOver(path, 'localhost')).toBe(200);
    });

    it(`${leaves ? 'is left' : 'is removed'} at the end, and a next one starts`, async () => {
      const place = `${path}2`;
      for (let round = 0; round < 2; round++) {
        const { outcome, command } = await attempt(cluster, program, ['-u', place]);
        await command.stop();
        expect([outcome, existsSync(place)]).toEqual(['serves', leaves]);
      }
    });

    it('does not take the place of a file', async () => {
      const place = `${path}3`;
      writeFileSync(place, '');
      expect((await attempt(cluster, program, ['-u', place])).outcome).toBe(1);
      expect(statSync(place).isFile()).toBe(true);
    });
  });

  describe.each([
    { program: 'kubectl', withPort: 403 },
    { program: 'porthole', withPort: 200 },
  ] as const)('--address=[::1] of $program', ({ program, withPort }) => {
    it('serves [::1], and its port is printed', async () => {
      const { place, command } = await attempt(cluster, program, ['--address=[::1]', '-p=0']);
      const port = Number(/^\[::1\]:(\d+)$/.exec(place)?.[1]);
      const ask = (host: string) => statusFrom(RawClient.connect(port, { host: '::1' }), host);
      expect([await ask('[::1]'), await ask(`[::1]:${port}`)]).toEqual([200, withPort]);
      await command.stop();
    });
  });
});

/** The status of /version for this Host over a unix socket. */
function statusOver(path: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(path).on('error', reject);
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1];
      if (status === undefined) return;
      socket.destroy();
      resolve(Number(status));
    });
    socket.write(request('GET /version', { host }));
  });
}

async function statusFrom(
  connecting: Promise<RawClient>,
  host: string,
): Promise<number | undefined> {
  const client = await connecting;
  await client.send(request('GET /version', { host })).untilText('\r\n\r\n');
  client.close();
  return client.statuses[0];
}

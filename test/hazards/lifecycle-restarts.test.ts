import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from '../support/cli.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { startUpstream } from '../support/recording-upstream.ts';
import { startProxy } from '../support/start-proxy.ts';
import { Resources } from './resources.ts';

const RESTARTS = 200;
const CLIENTS = 8;
const VERSION = request('GET /version', { headers: 'Connection: close\r\n' });

/** Asks over and over, on connections of its own; what it got, until it is stopped. */
function asking(where: number | string): { stop(): Promise<string[]> } {
  const got: string[] = [];
  let stopped = false;
  const run = (async () => {
    while (!stopped) {
      const client = await RawClient.connect(where).catch(() => undefined);
      if (client === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      await client.send(VERSION).untilEnd();
      got.push(client.received);
      client.close();
    }
  })();
  return {
    async stop() {
      stopped = true;
      await run;
      return got;
    },
  };
}

describe('G05 200 restarts at the same place, under load', () => {
  it.each(['a port', 'a unix socket'])(
    'G05 on %s: it is never taken, and nobody gets half an answer',
    async (what) => {
      const resources = new Resources();
      const folder = emptyFolder();
      const upstream = await startUpstream();
      const first = await startProxy(upstream);
      const place =
        what === 'a port' ? { port: first.port } : { unixSocket: join(folder, 'porthole') };
      await first.close(0);
      const clients = Array.from({ length: CLIENTS }, () => asking(place.unixSocket ?? place.port));
      let records = 0;
      for (let i = 0; i < RESTARTS; i++) {
        const proxy = await startProxy(upstream, place);
        await proxy.recorded(i % 4);
        await proxy.close(10_000);
        records += proxy.records.length;
        for (const { outcome } of proxy.records) expect(['ok', 'client-gone']).toContain(outcome);
      }
      const got = (await Promise.all(clients.map((client) => client.stop()))).flat();
      // Whoever had connected and was not yet heard is told nothing.
      for (const answer of got) expect(answer).toMatch(/^$|^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nok$/s);
      expect(records).toBeGreaterThan(RESTARTS);
      expect(got.filter((answer) => answer !== '')).toHaveLength(records);
      expect(readdirSync(folder)).toEqual([]);
      await upstream.close();
      await resources.back();
    },
  );
});

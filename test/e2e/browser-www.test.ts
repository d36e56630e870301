import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useChromium } from '../support/browser/chromium.ts';
import { kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { startPorthole } from '../support/proxies.ts';

const DASHBOARD = fileURLToPath(new URL('../support/browser/dashboard', import.meta.url));

const newContext = useChromium();

describeOnCluster('a page of --www', (cluster) => {
  let port: number;
  beforeAll(async () => {
    const proxy = await startPorthole(cluster, { flags: [`--www=${DASHBOARD}`] });
    port = proxy.port;
    return () => proxy.stop();
  });

  describe.each([
    { host: '127.0.0.1', namespace: 'page-by-address' },
    { host: 'localhost', namespace: 'page-by-name' },
  ])('at $host', ({ host, namespace }) => {
    const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
    const events = [201, 'ADDED from-the-page', 200, 'DELETED from-the-page'];

    beforeAll(async () => {
      await kubectl(cluster, ['create', 'namespace', namespace]);
    });

    async function open(): Promise<Page> {
      const page = await (await newContext()).newPage();
      await page.goto(`http://${host}:${port}/static/`);
      return page;
    }

    it('lists', async () => {
      const page = await open();
      expect(await page.evaluate(`names('/api/v1/namespaces/default/pods')`)).toContain('web-0');
    });

    it('creates, watches and deletes: each event of a watch arrives while it is open', async () => {
      const page = await open();
      expect(await page.evaluate(`watchByFetch('${configMaps}')`)).toEqual(events);
    });

    it('watches over a WebSocket', async () => {
      const page = await open();
      expect(await page.evaluate(`watchByWebSocket('${configMaps}')`)).toEqual(events);
    });
  });
});

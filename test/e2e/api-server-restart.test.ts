import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Cluster } from '../support/cluster/cluster.ts';
import { writeKubeconfigs } from '../support/cluster/kubeconfigs.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { writePki } from '../support/cluster/pki.ts';
import { startEtcd, startRestartableApiServer } from '../support/cluster/programs.ts';
import { pidListeningOn, socketsOf } from '../support/open-sockets.ts';
import { type RunningProxy, startKubectlProxy, startPorthole } from '../support/proxies.ts';
import { RawClient, type RawClientOptions, request } from '../support/raw-client.ts';

const WATCHES = 50;

/** An API server that may be ended, with an etcd of its own; ends with the test. */
async function startOwnCluster(shared: Cluster) {
  const dir = mkdtempSync(join(shared.dir, 'restart-'));
  const pki = writePki(dir);
  const place = { assets: shared.assets, dir, pki };
  const etcd = await startEtcd(place);
  onTestFinished(async () => void (await etcd.stop()));
  const apiServer = await startRestartableApiServer(place, etcd.port);
  onTestFinished(async () => void (await apiServer.end('SIGKILL')));
  const { caPem, client, token } = pki;
  const server = `https://127.0.0.1:${apiServer.port}`;
  const kubeconfigs = writeKubeconfigs({ dir, server, caPem, client, token });
  const cluster: Cluster = { ...shared, dir, server, caPem, token, kubeconfigs };
  return { cluster, apiServer, tls: { ca: caPem, ...client } };
}

/** Open watches, each with an event behind it; they end with the test. */
function openWatches(count: number, port: number, options: RawClientOptions = {}) {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const client = await RawClient.connect(port, options);
      onTestFinished(() => client.close());
      await client.send(request('GET /api/v1/namespaces?watch=1')).untilText('"ADDED"');
      return client;
    }),
  );
}

/** Waits for the end, and tells whether it is one that the client takes for whole. */
async function isWholeAtEnd(watch: RawClient): Promise<boolean> {
  const isWhole = (): boolean => watch.received.endsWith('\r\n0\r\n\r\n');
  await watch.until(() => watch.ended || isWhole(), 30_000);
  return isWhole();
}

/** How often the operator was told something. */
function told({ log }: RunningProxy, sentence: RegExp): number {
  return log().filter(({ msg }) => sentence.test(String(msg))).length;
}

describeOnCluster('kube-apiserver is restarted', (shared) => {
  it.for(['SIGKILL', 'SIGTERM'] as const)(
    `by %s: ${WATCHES} watches are cut with it, and all works once it is back`,
    async (signal, { annotate }) => {
      const { cluster, apiServer, tls } = await startOwnCluster(shared);
      const proxy = await startPorthole(cluster);
      onTestFinished(() => proxy.stop());
      const peer = await startKubectlProxy(cluster);
      onTestFinished(() => peer.stop());
      const pid = pidListeningOn(proxy.port);
      const unused = socketsOf(pid);
      const watches = {
        direct: await openWatches(WATCHES, apiServer.port, { tls }),
        'through kubectl proxy': await openWatches(WATCHES, peer.port),
        'through porthole': await openWatches(WATCHES, proxy.port),
      };

      const exit = apiServer.end(signal);
      const began = performance.now();
      const after = () => `${Math.round(performance.now() - began)} ms after ${signal}`;
      const ends = Object.entries(watches).map(async ([how, clients]) => {
        // HTTP/1.1 tells a whole answer by its last chunk (RFC 9112 section 8).
        expect(await Promise.all(clients.map(isWholeAtEnd)), how).not.toContain(true);
        await annotate(`watches ${how} cut: ${after()}`);
      });
      await Promise.all([...ends, exit.then(() => annotate(`API server ended: ${after()}`))]);
      for (const client of watches['through porthole']) client.close();
      await expect.poll(() => socketsOf(pid), { timeout: 10_000 }).toBe(unused);
      const records = () =>
        proxy.log().filter(({ verb, outcome }) => verb === 'watch' && outcome !== undefined);
      await expect.poll(() => records().length, { timeout: 10_000 }).toBe(WATCHES);
      const cut = { outcome: 'upstream-aborted', errorCode: 'ERR_UPSTREAM_ABORTED', status: 200 };
      for (const record of records()) expect(record).toMatchObject(cut);

      for (let i = 0; i < 3; i++) {
        const answer = await fetch(`${proxy.url}/version`);
        expect(answer.status).toBe(502);
        expect(await answer.json()).toMatchObject({
          kind: 'Status',
          reason: 'BadGateway',
          message: expect.stringContaining(`127.0.0.1:${apiServer.port}: connection refused`),
        });
      }
      expect((await fetch(`${peer.url}/version`)).status).toBeGreaterThanOrEqual(500);

      await apiServer.start();
      for (const { url } of [peer, proxy]) expect((await fetch(`${url}/version`)).status).toBe(200);
      await openWatches(WATCHES, proxy.port);
      expect(pidListeningOn(proxy.port)).toBe(pid);
      await expect.poll(() => told(proxy, /^API server is back/), { timeout: 10_000 }).toBe(1);
      expect(told(proxy, /^API server unreachable: /)).toBe(1);
    },
  );
});

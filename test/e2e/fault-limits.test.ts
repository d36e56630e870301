import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startBehindFaults } from '../support/behind-faults.ts';
import { createAll } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { seenIn } from '../support/consistency/direct.ts';
import { socketsOf } from '../support/open-sockets.ts';
import { RawClient, request } from '../support/raw-client.ts';

const FILES = 64;
const CLIENTS = 100;
const WATCH = '/api/v1/namespaces/default/configmaps?watch=1';

const HEAP_MEGABYTES = 64;
const NAMESPACE = 'large';
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const LARGE = 'x'.repeat(400_000);
const OBJECTS = 50;
const READERS = 20;

describeOnCluster('a porthole at its limits', (cluster) => {
  it('of open files serves those that it can, and all once there is room again', async ({
    annotate,
  }) => {
    const { proxy, pid } = await startBehindFaults(cluster);
    expect((await fetch(`${proxy.url}/version`)).status).toBe(200);
    const open = await RawClient.connect(proxy.port);
    onTestFinished(() => open.close());
    await open.send(request(`GET ${WATCH}`)).untilText('HTTP/1.1 200 OK');
    const unused = socketsOf(pid);
    execFileSync('prlimit', [`--pid=${pid}`, `--nofile=${FILES}:${FILES * 2}`]);

    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const client = await RawClient.connect(proxy.port).catch(() => undefined);
        if (client === undefined) return undefined;
        onTestFinished(() => client.close());
        return client.send(request(`GET ${WATCH}`));
      }),
    );
    const isTold = (client: RawClient | undefined) =>
      client === undefined || client.ended || client.statuses.length > 0;
    await expect.poll(() => clients.every(isTold), { timeout: 20_000 }).toBe(true);
    const served = clients.filter((client) => client?.statuses[0] === 200).length;
    const refused = clients.filter((client) => client?.statuses[0] === 502).length;
    await annotate(`${served} served, ${refused} answered with 502, the others closed`);
    expect(served).toBeGreaterThan(20);
    expect(served).toBeLessThan(FILES);
    expect(open.ended).toBe(false);

    for (const client of clients) client?.close();
    await expect.poll(() => socketsOf(pid), { timeout: 10_000 }).toBeLessThanOrEqual(unused + 1);
    expect((await fetch(`${proxy.url}/version`)).status).toBe(200);
  });

  it(`of memory (${HEAP_MEGABYTES} MB of heap) passes on large lists to readers that are slow, and large writes`, {
    timeout: 120_000,
  }, async ({ annotate }) => {
    await createAll(cluster, [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    ]);
    const env = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}` };
    const { proxy, direct } = await startBehindFaults(cluster, { env });
    const names = Array.from({ length: OBJECTS }, (_, nth) => `large-${nth}`);
    await Promise.all(
      names.map(async (name) => {
        const body = JSON.stringify({ metadata: { name }, data: { text: LARGE } });
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(`${proxy.url}${MAPS}`, { method: 'POST', headers, body });
        expect(answer.status).toBe(201);
        await answer.arrayBuffer();
      }),
    );
    const expected = Buffer.byteLength(await direct.ask('GET', MAPS));
    await annotate(`${READERS} lists of ${Math.round(expected / 1e6)} MB`);
    expect(expected).toBeGreaterThan(OBJECTS * LARGE.length);
    const lists = await Promise.all(
      Array.from({ length: READERS }, async () => {
        const answer = await fetch(`${proxy.url}${MAPS}`);
        await sleep(500); // nobody reads
        let length = 0;
        for await (const part of answer.body ?? []) length += (part as Uint8Array).length;
        return length;
      }),
    );
    expect(lists).toEqual(lists.map(() => expected));
    const list = await (await fetch(`${proxy.url}${MAPS}`)).text();
    expect(
      seenIn(list)
        .objects.map(({ name }) => name)
        .sort(),
    ).toEqual([...names].sort());
    await direct.ask('DELETE', MAPS);
  });
});

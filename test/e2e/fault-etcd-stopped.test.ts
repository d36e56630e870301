import { expect, it, onTestFinished } from 'vitest';
import { startBehindFaults } from '../support/behind-faults.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { startOwnCluster } from '../support/own-cluster.ts';
import { RawClient, request } from '../support/raw-client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const LAST_CHUNK = '\r\n0\r\n\r\n';

describeOnCluster('etcd is stopped', (shared) => {
  it("and the API server's own answers pass as they are; watches stay, and all goes on with etcd", async () => {
    const { cluster, etcd } = await startOwnCluster(shared);
    const { proxy, direct } = await startBehindFaults(cluster);
    const watch = await RawClient.connect(proxy.port);
    onTestFinished(() => watch.close());
    await watch.send(request(`GET ${MAPS}?watch=1`)).untilText('HTTP/1.1 200 OK');
    const map = (name: string) => ({ metadata: { name } });
    await direct.ask('POST', MAPS, map('before'));
    await watch.untilText('"before"');

    process.kill(etcd.pid, 'SIGSTOP');
    const asked = [
      { method: 'GET', path: MAPS },
      { method: 'GET', path: '/healthz' },
      { method: 'POST', path: MAPS, body: JSON.stringify(map('during')) },
    ];
    await Promise.all(
      asked.map(async ({ method, path, body }) => {
        const own = await direct.ask(method, path, body && JSON.parse(body)).catch(String);
        const headers = { 'content-type': 'application/json' };
        const rest = body === undefined ? {} : { body, headers };
        const answer = await fetch(`${proxy.url}${path}`, { method, ...rest });
        expect(answer.status).toBeGreaterThanOrEqual(500);
        const told = `Error: ${method} ${path}: ${answer.status} ${await answer.text()}`;
        expect(told).not.toContain('porthole');
        // Of its health it says what it found until its time was over, which may be more or less.
        if (path !== '/healthz') expect(told).toBe(own);
      }),
    );
    const records = () => proxy.log().filter(({ status }) => Number(status) >= 500);
    await expect.poll(() => records().length).toBe(asked.length);
    for (const record of records()) expect(record).toMatchObject({ outcome: 'ok' });
    expect(watch.ended).toBe(false);

    process.kill(etcd.pid, 'SIGCONT');
    await expect
      .poll(() => direct.ask('POST', MAPS, map('after')).then(String, String), { timeout: 30_000 })
      .toMatch(/"name":"after"|already exists/);
    expect((await fetch(`${proxy.url}${MAPS}`)).status).toBe(200);
    await watch.untilText('"after"');
    expect(watch.received).not.toContain(LAST_CHUNK);
  });
});

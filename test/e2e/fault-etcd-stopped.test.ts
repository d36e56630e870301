import { expect, it, onTestFinished } from 'vitest';
import { startBehindFaults } from '../support/behind-faults.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { startOwnCluster } from '../support/own-cluster.ts';
import { RawClient, request } from '../support/raw-client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const LAST_CHUNK = '\r\n0\r\n\r\n';
const TRIES = 8;

/**
 * What `ask` is told, asked again where the API server closed the connection in place of an answer: it does so when its own
 * time limit comes while it writes that etcd's is over (its WithTimeoutForNonLongRunningRequests aborts the handler then).
 */
const answerOf = async (ask: () => Promise<string>, hungUp: RegExp): Promise<string> => {
  for (let tries = 1; ; tries++) {
    const told = await ask();
    if (!hungUp.test(told) || tries === TRIES) return told;
  }
};

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
        const own = await answerOf(
          () => direct.ask(method, path, body && JSON.parse(body)).catch(String),
          /socket hang up/,
        );
        const headers = { 'content-type': 'application/json' };
        const rest = body === undefined ? {} : { body, headers };
        const told = await answerOf(async () => {
          const answer = await fetch(`${proxy.url}${path}`, { method, ...rest });
          expect(answer.status).toBeGreaterThanOrEqual(500);
          return `Error: ${method} ${path}: ${answer.status} ${await answer.text()}`;
        }, /: 502 .*porthole/);
        expect(told).not.toContain('porthole');
        // Of its health it says what it found until its time was over, which may be more or less.
        if (path !== '/healthz') expect(told).toBe(own);
      }),
    );
    // A 502 is porthole's own word for a connection that was closed in place of an answer (above).
    const records = () =>
      proxy.log().filter(({ status }) => Number(status) >= 500 && status !== 502);
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

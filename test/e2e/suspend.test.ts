import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Cluster } from '../support/cluster/cluster.ts';
import { kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { pidListeningOn } from '../support/open-sockets.ts';
import { startPorthole } from '../support/proxies.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { startRelay } from '../support/relays.ts';

/** Longer than the pool's period and its limit together (`JUMP` in machine-events.ts). */
const SUSPENDED_MS = 16_000;
const WATCH = '/api/v1/namespaces/default/configmaps?watch=1';

/** porthole, on its way to the API server by a relay that counts connections; all of it ends with the test. */
async function startBehindRelay(cluster: Cluster) {
  const relay = await startRelay(Number(new URL(cluster.server).port));
  onTestFinished(() => relay.close());
  const kubeconfig = join(mkdtempSync(join(cluster.dir, 'suspend-')), 'kubeconfig');
  const config = JSON.parse(readFileSync(cluster.kubeconfigs.certificateData, 'utf8'));
  config.clusters[0].cluster.server = `https://127.0.0.1:${relay.port}`;
  writeFileSync(kubeconfig, JSON.stringify(config));
  const proxy = await startPorthole(cluster, { kubeconfig });
  onTestFinished(() => proxy.stop());
  const pid = pidListeningOn(proxy.port);
  onTestFinished(() => void process.kill(pid, 'SIGCONT'));
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(proxy.port);
    onTestFinished(() => client.close());
    return client;
  };
  return { relay, pid, connect };
}

/** Another answer on the same connection. */
async function ask(client: RawClient): Promise<void> {
  client.received = '';
  await client.send(request('GET /version')).untilText('gitVersion');
}

describeOnCluster('a porthole that was suspended', (cluster) => {
  it('does not trust its idle connections, answers at once, and goes on with its watches', async ({
    annotate,
  }) => {
    const { relay, pid, connect } = await startBehindRelay(cluster);
    const [client, watch] = await Promise.all([connect(), connect()]);
    await watch.send(request(`GET ${WATCH}`)).untilText('HTTP/1.1 200 OK');
    await ask(client);
    expect(relay.accepted).toBe(2);

    // A moment is no sleep.
    process.kill(pid, 'SIGSTOP');
    process.kill(pid, 'SIGCONT');
    await ask(client);
    expect(relay.accepted).toBe(2);

    process.kill(pid, 'SIGSTOP');
    await sleep(SUSPENDED_MS);
    client.received = '';
    client.send(request('GET /version'));
    expect(relay.accepted).toBe(2);
    process.kill(pid, 'SIGCONT');
    const woken = performance.now();
    await client.untilText('gitVersion');
    await annotate(`answered ${Math.round(performance.now() - woken)} ms after it went on`);
    expect(relay.accepted).toBe(3);
    // The watch's and the new one.
    await expect.poll(() => relay.open).toBe(2);
    await ask(client);
    expect(relay.accepted).toBe(3);

    await kubectl(cluster, ['create', 'configmap', 'after-suspend']);
    await watch.untilText('"after-suspend"');
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { announced, announcements, expectFlawless } from '../support/announcements.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { createAll } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { rotatedUser } from '../support/cluster/pki.ts';
import { byPlugin, userKubeconfig } from '../support/cluster/user-kubeconfig.ts';
import { startCountedWire } from '../support/counted-wire.ts';
import { startLoad, tally } from '../support/load.ts';
import { execCredential, type Plugin, writePlugin } from '../support/plugin.ts';
import { type RunningProxy, startKubectlProxy, startPorthole } from '../support/proxies.ts';
import { startWatch } from '../support/watching.ts';

const CLIENTS = 20;
const EVERY_MS = 100;
/** How long a pair is said to be good for; the last one is good for an hour. */
const LIFE_S = 5;
const OBTAINED = /^(obtained|renewed) credentials: exec plugin/;
/** Nothing but sentences for the operator on stderr. */
const QUIET = ['--log-file=/dev/null'];
const SOON = { timeout: 20_000 };
const WATCH = '/api/v1/namespaces/default/configmaps?watch=true';

describeOnCluster('a client certificate that a plugin renews', (cluster) => {
  const users = cluster.rotated.map((_, nth) => rotatedUser(nth));

  it('fails no request, cuts watches at once or after --rotation-grace, and leaves no old connection', async ({
    annotate,
  }) => {
    const strict = await startRotating(cluster, (kubeconfig) =>
      startPorthole(cluster, { kubeconfig, flags: QUIET }),
    );
    const lenient = await startRotating(cluster, (kubeconfig) =>
      startPorthole(cluster, { kubeconfig, flags: [...QUIET, '--rotation-grace=1h'] }),
    );
    const kubectlProxy = await startRotating(cluster, (kubeconfig) =>
      startKubectlProxy(cluster, [`--kubeconfig=${kubeconfig}`]),
    );

    // The plugins of the three have nothing to do with each other.
    await expect.poll(() => strict.watch.state, SOON).toBe('cut');
    await expect.poll(() => kubectlProxy.watch.state, SOON).toBe('cut');
    const changes = await announced(strict.proxy, OBTAINED, users.length);
    const lenientChanges = await announced(lenient.proxy, OBTAINED, users.length);
    const metadata = { name: 'after-rotation', namespace: 'default' };
    await createAll(cluster, [{ apiVersion: 'v1', kind: 'ConfigMap', metadata }]);
    await expect.poll(() => lenient.watch.received, SOON).toContain(metadata.name);
    expect(lenient.watch.state).toBe('open');

    const stillOpen = (rotating: Rotating) => rotating.first.filter(({ isOpen }) => isOpen).length;
    await expect.poll(() => stillOpen(strict), SOON).toBe(0);
    await expect.poll(() => stillOpen(lenient), SOON).toBe(1);

    await expectFlawless(cluster, await strict.load.stop(), users, changes);
    await expectFlawless(cluster, await lenient.load.stop(), users, lenientChanges);
    expect([strict.plugin.runs(), lenient.plugin.runs()]).toEqual([users.length, users.length]);
    const theirs = await kubectlProxy.load.stop();
    await annotate(`through kubectl proxy: ${JSON.stringify(tally(theirs))}`);
  });
});

/** Hands out the pairs one after the other, and the last one from then on. */
function handsOut(pairs: number): string {
  return `
n=$(($(wc -l <"$0.runs")))
life=${LIFE_S}
if [ $n -ge ${pairs} ]; then n=${pairs} life=3600; fi
until=$('${process.execPath}' -p "new Date(Date.now() + $life * 1000).toISOString()")
sed "s/UNTIL/$until/" "$0.pair-$n"`;
}

type Rotating = Awaited<ReturnType<typeof startRotating>>;

/** A proxy with a plugin of its own, a watch and clients, and the connections that it has then. */
async function startRotating(
  cluster: Cluster,
  start: (kubeconfig: string) => Promise<RunningProxy>,
) {
  const plugin = writePlugin(handsOut(cluster.rotated.length));
  for (const [nth, { cert, key }] of cluster.rotated.entries()) {
    const status = {
      clientCertificateData: cert,
      clientKeyData: key,
      expirationTimestamp: 'UNTIL',
    };
    writeFileSync(`${plugin.command}.pair-${nth + 1}`, execCredential(status));
  }
  const wire = await startCountedWire(Number(new URL(cluster.server).port));
  const kubeconfig = writeKubeconfig(cluster, plugin, wire.port);
  const proxy = await start(kubeconfig);
  onTestFinished(async () => {
    await proxy.stop();
    await wire.close();
  });
  const watch = await startWatch(proxy.port, WATCH);
  const load = startLoad(proxy.port, CLIENTS, EVERY_MS);
  onTestFinished(async () => {
    watch.stop();
    await load.stop();
  });
  await expect.poll(() => load.seen.length, SOON).toBeGreaterThan(CLIENTS);
  const first = wire.open();
  expect(announcements(proxy, OBTAINED).length, 'certificates so far').toBeLessThan(2);
  return { plugin, proxy, watch, load, first };
}

function writeKubeconfig(cluster: Cluster, { command, folder }: Plugin, port: number): string {
  const path = join(folder, 'kubeconfig');
  const server = `https://127.0.0.1:${port}`;
  writeFileSync(path, userKubeconfig(cluster, { robot: byPlugin(command) }, 'robot', server));
  return path;
}

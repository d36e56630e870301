import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { announced, expectFlawless } from '../support/announcements.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { rotatedUser } from '../support/cluster/pki.ts';
import { userKubeconfig } from '../support/cluster/user-kubeconfig.ts';
import { startCountedWire } from '../support/counted-wire.ts';
import { startLoad } from '../support/load.ts';
import { startPorthole } from '../support/proxies.ts';
import { startWatch } from '../support/watching.ts';

const CLIENTS = 20;
const EVERY_MS = 100;
const RENEWED = /the client certificate was renewed \(valid until /;
const MISMATCH = /do(es)? not .*; the configuration in use stays$/;
const BROKEN =
  /the client certificate is not a PEM certificate .*; the configuration in use stays$/;
const SOON = { timeout: 20_000 };
const WATCH = '/api/v1/namespaces/default/configmaps?watch=true';

describeOnCluster('client certificate files that are replaced', (cluster) => {
  const users = cluster.rotated.map((_, nth) => rotatedUser(nth));

  it('are followed, half of a pair or a broken one changes nothing, and no request fails meanwhile', async () => {
    const files = writeFiles(cluster);
    const wire = await startCountedWire(Number(new URL(cluster.server).port));
    const kubeconfig = files.writeKubeconfig(`https://127.0.0.1:${wire.port}`);
    const proxy = await startPorthole(cluster, { kubeconfig, flags: ['--log-file=/dev/null'] });
    const watch = await startWatch(proxy.port, WATCH);
    const load = startLoad(proxy.port, CLIENTS, EVERY_MS);
    onTestFinished(async () => {
      watch.stop();
      await load.stop();
      await proxy.stop();
      await wire.close();
    });
    await expect.poll(() => load.seen.length, SOON).toBeGreaterThan(CLIENTS);
    const first = wire.open();

    // As a tool does that writes one after the other, and is slow about it.
    files.write('cert', 1);
    await announced(proxy, MISMATCH, 1);
    await more(load);
    files.write('key', 1);
    await announced(proxy, RENEWED, 1);
    await expect.poll(() => watch.state, SOON).toBe('cut');
    await expect.poll(() => first.filter(({ isOpen }) => isOpen), SOON).toEqual([]);

    files.rename('cert', 2);
    files.rename('key', 2);
    await announced(proxy, RENEWED, 2);

    files.write('cert', 'no certificate');
    await announced(proxy, BROKEN, 1);
    await more(load);
    files.rename('key', 3);
    files.rename('cert', 3);
    const changes = await announced(proxy, RENEWED, 3);
    await more(load);

    const since = [{ at: 0, text: 'the start' }, ...changes];
    await expectFlawless(cluster, await load.stop(), users, since);
  });
});

/** Waits until each client has had time for another request. */
async function more(load: ReturnType<typeof startLoad>): Promise<void> {
  const before = load.seen.length;
  await expect.poll(() => load.seen.length, SOON).toBeGreaterThan(before + CLIENTS);
}

/** The files of a user's pair, at first the one of `rotatedUser(0)`, and ways to put another one into their place. */
function writeFiles(cluster: Cluster) {
  const folder = mkdtempSync(join(cluster.dir, 'pair-'));
  const paths = { cert: join(folder, 'user.crt'), key: join(folder, 'user.key') };
  const contentOf = (file: 'cert' | 'key', nth: number | string): string =>
    typeof nth === 'string' ? nth : (cluster.rotated[nth]?.[file] ?? '');
  const write = (file: 'cert' | 'key', nth: number | string): void =>
    writeFileSync(paths[file], contentOf(file, nth), { mode: 0o600 });
  write('cert', 0);
  write('key', 0);
  return {
    ...paths,
    write,
    rename(file: 'cert' | 'key', nth: number): void {
      writeFileSync(`${paths[file]}.new`, contentOf(file, nth), { mode: 0o600 });
      renameSync(`${paths[file]}.new`, paths[file]);
    },
    writeKubeconfig(server: string): string {
      const path = join(folder, 'kubeconfig');
      const user = { 'client-certificate': 'user.crt', 'client-key': 'user.key' };
      writeFileSync(path, userKubeconfig(cluster, { robot: user }, 'robot', server));
      return path;
    },
  };
}

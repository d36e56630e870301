import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { clientEnv, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { type RunningProxy, startDemo, startPorthole } from '../support/proxies.ts';
import { itRunsTheTour, readTour } from '../support/tour.ts';

describeOnCluster('the tour of the README, as printed', (cluster) => {
  const tour = readTour();
  const { certificateData, token, none } = cluster.kubeconfigs;
  const workDir = () => mkdtempSync(join(cluster.dir, 'tour-'));
  const doors = [
    { title: 'against the demo', open: () => startDemo(workDir()) },
    {
      title: 'against kube-apiserver, by client certificate',
      open: () => startPorthole(cluster, { kubeconfig: certificateData }),
    },
    {
      title: 'against kube-apiserver, by token',
      open: () => startPorthole(cluster, { kubeconfig: token }),
    },
  ];
  describe.each(doors)('$title', ({ open }) => {
    const cwd = workDir();
    let proxy: RunningProxy;
    beforeAll(async () => {
      proxy = await open();
      return () => proxy.stop();
    });
    afterAll(async () => {
      // The tour need not end with its pod deleted.
      await kubectl(cluster, ['delete', 'pod', 'hello', '-n', 'project1', '--ignore-not-found']);
    });
    itRunsTheTour(tour, () => ({ host: proxy.url, cwd, env: clientEnv(cluster, none) }));
  });
});

import type { TestProject } from 'vitest/node';
import { findAssets } from '../support/cluster/assets.ts';
import { startCluster } from '../support/cluster/cluster.ts';

const SKIPPED =
  'e2e SKIPPED: KUBEBUILDER_ASSETS is not set (a folder with kube-apiserver, etcd, kubectl, helm and streamlet)';

/** One cluster for all files of the e2e project. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const assets = findAssets(process.env);
  if (assets === null) {
    console.error(SKIPPED);
    project.provide('cluster', null);
    return undefined;
  }
  const { cluster, stop } = await startCluster(assets);
  project.provide('cluster', cluster);
  return stop;
}

import { describe, inject, it } from 'vitest';
import type { Cluster } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Null when there is no KUBEBUILDER_ASSETS: every end-to-end test is then skipped. */
    cluster: Cluster | null;
  }
}

/** A `describe` whose tests need the cluster, and are skipped where there is none. */
export function describeOnCluster(name: string, body: (cluster: Cluster) => void): void {
  const cluster = inject('cluster');
  describe.skipIf(cluster === null)(name, () => {
    if (cluster === null) it('needs KUBEBUILDER_ASSETS', () => {});
    else body(cluster);
  });
}

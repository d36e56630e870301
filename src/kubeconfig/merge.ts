import type { Kubeconfig } from './entries.ts';

/** For each name the first file's entry is taken whole, and the first current-context (client-go `mergeValues`). */
export function mergeKubeconfigs(kubeconfigs: readonly Kubeconfig[]): Kubeconfig {
  return {
    currentContext: kubeconfigs.find((file) => file.currentContext !== undefined)?.currentContext,
    clusters: firstOfEach(kubeconfigs.map((file) => file.clusters)),
    users: firstOfEach(kubeconfigs.map((file) => file.users)),
    contexts: firstOfEach(kubeconfigs.map((file) => file.contexts)),
  };
}

function firstOfEach<T>(maps: readonly ReadonlyMap<string, T>[]): Map<string, T> {
  return new Map(maps.toReversed().flatMap((map) => [...map]));
}

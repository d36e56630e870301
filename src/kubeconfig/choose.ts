import { printable, quote } from '../printable.ts';
import { didYouMean } from './did-you-mean.ts';
import {
  type ClusterEntry,
  type ContextEntry,
  EMPTY_CLUSTER,
  EMPTY_USER,
  type Kubeconfig,
  type UserEntry,
} from './entries.ts';
import type { KubeconfigFlags } from './kubeconfig.ts';

/** The entries that a kubeconfig and `--context`, `--cluster`, `--user` point at. */
export interface Choice {
  readonly contextName: string | undefined;
  readonly clusterName: string | undefined;
  readonly cluster: ClusterEntry;
  readonly userName: string | undefined;
  readonly user: UserEntry;
  /** As configured; undefined where nothing says. */
  readonly namespace: string | undefined;
}

/**
 * Which context, cluster and user? As client-go `DirectClientConfig`, but a context that names a cluster or user that does
 * not exist is an error, where kubectl goes to localhost:8080 or asks for a password. Adds to `problems` about every name
 * that does not exist; its entry is then an empty one.
 */
export function choose(kubeconfig: Kubeconfig, flags: KubeconfigFlags, problems: string[]): Choice {
  const contextName = flags.context || kubeconfig.currentContext;
  const context = contextName === undefined ? undefined : kubeconfig.contexts.get(contextName);
  const choice = {
    user: pick(kubeconfig.users, 'user', flags.user, context, contextName, problems),
    cluster: pick(kubeconfig.clusters, 'cluster', flags.cluster, context, contextName, problems),
  };
  if (contextName !== undefined && context === undefined)
    problems.push(missingContext(contextName, kubeconfig, flags));
  return {
    contextName,
    clusterName: choice.cluster.name,
    cluster: choice.cluster.entry ?? EMPTY_CLUSTER,
    userName: choice.user.name,
    user: choice.user.entry ?? EMPTY_USER,
    namespace: context?.namespace,
  };
}

function pick<T>(
  entries: ReadonlyMap<string, T>,
  kind: 'cluster' | 'user',
  flag: string | undefined,
  context: ContextEntry | undefined,
  contextName: string | undefined,
  problems: string[],
): { readonly name: string | undefined; readonly entry: T | undefined } {
  const name = flag || context?.[kind];
  const entry = name === undefined ? undefined : entries.get(name);
  if (name !== undefined && entry === undefined) {
    // kubectl knows users as "auth info" here.
    const wanted = flag
      ? `${kind === 'user' ? 'auth info' : kind} ${quote(name)} does not exist`
      : `${printable(context?.file ?? '')}: ${kind} ${quote(name)} was not found for context ${quote(contextName ?? '')}`;
    problems.push(wanted + didYouMean(name, kind, entries.keys()));
  }
  return { name, entry };
}

function missingContext(name: string, kubeconfig: Kubeconfig, flags: KubeconfigFlags): string {
  const hint = didYouMean(name, 'context', kubeconfig.contexts.keys());
  return flags.context
    ? `context ${quote(name)} does not exist${hint}`
    : `context was not found for specified context: ${printable(name)} (it is the current-context)${hint}`;
}

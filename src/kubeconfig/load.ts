import { PortholeError } from '../errors.ts';
import { type Choice, choose } from './choose.ts';
import type { Kubeconfig } from './entries.ts';
import { type LoadingList, loadingList, readKubeconfigs } from './files.ts';
import { inCluster, inClusterProblem, SERVICE_ACCOUNT_DIR } from './in-cluster.ts';
import type { KubeconfigFlags, ResolvedConfig } from './kubeconfig.ts';
import { overrideCluster, overrideNamespace, overrideUser } from './override.ts';
import { printable, quote } from './printable.ts';
import { resolveChoice } from './resolve.ts';

/** All that the outcome depends on, but for the files themselves. */
export interface LoadOptions {
  readonly flags: KubeconfigFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly now: Date;
  /** Default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly serviceAccountDir?: string;
}

/**
 * Which cluster, and as which user? From the flags, the kubeconfigs they or `KUBECONFIG` or the home folder name, or the pod
 * that this is, as client-go does. Reads the certificates and keys that are named, too, to judge them.
 * @throws {PortholeError} `ERR_KUBECONFIG`: one line that names file and entry, says what to do, and holds no secret
 */
export function loadKubeconfig(options: LoadOptions): ResolvedConfig {
  const { flags, env, cwd, now } = options;
  const dir = options.serviceAccountDir ?? SERVICE_ACCOUNT_DIR;
  const warnings: string[] = [];
  const finish = (choice: Choice, files: readonly string[]) =>
    resolveChoice(withFlags(choice, flags, cwd), files, now, warnings);

  if (flags.inCluster) return finish(inCluster(env, dir, warnings), []);
  const list = loadingList(flags.kubeconfig, env, options.platform);
  const { kubeconfig, files } = readKubeconfigs(list, cwd);
  if (list.from === 'KUBECONFIG' && files.length === 0)
    warnings.push(`Config not found: ${list.paths.map(printable).join(', ')}`);
  const choice = choose(kubeconfig, flags);
  if (pointsAtServer(choice, flags)) return finish(withDefaultServer(choice, env), files);
  if (inClusterProblem(env, dir) === undefined) return finish(inCluster(env, dir, warnings), []);
  if (env['KUBERNETES_MASTER']) return finish(withDefaultServer(choice, env), files);
  throw nothingChosen(kubeconfig, list);
}

function pointsAtServer(choice: Choice, flags: KubeconfigFlags): boolean {
  return (
    choice.contextName !== undefined || choice.clusterName !== undefined || Boolean(flags.server)
  );
}

function withFlags(choice: Choice, flags: KubeconfigFlags, cwd: string): Choice {
  return {
    ...choice,
    cluster: overrideCluster(choice.cluster, flags, cwd),
    user: overrideUser(choice.user, flags, cwd),
    namespace: overrideNamespace(choice.namespace, flags),
  };
}

/** `KUBERNETES_MASTER` stands in for a cluster's missing server; kubectl's localhost:8080 after it does not. */
function withDefaultServer(choice: Choice, env: LoadOptions['env']): Choice {
  const server = choice.cluster.server ?? (env['KUBERNETES_MASTER'] || undefined);
  return { ...choice, cluster: { ...choice.cluster, server } };
}

function nothingChosen(kubeconfig: Kubeconfig, list: LoadingList): PortholeError {
  const searched = list.paths.map(printable).join(', ');
  const contexts = [...kubeconfig.contexts.keys()];
  if (contexts.length > 0) {
    const some = contexts.slice(0, 5).map(quote).join(', ');
    return new PortholeError(
      'ERR_KUBECONFIG',
      `no context is chosen: ${searched} sets no current-context; pass --context, for example one of ${some}`,
    );
  }
  return new PortholeError(
    'ERR_KUBECONFIG',
    `Missing or incomplete configuration info (searched: ${searched}). Please point to an existing, complete config file: 1. Via the command-line flag --kubeconfig 2. Via the KUBECONFIG environment variable 3. In your home directory as ~/.kube/config`,
  );
}

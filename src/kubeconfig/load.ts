import { PortholeError } from '../errors.ts';
import { printable, quote } from '../printable.ts';
import { type Choice, choose } from './choose.ts';
import type { Kubeconfig, UserEntry } from './entries.ts';
import { exposureWarnings } from './exposure.ts';
import { type FoundKubeconfigs, type LoadingList, loadingList, readKubeconfigs } from './files.ts';
import type { Fingerprints } from './fingerprint.ts';
import { inCluster, inClusterProblem, SERVICE_ACCOUNT_DIR } from './in-cluster.ts';
import { joinProblems } from './join-problems.ts';
import type { KubeconfigFlags, ResolvedConfig } from './kubeconfig.ts';
import { overrideCluster, overrideNamespace, overrideUser } from './override.ts';
import { resolveChoice } from './resolve.ts';
import { SourceReader } from './source-reader.ts';

/** All that the outcome depends on, but for the files themselves. */
export interface LoadOptions {
  readonly flags: KubeconfigFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly now: Date;
  /** Default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly serviceAccountDir?: string;
  /** It was loaded before: what would be waited for, such as a pipe, is refused. */
  readonly again?: boolean;
}

/** What a loading has found when it succeeds or fails; what it did not come to is undefined. */
export interface Trace {
  list?: LoadingList;
  found?: FoundKubeconfigs;
  /** It is the pod's service account that `chosen` describes. */
  inCluster?: boolean;
  /** The entries as they stand in the files, and with what flags and environment make of them. */
  chosen?: Choice;
  effective?: Choice;
  /** `ResolvedConfig.sources` as they were read; after a failure also a token file that could not be used. */
  sources?: Fingerprints;
  readonly warnings: string[];
}

/**
 * Which cluster, and as which user? From the flags, the kubeconfigs they or `KUBECONFIG` or the home folder name, or the pod
 * that this is, as client-go does. Reads the certificates and keys that are named, too, to judge them.
 * @throws {PortholeError} `ERR_KUBECONFIG`: one line that names file and entry, says what to do, and holds no secret
 */
export function loadKubeconfig(options: LoadOptions): ResolvedConfig {
  return traceLoading(options, { warnings: [] });
}

/** The same, and what it finds on the way is left in `trace`, also when it throws. */
export function traceLoading(options: LoadOptions, trace: Trace): ResolvedConfig {
  const reader = new SourceReader(options.again);
  try {
    const choice = select(options, reader, trace);
    const files = trace.inCluster ? [] : (trace.found?.files ?? []);
    trace.warnings.push(...exposureWarnings(files, holdingSecrets(trace.found?.kubeconfig)));
    return resolveChoice(choice, files, { reader, now: options.now, warnings: trace.warnings });
  } finally {
    trace.sources = reader.sources;
  }
}

/** Of files merged into one, an entry that another file of the list has before counts as that one's. */
function holdingSecrets(kubeconfig: Kubeconfig | undefined): (file: string) => boolean {
  const users = [...(kubeconfig?.users.values() ?? [])];
  return (path) => users.some((user) => user.file === path && holdsSecret(user));
}

function holdsSecret({ clientKeyData, token, password, authProvider }: UserEntry): boolean {
  return [clientKeyData, token, password, authProvider].some(Boolean);
}

function select(options: LoadOptions, reader: SourceReader, trace: Trace): Choice {
  const { flags, env, cwd } = options;
  const { warnings } = trace;
  const dir = options.serviceAccountDir ?? SERVICE_ACCOUNT_DIR;
  const take = (choice: Choice): Choice => {
    trace.chosen = choice;
    trace.effective = withFlags(withDefaultServer(choice, env), flags, cwd);
    return trace.effective;
  };
  const takePod = (): Choice => {
    trace.inCluster = true;
    return take(inCluster(env, dir, reader, warnings));
  };

  if (flags.inCluster) return takePod();
  const list = loadingList(flags.kubeconfig, env, options.platform);
  trace.list = list;
  trace.found = readKubeconfigs(list, cwd, reader);
  const { kubeconfig, files } = trace.found;
  if (list.from === 'KUBECONFIG' && files.length === 0)
    warnings.push(`Config not found: ${list.paths.map(printable).join(', ')}`);
  const problems: string[] = [];
  const choice = choose(kubeconfig, flags, problems);
  const effective = take(choice);
  if (problems.length > 0) throw new PortholeError('ERR_KUBECONFIG', joinProblems(problems));
  if (pointsAtServer(choice, flags)) return effective;
  if (inClusterProblem(env, dir) === undefined) return takePod();
  if (env['KUBERNETES_MASTER']) return effective;
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

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { asPortholeError } from '../errors.ts';
import { quote } from '../printable.ts';
import type { Choice } from './choose.ts';
import {
  type ClusterEntry,
  EMPTY_CLUSTER,
  EMPTY_USER,
  type Kubeconfig,
  type UserEntry,
} from './entries.ts';
import { type FoundKubeconfigs, type LoadingList, readKubeconfigs } from './files.ts';
import type { KubeconfigFlags, ResolvedConfig } from './kubeconfig.ts';
import { type LoadOptions, type Trace, traceLoading } from './load.ts';
import { overrideCluster, overrideNamespace, overrideUser } from './override.ts';

/** Who says a thing: a flag, an entry, a variable of the environment, the pod. Printable, but for `file`. */
export interface Source {
  readonly what: string;
  /** The kubeconfig that it stands in. */
  readonly file: string | undefined;
}

export interface Sourced {
  readonly value: string;
  readonly source: Source;
}

/** An entry with flags and environment merged in. It may hold secrets, and nobody has judged it. */
export interface ExplainedEntry<T> {
  readonly name: Sourced | undefined;
  readonly entry: T;
  /** For each field of `entry` that is set, who set it. */
  readonly sources: ReadonlyMap<keyof T, Source>;
  /** Fields that the kubeconfig sets and a flag takes away, as `--server` does with `tls-server-name`. */
  readonly setAside: readonly (keyof T)[];
}

/** A place where a kubeconfig was looked for. */
export interface SoughtFile {
  /** Absolute. */
  readonly path: string;
  readonly state: 'loaded' | 'missing' | 'unusable';
}

/** What flags and files point at, whether it can be used or not. */
export interface ExplainedChoice {
  readonly context: Sourced | undefined;
  readonly namespace: Sourced;
  readonly cluster: ExplainedEntry<ClusterEntry>;
  readonly user: ExplainedEntry<UserEntry>;
}

/** How `loadKubeconfig` comes to its result. */
export interface Explanation {
  /** Who named the files; undefined when `--in-cluster` keeps them from being looked for. */
  readonly from: LoadingList['from'] | undefined;
  readonly files: readonly SoughtFile[];
  /** The pod's service account is used, and no entry. */
  readonly inCluster: boolean;
  /** Undefined when the files could not be read. */
  readonly choice: ExplainedChoice | undefined;
  /** What `loadKubeconfig` returns, or else the message of what it throws. */
  readonly config: ResolvedConfig | undefined;
  readonly problem: string | undefined;
  readonly warnings: readonly string[];
}

/** Loads as `loadKubeconfig` does, and tells where everything comes from. Does not throw, whatever the files hold. */
export function explainKubeconfig(options: LoadOptions): Explanation {
  const trace: Trace = { warnings: [] };
  const outcome = attempt(options, trace);
  const { list, found, warnings, inCluster = false } = trace;
  const files = (list?.paths ?? []).map((path) => soughtAt(resolve(options.cwd, path), found));
  return {
    ...outcome,
    from: list?.from,
    files,
    inCluster,
    choice: explainChoice(options, trace),
    warnings,
  };
}

function attempt(options: LoadOptions, trace: Trace): Pick<Explanation, 'config' | 'problem'> {
  try {
    return { config: traceLoading(options, trace), problem: undefined };
  } catch (error) {
    return { config: undefined, problem: asPortholeError(error).message };
  }
}

function soughtAt(path: string, found: FoundKubeconfigs | undefined): SoughtFile {
  if (found === undefined) return { path, state: readAlone(path).state };
  return { path, state: found.files.includes(path) ? 'loaded' : 'missing' };
}

/** One file of a list by itself: the list as a whole does not tell which one is bad, and which one sets a field. */
function readAlone(path: string): Pick<SoughtFile, 'state'> & Partial<Kubeconfig> {
  try {
    const file = statSync(path, { throwIfNoEntry: false });
    if (file === undefined) return { state: 'missing' };
    // A pipe has been read to its end, and opening it again may wait for a writer.
    if (file.isFIFO()) return { state: 'unusable' };
    return { state: 'loaded', ...readKubeconfigs({ from: 'flag', paths: [path] }, '').kubeconfig };
  } catch {
    return { state: 'unusable' };
  }
}

function explainChoice({ flags, cwd }: LoadOptions, trace: Trace): ExplainedChoice | undefined {
  const { chosen, effective, found, inCluster = false } = trace;
  if (chosen === undefined || effective === undefined) return undefined;
  const context = sourced(chosen.contextName, () =>
    flags.context ? by('--context') : by('current-context', settingContext(found)),
  );
  const byContext = contextSource(chosen, found);
  const entrySource = (kind: string, name: string | undefined, file: string | undefined) =>
    inCluster ? POD : by(`${kind} ${quote(name ?? '')}`, file);
  const { clusterName, userName, cluster, user } = chosen;
  return {
    context,
    namespace: explainNamespace(effective, inCluster ? POD : byContext, flags),
    cluster: {
      name: sourced(clusterName, () => (flags.cluster ? by('--cluster') : byContext)),
      entry: effective.cluster,
      ...explainFields({
        entry: cluster,
        effective: effective.cluster,
        flagged: overrideCluster(EMPTY_CLUSTER, flags, cwd),
        flags: CLUSTER_FLAGS,
        source: entrySource('cluster', clusterName, cluster.file),
      }),
    },
    user: {
      name: sourced(userName, () => (flags.user ? by('--user') : byContext)),
      entry: effective.user,
      ...explainFields({
        entry: user,
        effective: effective.user,
        flagged: overrideUser(EMPTY_USER, flags, cwd),
        flags: USER_FLAGS,
        source: entrySource('user', userName, user.file),
      }),
    },
  };
}

const POD: Source = { what: 'the service account of this pod', file: undefined };

function by(what: string, file?: string): Source {
  return { what, file };
}

function sourced(value: string | undefined, source: () => Source): Sourced | undefined {
  return value === undefined ? undefined : { value, source: source() };
}

/** The first file that sets current-context. */
function settingContext(found: FoundKubeconfigs | undefined): string | undefined {
  const files = found?.files ?? [];
  return files.length === 1
    ? files[0]
    : files.find((path) => readAlone(path).currentContext !== undefined);
}

function contextSource({ contextName = '' }: Choice, found: FoundKubeconfigs | undefined): Source {
  const file = found?.kubeconfig.contexts.get(contextName)?.file;
  return by(`context ${quote(contextName)}`, file);
}

function explainNamespace({ namespace }: Choice, source: Source, flags: KubeconfigFlags): Sourced {
  if (namespace === undefined) return { value: 'default', source: by('default') };
  const isFlag = overrideNamespace(undefined, flags) !== undefined;
  return { value: namespace, source: isFlag ? by('--namespace') : source };
}

const CLUSTER_FLAGS: Partial<Record<keyof ClusterEntry, string>> = {
  server: '--server',
  tlsServerName: '--tls-server-name',
  certificateAuthority: '--certificate-authority',
  insecureSkipTlsVerify: '--insecure-skip-tls-verify',
  proxyUrl: '--proxy-url',
  disableCompression: '--disable-compression',
};

const USER_FLAGS: Partial<Record<keyof UserEntry, string>> = {
  clientCertificate: '--client-certificate',
  clientKey: '--client-key',
  token: '--token',
  username: '--username',
  password: '--password',
  as: '--as',
  asUid: '--as-uid',
  asGroups: '--as-group',
  asUserExtra: '--as-user-extra',
};

interface FieldsOrigin<T> {
  /** As it stands in the kubeconfig, and with flags and environment merged in. */
  readonly entry: T;
  readonly effective: T;
  /** What the flags make of an empty entry: whatever is set there, they have set. */
  readonly flagged: T;
  readonly flags: Partial<Record<keyof T, string>>;
  readonly source: Source;
}

function explainFields<T extends object>(
  origin: FieldsOrigin<T>,
): Pick<ExplainedEntry<T>, 'sources' | 'setAside'> {
  const sources = new Map<keyof T, Source>();
  const setAside: (keyof T)[] = [];
  for (const field of Object.keys(origin.effective) as (keyof T)[]) {
    const source = fieldSource(origin, field);
    if (isSet(origin.effective[field])) sources.set(field, source);
    else if (isSet(origin.entry[field])) setAside.push(field);
  }
  return { sources, setAside };
}

function fieldSource<T>(origin: FieldsOrigin<T>, field: keyof T): Source {
  const { entry, flagged, source } = origin;
  const flag = origin.flags[field] ?? 'a flag';
  // Only the server has a default, and this is where it comes from.
  if (!isSet(flagged[field])) return isSet(entry[field]) ? source : by('KUBERNETES_MASTER');
  const merged = isSet(entry[field]) && entry[field] instanceof Map;
  return merged ? by(`${flag} and ${source.what}`, source.file) : by(flag);
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return value !== undefined && value !== false;
}

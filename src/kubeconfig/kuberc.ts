import { posix, resolve, win32 } from 'node:path';
import { PortholeError } from '../errors.ts';
import { printable, quote } from '../printable.ts';
import { loadingList } from './files.ts';
import { readBounded, readFailure } from './read-bounded.ts';
import { readYaml } from './yaml.ts';

/** Which credential plugins may run (client-go `clientcmdapi.PluginPolicy`). */
export interface PluginPolicy {
  readonly policy: 'AllowAll' | 'DenyAll' | 'Allowlist';
  /** Names and paths of executables; empty unless the policy is Allowlist. */
  readonly allowlist: readonly string[];
}

export interface KubercOptions {
  /** `--kuberc`; an empty one is none. */
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly cwd: string;
}

const ALLOW_ALL: PluginPolicy = { policy: 'AllowAll', allowlist: [] };
const GROUP = 'kubectl.config.k8s.io';

/**
 * The plugin policy of kubectl's preferences, from `--kuberc`, `KUBERC` or `~/.kube/kuberc` (kubectl `pkg/kuberc`
 * `DefaultGetPreferences`): what a user has forbidden kubectl to run, porthole does not run either. Nothing else of the file
 * is read. A file that somebody named has to be good; the one in the usual place may be bad, which `warn` is told of.
 * @throws {PortholeError} `ERR_KUBECONFIG`
 */
export function loadPluginPolicy(
  options: KubercOptions,
  warn: (sentence: string) => void,
): PluginPolicy {
  const place = locate(options);
  if (place === undefined) return ALLOW_ALL;
  const path = resolve(options.cwd, place.path);
  let preference: Preference | undefined;
  try {
    preference = readPreference(readBounded(path).toString('utf8'), path);
  } catch (error) {
    if (!place.isExplicit && isMissing(error)) return ALLOW_ALL;
    const reason = error instanceof PortholeError ? error.message : readFailure(path, error);
    if (place.isExplicit)
      throw refuse(`kuberc: ${reason}; correct ${place.from}, or set KUBERC=off to do without`);
    warn(`kuberc: no preferences loaded from ${printable(path)}: ${reason}`);
    return ALLOW_ALL;
  }
  if (preference === undefined) return ALLOW_ALL;
  for (const field of preference.unknown)
    warn(
      `kuberc: ignoring strict decoding error in ${printable(path)}: unknown field ${quote(field)}`,
    );
  return judge(preference, path, options.platform);
}

interface Place {
  readonly path: string;
  readonly isExplicit: boolean;
  /** Who named it. */
  readonly from: string;
}

/** kubectl `LoadKuberc`; undefined where it is switched off. */
function locate({ flag, env, platform }: KubercOptions): Place | undefined {
  const off = offSwitch(env);
  if (off !== undefined) {
    if (!flag) return undefined;
    throw refuse(
      `disabling kuberc via ${off} and passing kuberc flag are mutually exclusive; drop one of them`,
    );
  }
  if (flag) return { path: flag, isExplicit: true, from: '--kuberc' };
  const variable = env['KUBERC'];
  if (variable) return { path: variable, isExplicit: true, from: 'KUBERC' };
  // It lies beside the kubeconfig that is taken where nobody names one.
  const [config = ''] = loadingList(undefined, { ...env, KUBECONFIG: undefined }, platform).paths;
  const { dirname, join } = platform === 'win32' ? win32 : posix;
  return { path: join(dirname(config), 'kuberc'), isExplicit: false, from: 'the file' };
}

/** kubectl `cmdutil.KubeRC.IsDisabled`, and `LoadKuberc`. */
function offSwitch(env: KubercOptions['env']): string | undefined {
  if (env['KUBECTL_KUBERC']?.toLowerCase() === 'false') return 'KUBECTL_KUBERC=false';
  return env['KUBERC'] === 'off' ? 'KUBERC=off' : undefined;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** What matters of kubectl's `Preference`, not yet judged. */
interface Preference {
  readonly policy: string;
  /** An entry that names nothing is empty; undefined where the file has no list. */
  readonly allowlist: readonly string[] | undefined;
  readonly unknown: readonly string[];
}

/** The first document that is a usable Preference (kubectl `decodePreference`); undefined in an empty file. */
function readPreference(text: string, path: string): Preference | undefined {
  const documents = text
    .replace(/^\ufeff/, '')
    .split(/^---[ \t]*(?:#.*)?\r?$/m)
    .filter((document) => document.trim() !== '');
  let reason = '';
  for (const document of documents) {
    try {
      const preference = toPreference(readYaml(document));
      if (preference !== undefined) return preference;
    } catch (error) {
      if (!(error instanceof PortholeError)) throw error;
      reason ||= ` (${error.message})`;
    }
  }
  if (documents.length === 0) return undefined;
  throw refuse(`no valid preferences found in ${printable(path)}${reason}`);
}

const FIELDS = ['apiVersion', 'kind', 'defaults', 'aliases'];
const POLICY = 'credentialPluginPolicy';
const ALLOWLIST = 'credentialPluginAllowlist';

/** Undefined for what is something else. v1alpha1 has no plugin policy, and kubectl ignores one there. */
function toPreference(value: unknown): Preference | undefined {
  if (!(value instanceof Map) || value.get('kind') !== 'Preference') return undefined;
  const version = value.get('apiVersion');
  const keys = [...value.keys()];
  if (version === `${GROUP}/v1alpha1`) {
    const known = [...FIELDS, 'overrides'];
    return {
      policy: '',
      allowlist: undefined,
      unknown: keys.filter((key) => !known.includes(key)),
    };
  }
  if (version !== `${GROUP}/v1beta1`) return undefined;
  const known = [...FIELDS, POLICY, ALLOWLIST];
  const unknown = keys.filter((key) => !known.includes(key));
  const list: unknown = value.get(ALLOWLIST) ?? undefined;
  if (list !== undefined && !Array.isArray(list)) throw refuse(`${ALLOWLIST} must be a list`);
  const allowlist = list?.map((entry, index) => toEntry(entry, `${ALLOWLIST}[${index}]`, unknown));
  return { policy: stringOf(value, POLICY), allowlist, unknown };
}

/** `command`, or `name` as it was called before Kubernetes 1.36. */
function toEntry(entry: unknown, where: string, unknown: string[]): string {
  if (entry === null) return '';
  if (!(entry instanceof Map)) throw refuse(`${where} must be a mapping`);
  for (const key of entry.keys())
    if (key !== 'name' && key !== 'command') unknown.push(`${where}.${key}`);
  const [name, command] = [stringOf(entry, 'name'), stringOf(entry, 'command')];
  if (name !== '' && command !== '' && name !== command)
    throw refuse(
      `${where}: both \`Name\` and \`Command\` were supplied with different values, use \`command\``,
    );
  return command || name;
}

function stringOf(fields: ReadonlyMap<unknown, unknown>, name: string): string {
  const value = fields.get(name) ?? '';
  if (typeof value === 'string') return value;
  throw refuse(`${name} must be a string`);
}

/** client-go `ValidatePluginPolicy`. Whoever gets a security setting wrong is told, and nothing runs meanwhile. */
function judge(preference: Preference, path: string, platform: NodeJS.Platform): PluginPolicy {
  const { policy, allowlist } = preference;
  const inFile = `(${printable(path)})`;
  if (policy !== 'Allowlist') {
    if (policy !== '' && policy !== 'AllowAll' && policy !== 'DenyAll')
      throw refuse(
        `unknown plugin policy: ${quote(policy)}; it is AllowAll, DenyAll or Allowlist ${inFile}`,
      );
    if (allowlist !== undefined)
      throw refuse(
        `misconfigured credential plugin allowlist: plugin policy is ${quote(policy)} but allowlist is non-nil; use the policy "Allowlist", or drop the list ${inFile}`,
      );
    return { policy: policy || 'AllowAll', allowlist: [] };
  }
  const set = 'credential plugin policy set to "Allowlist"';
  if (allowlist === undefined)
    throw refuse(`${set}, but allowlist is unspecified; add ${ALLOWLIST} ${inFile}`);
  if (allowlist.length === 0)
    throw refuse(`${set}, but allowlist is empty; use "DenyAll" policy instead ${inFile}`);
  for (const [index, entry] of allowlist.entries()) {
    if (entry === '')
      throw refuse(
        `misconfigured credential plugin allowlist: empty allowlist entry #${index + 1} ${inFile}`,
      );
    const cleaned = clean(entry, platform);
    if (cleaned !== entry)
      throw refuse(`non-normalized file path: ${quote(entry)} vs ${quote(cleaned)} ${inFile}`);
  }
  return { policy, allowlist };
}

/** Go `filepath.Clean`. */
function clean(path: string, platform: NodeJS.Platform): string {
  const { normalize, parse, sep } = platform === 'win32' ? win32 : posix;
  const normal = normalize(path);
  return normal !== parse(normal).root && normal.endsWith(sep) ? normal.slice(0, -1) : normal;
}

function refuse(problem: string): PortholeError {
  return new PortholeError('ERR_KUBECONFIG', problem);
}

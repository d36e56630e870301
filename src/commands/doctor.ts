import { asPortholeError } from '../errors.ts';
import { packageVersion } from '../flags/version.ts';
import { type Explanation, explainKubeconfig } from '../kubeconfig/explain.ts';
import type { ResolvedConfig } from '../kubeconfig/kubeconfig.ts';
import type { DoctorOptions } from '../options.ts';
import {
  type CheckOptions,
  type Connection,
  checkCredentials,
  checkIdentity,
  checkReach,
  concludeIdentity,
  type Finding,
  failure,
} from './doctor-checks.ts';
import { clusterRows, kubeconfigRows } from './doctor-cluster.ts';
import { connectThroughProxy } from './doctor-connect.ts';
import { row, section } from './doctor-layout.ts';
import { userRows } from './doctor-user.ts';
import { pluginSurroundings } from './plugins.ts';
import { runtimeWarnings } from './runtime.ts';
import { userAgent } from './serving.ts';
import { EXIT_CODES, type Terminal } from './terminal.ts';

/** Starts what the checks ask through. Rejects when the configuration cannot be used. */
export type Connect = (config: ResolvedConfig) => Promise<Connection>;

type Report = (name: string, finding: Finding) => void;

const TIMEOUT_MS = 10_000;
/** Of a plugin without a limit. */
const LONGEST_MS = 3_600_000;

/**
 * `porthole doctor`: prints which files, cluster and user would be used and where each value comes from, then asks the API
 * server for its version and who we are. Prints no secret. Resolves to the exit code: 1 when a check has failed, else 0.
 */
export function doctorCommand(
  options: DoctorOptions,
  terminal: Terminal,
  connect: Connect = throughProxy(options, terminal),
): Promise<number> {
  let opened: Connection | undefined;
  const connectOnce: Connect = async (config) => {
    opened = await connect(config);
    return opened;
  };
  return new Promise((resolve, reject) => {
    // A plugin has a process group of its own: nobody else tells it that it is over.
    const stopListening = terminal.onSignal((signal) => {
      opened?.destroy();
      resolve(EXIT_CODES[signal]);
    });
    diagnose(options, terminal, connectOnce).then(resolve, reject).finally(stopListening);
  });
}

async function diagnose(
  options: DoctorOptions,
  terminal: Terminal,
  connect: Connect,
): Promise<number> {
  const { env, cwd, platform } = terminal;
  const now = new Date();
  const explanation = explainKubeconfig({ flags: options.kubeconfig, env, cwd, platform, now });
  terminal.print(versionText(terminal) + configurationText(explanation, terminal, now));

  let failures = 0;
  const report: Report = (name, { verdict, text, advice }) => {
    if (verdict === 'FAIL') failures++;
    terminal.print(row(`${verdict.padEnd(4)} ${name}`, text));
    if (advice !== undefined) terminal.print(row('', `-> ${advice}`));
  };
  terminal.print(section('Checks', []));
  reportKubeconfig(explanation, report);
  const timeoutMs = options.requestTimeoutMs || patience(options, explanation.config);
  await reportCluster(explanation.config, { timeoutMs, now }, connect, report);
  terminal.print(failures === 0 ? '\nAll is well.\n' : '\nNot all is well: see FAIL above.\n');
  return failures === 0 ? 0 : 1;
}

/** A plugin has its own time, and a person at the terminal as long as he takes. */
function patience({ execTimeoutMs }: DoctorOptions, config: ResolvedConfig | undefined): number {
  if (config?.user.exec === undefined) return TIMEOUT_MS;
  return TIMEOUT_MS + (execTimeoutMs || LONGEST_MS);
}

function throughProxy(options: DoctorOptions, terminal: Terminal): Connect {
  const notes = { info: terminal.say, warn: terminal.say };
  return (config) => {
    const plugins = pluginSurroundings(options, notes, terminal);
    return connectThroughProxy({ userAgent: userAgent(terminal), plugins })(config);
  };
}

/** `engines` of package.json. */
export const OLDEST_NODE = [20, 18, 1] as const;

function versionText(terminal: Terminal): string {
  const { nodeVersion, platform, arch } = terminal;
  const numbers = nodeVersion.replace(/^v/, '').split('.').map(Number);
  const at = OLDEST_NODE.findIndex((number, i) => number !== numbers[i]);
  const isOld = at >= 0 && (numbers[at] ?? 0) < (OLDEST_NODE[at] ?? 0);
  const warning = `warning: Node.js older than ${OLDEST_NODE.join('.')} is not supported\n`;
  const versions = `porthole ${packageVersion()}, Node.js ${nodeVersion}, ${platform}/${arch}\n`;
  if (isOld) return versions + warning;
  return (
    versions +
    runtimeWarnings(terminal)
      .map((text) => `warning: ${text}\n`)
      .join('')
  );
}

function configurationText(explanation: Explanation, { env }: Terminal, now: Date): string {
  const { choice, inCluster, config } = explanation;
  const around = { env, now };
  const files = section('Kubeconfig', kubeconfigRows(explanation, around));
  if (choice === undefined) return files;
  const cluster = section('Cluster', clusterRows(choice.cluster, inCluster, around));
  return `${files}${cluster}${section('User', userRows(choice.user, config?.user, inCluster, around))}`;
}

function reportKubeconfig({ problem, warnings }: Explanation, report: Report): void {
  if (problem === undefined) report('kubeconfig', { verdict: 'ok', text: 'valid' });
  else {
    const advice = 'Mend what is named here; nothing can be asked before.';
    report('kubeconfig', { verdict: 'FAIL', text: problem, advice });
  }
  for (const warning of warnings) report('kubeconfig', { verdict: 'warn', text: warning });
}

async function reportCluster(
  config: ResolvedConfig | undefined,
  options: Omit<CheckOptions, 'user'>,
  connect: Connect,
  report: Report,
): Promise<void> {
  if (config === undefined) {
    report('API server', { verdict: 'skip', text: 'not asked' });
    report('identity', { verdict: 'skip', text: 'not asked' });
    return;
  }
  const { user } = config;
  const unasked = { ...concludeIdentity(user, 'nobody was asked'), verdict: 'skip' } as const;
  let connection: Connection;
  try {
    connection = await connect(config);
  } catch (error) {
    report('API server', failure(asPortholeError(error).message));
    report('identity', unasked);
    return;
  }
  try {
    const reach = await checkReach(connection, { ...options, user });
    const credentials = checkCredentials(connection, Date.now());
    report('credentials', credentials);
    // Without credentials, nobody was asked.
    if (credentials.verdict === 'FAIL' && reach.verdict === 'FAIL')
      report('API server', { verdict: 'skip', text: 'not asked, for want of credentials' });
    else report('API server', reach);
    const asked = reach.verdict !== 'FAIL';
    report('identity', asked ? await checkIdentity(connection, { ...options, user }) : unasked);
  } finally {
    await connection.close();
  }
}

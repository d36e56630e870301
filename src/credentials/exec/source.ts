import { PortholeError } from '../../errors.ts';
import type { Cluster, ExecConfig } from '../../kubeconfig/kubeconfig.ts';
import type { PluginPolicy } from '../../kubeconfig/kuberc.ts';
import { printableUpTo, quote } from '../../printable.ts';
import type { ClientCertificate, CredentialSource, Obtained } from '../credentials.ts';
import { runPlugin } from './child.ts';
import { type ExecStatus, execInfo, readExecCredential } from './credential.ts';
import { notFound, runFailure } from './failure.ts';
import { permitted } from './policy.ts';
import { failure, OutputLines } from './text.ts';

/** What a plugin gets from the process that runs it. */
export interface PluginSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly stdinIsTTY: boolean;
  readonly stderrIsTTY: boolean;
  /** `--exec-timeout`; 0 is none. */
  readonly timeoutMs: number;
  readonly policy: PluginPolicy;
  /** Takes a printable line for the operator's stderr. */
  readonly say: (line: string) => void;
  /** Resolves when a plugin may have the terminal for itself, to what gives it back: two would read each other's answers. */
  readonly takeTerminal?: (() => Promise<() => void>) | undefined;
  /** `process.kill`: a negative id is a process group, and it throws where there is none. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
}

export interface ExecSourceOptions {
  readonly config: ExecConfig;
  readonly cluster: Cluster;
  readonly surroundings: PluginSurroundings;
  /** Mappings as Maps; what it throws quotes nothing of the text. Bounded by tokens and nodes. */
  readonly readYaml: (text: string, maxSize: number) => unknown;
  /** Why a client certificate and key, both PEM, cannot be used together. */
  readonly pairProblem: (cert: string, key: string) => string | undefined;
  /** ms since the epoch. */
  readonly now: () => number;
}

const API_VERSIONS: readonly string[] = [
  'client.authentication.k8s.io/v1',
  'client.authentication.k8s.io/v1beta1',
];

/**
 * Credentials from a client-go credential plugin, run when they are asked for (client-go `plugin/pkg/client/auth/exec`).
 * @throws {PortholeError} `ERR_CREDENTIALS` when the kubeconfig asks for an API version that no plugin is spoken to in
 */
export function execSource(options: ExecSourceOptions): CredentialSource {
  const { apiVersion } = options.config;
  if (!API_VERSIONS.includes(apiVersion))
    throw new PortholeError(
      'ERR_CREDENTIALS',
      `exec plugin: invalid apiVersion ${quote(apiVersion)}; it must be ${API_VERSIONS.join(' or ')}, so update the plugin and the kubeconfig`,
    );
  return new ExecSource(options);
}

class ExecSource implements CredentialSource {
  readonly kind = 'exec plugin';
  readonly name: string;
  readonly waitMs: number;
  readonly waitMessage: string;
  readonly #options: ExecSourceOptions;
  readonly #isInteractive: boolean;
  #running: AbortController | undefined;
  #certificate: ClientCertificate | undefined;
  #hasNotedExpiry = false;

  constructor(options: ExecSourceOptions) {
    const { config, surroundings } = options;
    const { timeoutMs, stdinIsTTY } = surroundings;
    this.#options = options;
    this.#isInteractive = config.interactiveMode !== 'Never' && stdinIsTTY;
    this.name = `exec plugin ${quote(config.command)}`;
    // One that can ask nobody is ended by then.
    this.waitMs = this.#isInteractive ? timeoutMs : 0;
    this.waitMessage = failure(
      `${this.name} is waiting for somebody at porthole's terminal; answer it there and try again`,
    ).message;
  }

  async obtain(): Promise<Obtained> {
    const { config, surroundings } = this.#options;
    if (config.interactiveMode === 'Always' && !surroundings.stdinIsTTY)
      throw failure(
        `exec plugin cannot support interactive mode: standard input is not a terminal (plugin ${quote(config.command)}); run porthole in one`,
      );
    const running = new AbortController();
    this.#running = running;
    try {
      const stdout = await this.#run(await this.#executable(), running.signal);
      return this.#obtained(
        readExecCredential(stdout, {
          apiVersion: config.apiVersion,
          plugin: quote(config.command),
          readYaml: this.#options.readYaml,
        }),
      );
    } finally {
      this.#running = undefined;
    }
  }

  close(): void {
    this.#running?.abort();
  }

  async #executable(): Promise<string> {
    const { config, surroundings } = this.#options;
    const { command, installHint } = config;
    const found = await permitted(command, surroundings.policy, surroundings);
    if (found.path !== undefined) return found.path;
    if (found.problem.startsWith('cannot run'))
      throw failure(
        `exec: ${quote(command)}: ${found.problem}: PATH leads to it by a relative entry; give its whole path`,
      );
    throw notFound(command, installHint);
  }

  async #run(path: string, signal: AbortSignal): Promise<Buffer> {
    const { config, cluster, surroundings } = this.#options;
    const { command, installHint, args } = config;
    const isInteractive = this.#isInteractive;
    const lines = new OutputLines(surroundings.say, secretsIn(config));
    const { cwd, platform, timeoutMs, kill } = surroundings;
    const failed = { command, path, installHint, timeoutMs };
    const giveBack = isInteractive ? await surroundings.takeTerminal?.() : undefined;
    if (signal.aborted) {
      giveBack?.();
      throw await runFailure({ kind: 'closed' }, { ...failed, lastWords: '' });
    }
    // In a log file its raw bytes would break the lines of others.
    const inheritStderr = isInteractive && surroundings.stderrIsTTY;
    const end = await runPlugin({
      path,
      argv0: command,
      args,
      env: pluginEnv(surroundings, config, execInfo(config, cluster, isInteractive)),
      cwd,
      platform,
      isInteractive,
      inheritStderr,
      timeoutMs,
      onStderr: (chunk) => lines.write(chunk),
      kill,
      signal,
    });
    giveBack?.();
    lines.end();
    if (end.kind === 'exited' && end.code === 0) return end.stdout;
    throw await runFailure(end, { ...failed, lastWords: lines.lastWords });
  }

  #obtained({ token, pair, expiresAt }: ExecStatus): Obtained {
    const clientCertificate = pair && this.#hold(pair);
    this.#noteExpiry(expiresAt);
    const authorization = token === undefined ? undefined : `Bearer ${token}`;
    return { credential: { authorization, clientCertificate }, expiresAt };
  }

  /** The same object while the pair is the same: for another one, connections are closed. */
  #hold(pair: ClientCertificate): ClientCertificate {
    const held = this.#certificate;
    if (held?.cert === pair.cert && held.key === pair.key) return held;
    const problem = this.#options.pairProblem(pair.cert, pair.key);
    if (problem !== undefined)
      throw failure(
        `failed parsing client key/certificate: ${problem} (plugin ${quote(this.#options.config.command)})`,
      );
    this.#certificate = pair;
    return pair;
  }

  /** Once, until it gives a better one. Which of the clocks is wrong, only the API server can tell. */
  #noteExpiry(expiresAt: number | undefined): void {
    const { now, surroundings } = this.#options;
    const isPast = expiresAt !== undefined && expiresAt <= now();
    if (isPast && !this.#hasNotedExpiry)
      surroundings.say(
        `the credential that ${this.name} gave expired at ${new Date(expiresAt).toISOString()} by this machine's clock; it is used all the same, check the clock and the plugin`,
      );
    this.#hasNotedExpiry = isPast;
  }
}

/** Ours, the kubeconfig's, what we tell it: the last word counts, so that an inherited KUBERNETES_EXEC_INFO never does. */
function pluginEnv(
  { env, platform }: PluginSurroundings,
  config: ExecConfig,
  info: string,
): Record<string, string> {
  const variables = new Map<string, [string, string]>();
  const set = (name: string, value: string): void => {
    // Windows does not tell Path from PATH.
    variables.set(platform === 'win32' ? name.toUpperCase() : name, [name, value]);
  };
  for (const [name, value] of Object.entries(env)) if (value !== undefined) set(name, value);
  for (const { name, value } of config.env) set(name, value);
  set('KUBERNETES_EXEC_INFO', info);
  return Object.fromEntries(variables.values());
}

const NAMED_FOR_SECRETS = /token|secret|passw|key|credential/i;

/** What a plugin may repeat of its arguments and environment: long values, and those of variables that are named for secrets; longest first. */
function secretsIn(config: ExecConfig): string[] {
  const named = config.args.map((value, i) => ({ name: config.args[i - 1] ?? '', value }));
  return [...config.env, ...named.filter(({ name }) => NAMED_FOR_SECRETS.test(name))]
    .flatMap(({ name, value }) => {
      const shortest = NAMED_FOR_SECRETS.test(name) ? 4 : 8;
      const lines = value
        .split(/[\r\n]+/)
        .map((line) => printableUpTo(Number.POSITIVE_INFINITY, line));
      return lines.filter((line) => line.length >= shortest);
    })
    .sort((one, other) => other.length - one.length);
}

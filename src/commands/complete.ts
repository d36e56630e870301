/** What may the word at the cursor become? The one answer behind the completion scripts of all shells. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { normalise } from '../flags/argv.ts';
import { type CommandName, FLAGS, type Flag, flagsOf } from '../flags/table.ts';
import {
  AUDIT_FORMATS,
  AUDIT_GROUPINGS,
  AUDIT_MODES,
  AUDIT_OUTPUTS,
  type LogFormat,
  SHELLS,
  TRACE_OUTPUTS,
} from '../flags/values.ts';
import type { Kubeconfig } from '../kubeconfig/entries.ts';
import { loadingList, readKubeconfigs } from '../kubeconfig/files.ts';
import type { Terminal } from './terminal.ts';

type Surroundings = Pick<Terminal, 'env' | 'cwd' | 'platform'>;

/** What the shell adds to the candidates, in the numbers of Cobra's `ShellCompDirective`. */
const FILES = 0;
const NOTHING_ELSE = 4;
const DIRECTORIES = 16;

interface Completion {
  /** `value`, or `value<TAB>description`. For `--flag=v` and `-f=v` these are values alone, as Cobra's are. */
  readonly candidates: readonly string[];
  readonly directive: number;
}

const NONE: Completion = { candidates: [], directive: NOTHING_ELSE };

/** Each command with the one whose flags it knows. */
const COMMANDS: ReadonlyMap<string, readonly [flags: CommandName, description: string]> = new Map([
  ['proxy', ['serve', 'Serve the Kubernetes API, as porthole does without a command']],
  ['run', ['run', 'Run a command against a proxy of its own']],
  ['trace', ['trace', 'Run a command and show its calls to the API']],
  ['audit', ['audit', 'Show what audit logs hold']],
  ['kubeconfig', ['kubeconfig', 'Print a kubeconfig for clients of a running porthole']],
  ['doctor', ['doctor', 'Say which cluster and credentials would be used, and try them']],
  ['demo', ['demo', 'Serve a small demo cluster']],
  ['completion', ['completion', 'Print a completion script for a shell']],
  ['help', ['serve', 'Print the help of a command']],
]);

const FORMATS: Readonly<Record<LogFormat, string>> = {
  auto: 'pretty on a terminal and json elsewhere',
  pretty: 'Lines for people',
  json: 'A JSON object a line',
  combined: "Apache's combined format",
  off: 'Nothing',
};

/** What is most often denied. */
const RESOURCES = [
  'secrets',
  'configmaps',
  'pods/exec',
  'pods/attach',
  'pods/portforward',
  'pods/proxy',
  'pods/ephemeralcontainers',
  'services/proxy',
  'nodes/proxy',
  'serviceaccounts/token',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
  'certificatesigningrequests.certificates.k8s.io',
];

/** Stands for the word at the cursor; no argument of a process can be this. */
const CURSOR = '\0';

/**
 * Completes the last of the words that follow the program's name; it may be empty. The answer is in the format of Cobra's
 * `__complete`, which kubectl expects of its plugins too: a candidate a line, then `:` and a directive. Never throws.
 */
export function complete(words: readonly string[], surroundings: Surroundings): string {
  const { candidates, directive } = completionOf(
    words.slice(0, -1),
    words.at(-1) ?? '',
    surroundings,
  );
  return [...candidates, `:${directive}\n`].join('\n');
}

function completionOf(before: readonly string[], word: string, from: Surroundings): Completion {
  const [command = '', ...operands] = normalise(before, FLAGS).operands;
  const flags = flagsOf(COMMANDS.get(command)?.[0] ?? 'serve');
  const readWith = (last: string) =>
    normalise([...before, last], flags, command === 'run' || command === 'trace' ? 1 : undefined);
  const read = readWith(CURSOR);
  const completeValue = (flag: Flag | undefined, typed: string): Completion =>
    flag === undefined ? NONE : startingWith(typed, valuesOf(flag, read.words, from));

  const waiting = read.words.find((text) => text.endsWith(`=${CURSOR}`));
  if (waiting !== undefined) {
    const flag = flags.find(({ long }) => waiting === `--${long}=${CURSOR}`);
    return completeValue(flag, word);
  }
  // It ends the flags, and is an operand itself where they have ended before.
  const onlyOperands = readWith('--').operands.includes('--');
  if (word.startsWith('-') && !onlyOperands) {
    const [, name, value] = /^(--[^=]+|-[^-=])=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined) {
      return startingWith(word, only(namesOf(flags, read.words)));
    }
    const title = name.replaceAll('_', '-');
    const flag = flags.find(({ long, short }) => title === `--${long}` || title === `-${short}`);
    return completeValue(flag, value);
  }
  // Else it was taken for the value of an unknown flag.
  return read.operands.includes(CURSOR) ? startingWith(word, operandOf(command, operands)) : NONE;
}

/** What may follow a command that is not a flag. */
function operandOf(command: string, operands: readonly string[]): Completion {
  // Another program's command line, which only the shell could complete; it cannot be asked for that from here.
  if (['run', 'trace', 'audit'].includes(command)) return { candidates: [], directive: FILES };
  if (operands.length > 0) return NONE;
  if (command === '' || command === 'help') {
    const commands = [...COMMANDS].filter(([name]) => name !== command);
    return only(commands.map(([name, [, description]]) => `${name}\t${description}`));
  }
  return command === 'completion' ? only(SHELLS) : NONE;
}

/** The flags that may still be given. */
function namesOf(flags: readonly Flag[], given: readonly string[]): string[] {
  return flags
    .filter(
      ({ long, repeatable }) => repeatable || !given.some((text) => text.startsWith(`--${long}=`)),
    )
    .flatMap(({ long, short, help }) =>
      [...(short === undefined ? [] : [`-${short}`]), `--${long}`].map(
        (name) => `${name}\t${help}`,
      ),
    );
}

const WORDS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['audit-log-format', AUDIT_FORMATS],
  ['audit-mode', AUDIT_MODES],
  ['by', AUDIT_GROUPINGS],
]);

function valuesOf(
  { long, takes, group }: Flag,
  given: readonly string[],
  from: Surroundings,
): Completion {
  if (takes === undefined) return only(['true', 'false']);
  if (takes === 'file') return { candidates: [], directive: FILES };
  if (takes === 'directory') return { candidates: [], directive: DIRECTORIES };
  const words = WORDS.get(long);
  if (words !== undefined) return only(words);
  switch (long) {
    case 'context':
      return only(entryNames('contexts', given, from));
    case 'cluster':
      return only(entryNames('clusters', given, from));
    case 'user':
      if (group === 'Events:') return NONE;
      return only(entryNames('users', given, from));
    case 'output':
      return only(group === 'Events:' ? AUDIT_OUTPUTS : TRACE_OUTPUTS);
    case 'log-format':
      return only(Object.entries(FORMATS).map((entry) => entry.join('\t')));
    case 'deny':
      return only(RESOURCES);
    default:
      return NONE;
  }
}

/** Names of entries of the kubeconfigs that porthole would read; none where it would fail. */
function entryNames(
  entries: 'contexts' | 'clusters' | 'users',
  given: readonly string[],
  { env, cwd, platform }: Surroundings,
): string[] {
  const flag = given.findLast((text) => text.startsWith('--kubeconfig='))?.slice(13);
  const list = loadingList(flag && expandHome(flag, env), env, platform);
  let kubeconfig: Kubeconfig;
  try {
    // A pipe can be read only once, and not by us.
    const isFile = (path: string) =>
      statSync(resolve(cwd, path), { throwIfNoEntry: false })?.isFile() !== false;
    if (!list.paths.every(isFile)) return [];
    kubeconfig = readKubeconfigs(list, cwd).kubeconfig;
  } catch {
    return [];
  }
  return [...kubeconfig[entries].keys()]
    .filter((name) => name !== '' && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name))
    .sort();
}

/** Completion sees words as they were typed; the shell expands `~` only when it runs them. */
function expandHome(path: string, env: Surroundings['env']): string {
  return path.replace(/^~(?=[/\\])/, () => env['HOME'] || env['USERPROFILE'] || '~');
}

function only(candidates: readonly string[]): Completion {
  return { candidates, directive: NOTHING_ELSE };
}

function startingWith(typed: string, { candidates, directive }: Completion): Completion {
  return { candidates: candidates.filter((line) => line.startsWith(typed)), directive };
}

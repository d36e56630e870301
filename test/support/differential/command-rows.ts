// Command lines, and whether each of the two programs serves with them or what it says at its end.

/** Its exit code, or the place that it says it serves on. */
export type CommandOutcome = number | 'serves';

export interface CommandRow {
  /** After `kubectl proxy` and `porthole`. `--port=0` is added where a program would serve. */
  readonly args: readonly string[];
  readonly kubectl: CommandOutcome;
  readonly porthole: CommandOutcome;
  /** The gist of the sentence on stderr, where both end. */
  readonly says?: RegExp;
  /** What porthole says by itself. */
  readonly weSay?: RegExp;
  /** The heading of docs/kubectl.md, as its anchor, that explains the difference. */
  readonly why?: string;
}

const FREE = '--port=0';

/** Both refuse. */
function mistake(args: readonly string[], says: RegExp): CommandRow {
  return { args, kubectl: 1, porthole: 2, says, why: 'exit-codes-and-signals' };
}

function serves(...args: string[]): CommandRow {
  return { args, kubectl: 'serves', porthole: 'serves' };
}

/** porthole alone refuses. */
function refuses(args: readonly string[], weSay: RegExp, why: string): CommandRow {
  return { args, kubectl: 'serves', porthole: 2, weSay, why };
}

export const commands: readonly CommandRow[] = [
  // The spellings of pflag.
  serves('-p=0'),
  serves('-p0'),
  serves('-p', '0'),
  serves('--port', '0'),
  serves(FREE, '--disable-filter=false', '-v=6'),
  serves(FREE, '--accept_paths=^/'),
  serves(FREE, '--keepalive', '5s'),
  serves(FREE, '--keepalive=1m30s'),
  serves(FREE, '--append-server-path'),
  serves(FREE, '-w', '.', '-P', '/files'),
  serves(FREE, '--www=/nonexistent'),
  serves(FREE, '-s', 'https://127.0.0.1:1', '-n', 'default'),
  serves(FREE, '--address=localhost'),
  serves(FREE, '--address=[::1]'),
  // Mistakes.
  mistake(['--nonsense'], /unknown flag: --nonsense/),
  mistake(['-z'], /unknown shorthand flag: 'z' in -z/),
  mistake(['-token=x'], /unknown.*flag.*-token/),
  mistake(['--port=x'], /invalid argument "x" for "-p, --port" flag/),
  mistake(['--port'], /flag needs an argument: --port/),
  mistake(['-p'], /flag needs an argument: 'p' in -p/),
  mistake(['--port=70000'], /70000/),
  mistake(['--port=-1'], /-1/),
  mistake(
    ['--keepalive=5'],
    /invalid argument "5" for "--keepalive" flag: .*missing unit in duration "5"/,
  ),
  mistake(['--disable-filter=maybe'], /invalid argument "maybe" for "--disable-filter" flag/),
  mistake(['--unix-socket=s', '--port=9'], /cannot set --unix-socket and --port at the same time/),
  mistake([FREE, '--request-timeout=x'], /Invalid timeout value/),
  // F18: patterns.
  pattern(['--accept-paths=('], /missing closing \)/),
  pattern(['--reject-paths=(?=a)'], /\(\?=/),
  pattern(['--reject-paths=a{1001}'], /1001/),
  refuses([FREE, '--reject-paths=a{1,1001}'], /--reject-paths/, 'patterns'),
  refuses([FREE, '--accept-paths=a,'], /--accept-paths has an empty pattern/, 'patterns'),
  // What only one of them takes.
  refuses([FREE, '--api-prefix=k8s/'], /must begin with a slash/, 'prefixes'),
  refuses([FREE, 'stray'], /unexpected argument "stray"/, 'exit-codes-and-signals'),
  refuses(
    [FREE, '--address=0.0.0.0'],
    /--i-understand-anyone-can-use-my-credentials/,
    'other-addresses',
  ),
  refuses(
    [FREE, '--address=0.0.0.0', '--accept-hosts=.*'],
    /--i-understand-anyone-can-use-my-credentials/,
    'other-addresses',
  ),
  { args: [FREE, '--address=::1'], kubectl: 1, porthole: 'serves', why: 'other-addresses' },
  // Kubeconfigs.
  {
    args: [FREE, '--context=nope'],
    kubectl: 1,
    porthole: 1,
    says: /context "nope" does not exist/,
  },
  { args: [FREE, '--kubeconfig=/nonexistent'], kubectl: 1, porthole: 1, says: /\/nonexistent/ },
  {
    args: [FREE, '--token=a\nb'],
    kubectl: 'serves',
    porthole: 1,
    weSay: /token/,
    why: 'kubeconfigs',
  },
];

function pattern(args: readonly string[], says: RegExp): CommandRow {
  return { args: [FREE, ...args], kubectl: 255, porthole: 2, says, why: 'exit-codes-and-signals' };
}

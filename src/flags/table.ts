/** Which flags are there? One table: it drives the reading of argv, commander and `--help`. */
import {
  DEFAULT_ACCEPT_HOSTS,
  DEFAULT_ACCEPT_PATHS,
  DEFAULT_REJECT_METHODS,
  DEFAULT_REJECT_PATHS,
} from '../server/admit.ts';

export type CommandName = 'serve' | 'demo';

interface FlagRow {
  readonly short?: string;
  /** What stands for the value in the help; a switch (true or false) has none. */
  readonly takes?: string;
  /** As the user would write it; left out, a switch is off and other flags are not set. */
  readonly default?: string;
  /** The commands that know this flag, where it is not `serve` alone. */
  readonly commands?: readonly CommandName[];
  readonly help: string;
}

const SERVE_AND_DEMO = ['serve', 'demo'] as const;

/** The flags by their long names, under the headings of the help. */
const GROUPS = {
  'Serving:': {
    port: {
      short: 'p',
      takes: 'port',
      default: '8001',
      commands: SERVE_AND_DEMO,
      help: 'Port to serve on; 0 picks a free one, which is printed',
    },
    address: {
      takes: 'address',
      default: '127.0.0.1',
      commands: SERVE_AND_DEMO,
      help: 'IP address or host name to serve on; whoever reaches it acts with your rights',
    },
    'append-server-path': {
      default: 'true',
      help: "Put the path of the kubeconfig's server URL before every path (kubectl proxy: false)",
    },
    keepalive: {
      takes: 'duration',
      default: '0s',
      help: "TCP keep-alive period of connections; 0s is porthole's own choice",
    },
    'shutdown-grace': {
      takes: 'duration',
      default: '10s',
      commands: SERVE_AND_DEMO,
      help: 'How long open watches and streams go on after the first SIGINT or SIGTERM',
    },
    dir: {
      takes: 'directory',
      commands: ['demo'],
      help: "Where the demo keeps its certificates and kubeconfig, if not in porthole's own certs/",
    },
  },
  'Filters:': {
    'accept-hosts': {
      takes: 'patterns',
      default: DEFAULT_ACCEPT_HOSTS,
      help: 'Hosts to accept, as regular expressions (RE2) separated by commas',
    },
    'accept-paths': {
      takes: 'patterns',
      default: DEFAULT_ACCEPT_PATHS,
      help: 'Paths to accept, likewise',
    },
    'reject-paths': {
      takes: 'patterns',
      default: DEFAULT_REJECT_PATHS,
      help: 'Paths to reject, likewise, even those that --accept-paths accepts',
    },
    'reject-methods': {
      takes: 'patterns',
      default: DEFAULT_REJECT_METHODS,
      help: 'Methods to reject, as in POST,PUT,PATCH; likewise',
    },
    'disable-filter': {
      help: 'Accept every host, path and method; dangerous. The check of Origin stays on',
    },
    'allow-origin': {
      takes: 'origin',
      help: 'Also accept this Origin (http://localhost:3000), where the browser sends no Sec-Fetch-Site, as on WebSockets; may be repeated',
    },
  },
  'Kubeconfig:': {
    kubeconfig: {
      takes: 'file',
      help: 'The kubeconfig to use, instead of those in $KUBECONFIG or ~/.kube/config',
    },
    context: { takes: 'name', help: 'Context of the kubeconfig to use' },
    cluster: { takes: 'name', help: 'Cluster of the kubeconfig to use' },
    user: { takes: 'name', help: 'User of the kubeconfig to use' },
    namespace: {
      short: 'n',
      takes: 'name',
      help: 'Accepted as by kubectl; a path names its own namespace',
    },
    server: { short: 's', takes: 'url', help: 'Address and port of the API server' },
    'tls-server-name': {
      takes: 'name',
      help: "Name to check the API server's certificate for, instead of its host name",
    },
    'certificate-authority': {
      takes: 'file',
      help: "Certificates of the authorities that may sign the API server's",
    },
    'insecure-skip-tls-verify': {
      help: "Do not check the API server's certificate; makes the connection insecure",
    },
    'client-certificate': { takes: 'file', help: 'Client certificate for TLS' },
    'client-key': { takes: 'file', help: 'Key of the client certificate' },
    token: { takes: 'token', help: 'Bearer token for the API server' },
    username: { takes: 'name', help: 'User name for basic authentication' },
    password: { takes: 'password', help: 'Password for basic authentication' },
    as: { takes: 'user', help: 'User, or service account, to impersonate' },
    'as-group': { takes: 'group', help: 'Group to impersonate; may be repeated' },
    'as-uid': { takes: 'uid', help: 'UID to impersonate' },
    'as-user-extra': {
      takes: 'key=value',
      help: 'Extra field of the user to impersonate; may be repeated',
    },
    'request-timeout': {
      takes: 'timeout',
      default: '0',
      help:
        'How long the API server may take to begin an answer: seconds, or a duration such as 2m. ' +
        'Watches and streams are not timed; 0 is no limit',
    },
    'disable-compression': {
      help: 'Accepted as by kubectl; answers are compressed only for clients that ask for it',
    },
    'proxy-url': {
      takes: 'url',
      help: 'Proxy on the way to the API server; this version refuses to start with one',
    },
    'in-cluster': { help: 'Use the service account of the pod that porthole runs in' },
    'cache-dir': { takes: 'directory', help: 'Accepted as by kubectl; nothing is cached' },
  },
  'Log:': {
    'log-format': {
      takes: 'format',
      default: 'auto',
      commands: SERVE_AND_DEMO,
      help: 'pretty, json or off; auto is pretty on a terminal and json elsewhere',
    },
    'log-file': {
      takes: 'file',
      commands: SERVE_AND_DEMO,
      help: 'Where the log goes, instead of standard error',
    },
    v: {
      short: 'v',
      takes: 'level',
      default: '0',
      help: 'Accepted as by kubectl: 0 is normal, other levels are reserved',
    },
  },
  'Other:': {
    help: { short: 'h', commands: SERVE_AND_DEMO, help: 'Print this help' },
    version: { commands: SERVE_AND_DEMO, help: 'Print the version of porthole' },
  },
} as const satisfies Record<string, Record<string, FlagRow>>;

type KeysOfUnion<T> = T extends unknown ? keyof T : never;
export type FlagName = KeysOfUnion<(typeof GROUPS)[keyof typeof GROUPS]>;

/** A row of the table with its long name and the heading that it stands under. */
export interface Flag extends FlagRow {
  readonly long: string;
  readonly group: string;
}

/** Every flag of every command. */
export const FLAGS: readonly Flag[] = Object.entries(GROUPS).flatMap(([group, rows]) =>
  Object.entries<FlagRow>(rows).map(([long, row]) => ({
    ...(row.takes === undefined && { default: 'false' }),
    ...row,
    long,
    group,
  })),
);

/** The flags that a command knows, in the order of its help. */
export function flagsOf(command: CommandName): readonly Flag[] {
  return FLAGS.filter(({ commands = ['serve'] }) => commands.includes(command));
}

/** How a flag is named in the help and in messages: `-p, --port`. */
export function flagTitle(long: string): string {
  const short = FLAGS.find((flag) => flag.long === long)?.short;
  return short === undefined ? `--${long}` : `-${short}, --${long}`;
}

/** The flags by their long names, in a table for each heading of the help. */
import {
  DEFAULT_ACCEPT_HOSTS,
  DEFAULT_ACCEPT_PATHS,
  DEFAULT_REJECT_METHODS,
  DEFAULT_REJECT_PATHS,
} from '../server/admit.ts';

export type CommandName =
  | 'serve'
  | 'demo'
  | 'kubeconfig'
  | 'run'
  | 'trace'
  | 'audit'
  | 'doctor'
  | 'completion';

export interface FlagRow {
  readonly short?: string;
  /** What stands for the value in the help; a switch (true or false) has none. */
  readonly takes?: string;
  /** As the user would write it; left out, a switch is off and other flags are not set. */
  readonly default?: string;
  /** The commands that know this flag, where they are not those of its heading. */
  readonly commands?: readonly CommandName[];
  /** Each value counts, not the last alone. */
  readonly repeatable?: boolean;
  readonly help: string;
}

const SERVE = ['serve'] as const;
const SERVE_AND_DEMO = ['serve', 'demo'] as const;
/** What the kubeconfig of a running porthole depends on. */
const ADDRESS = ['serve', 'demo', 'kubeconfig'] as const;

export const SERVING_ROWS = {
  port: {
    short: 'p',
    takes: 'port',
    default: '8001',
    commands: ADDRESS,
    help: 'Port to serve on; 0 picks a free one, which is printed',
  },
  address: {
    takes: 'address',
    default: '127.0.0.1',
    commands: ADDRESS,
    help: 'IP address or host name to serve on; whoever reaches it acts with your rights',
  },
  'unix-socket': {
    short: 'u',
    takes: 'file',
    commands: SERVE,
    help: 'Unix socket to serve on, with mode 0600, instead of address and port',
  },
  'api-prefix': {
    takes: 'prefix',
    default: '/',
    commands: ['serve', 'kubeconfig'],
    help: 'Path below which the API is served',
  },
  'append-server-path': {
    default: 'true',
    help: "Put the path of the kubeconfig's server URL before every path (kubectl proxy: false)",
  },
  www: {
    short: 'w',
    takes: 'directory',
    commands: SERVE,
    help: 'Also serve the files of this directory, below --www-prefix',
  },
  'www-prefix': {
    short: 'P',
    takes: 'prefix',
    default: '/static/',
    commands: SERVE,
    help: 'Path below which the files of --www are served',
  },
  'www-list': {
    commands: SERVE,
    help: 'List the directories of --www that have no index.html (kubectl proxy: always)',
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
  write: {
    takes: 'file',
    commands: ['kubeconfig'],
    help: 'Write the kubeconfig to this file, with mode 0600, instead of printing it',
  },
} as const satisfies Record<string, FlagRow>;

export const DOOR_ROWS = {
  tls: {
    help: 'Serve https, with a certificate for localhost that porthole makes and keeps for you',
  },
  'tls-cert': {
    takes: 'file',
    commands: ['serve', 'kubeconfig'],
    help: 'Serve https with this certificate and its chain (PEM); with --tls-key',
  },
  'tls-key': {
    takes: 'file',
    commands: ['serve', 'kubeconfig'],
    help: 'Key of that certificate (PEM)',
  },
  'require-token': {
    help: 'Want "Authorization: Bearer" with a token that is new at each start, or a cookie from a one-time URL',
  },
  'require-token-file': {
    takes: 'file',
    commands: ['serve', 'kubeconfig'],
    help: 'Likewise, with the token in this file',
  },
  'i-understand-anyone-can-use-my-credentials': {
    commands: SERVE,
    help: 'Serve on an --address that others reach without --tls and --require-token',
  },
} as const satisfies Record<string, FlagRow>;

export const FILTER_ROWS = {
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
    repeatable: true,
    help: 'Trust the pages of this origin, as in http://localhost:3000, to use the API',
  },
  'dangerously-disable-origin-check': {
    help: 'Let every web page that your browser shows use the API with your rights',
  },
  'read-only': {
    help: 'Let only get, list, watch and access reviews through: no writes, no upgrades, no proxying, no tokens',
  },
  deny: {
    takes: 'resource',
    repeatable: true,
    help: 'Refuse a RESOURCE[/SUB][.GROUP], as in secrets, pods/exec or deployments.apps',
  },
} as const satisfies Record<string, FlagRow>;

export const LIMIT_ROWS = {
  'max-connections': {
    takes: 'number',
    default: '4096',
    help: 'Client connections at once; idle ones make room for more, then new ones get 503 (0: no limit)',
  },
  'max-header-bytes': {
    takes: 'size',
    default: '64KiB',
    help: 'Of a request: its line and headers together; for more it is answered 431',
  },
  'max-headers': {
    takes: 'number',
    default: '200',
    help: 'Header lines of a request, likewise',
  },
  'read-header-timeout': {
    takes: 'duration',
    default: '10s',
    help: "How long a request's headers may take, from the connection's begin too; then 408 (0s: no limit)",
  },
  'idle-timeout': {
    takes: 'duration',
    default: '2m',
    help: 'How long a connection is kept that has no request under way (0s: no limit)',
  },
} as const satisfies Record<string, FlagRow>;

export const OTHER_ROWS = {
  help: { short: 'h', help: 'Print this help' },
  version: { help: 'Print the version of porthole' },
} as const satisfies Record<string, FlagRow>;

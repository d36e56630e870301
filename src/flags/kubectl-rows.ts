/** kubectl's global flags, which choose the cluster and the user (client-go `ConfigOverrides`). */
import type { FlagRow } from './rows.ts';

export const KUBECONFIG_ROWS = {
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
    commands: ['serve', 'run', 'trace', 'doctor', 'kubeconfig'],
    help: 'The namespace that clients are told (kubeconfig, run, trace); a path names its own',
  },
  server: {
    short: 's',
    takes: 'url',
    help: 'Address and port of the API server',
  },
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
  'client-certificate': {
    takes: 'file',
    help: 'Client certificate for TLS',
  },
  'client-key': { takes: 'file', help: 'Key of the client certificate' },
  token: { takes: 'token', help: 'Bearer token for the API server' },
  username: { takes: 'name', help: 'User name for basic authentication' },
  password: {
    takes: 'password',
    help: 'Password for basic authentication',
  },
  as: { takes: 'user', help: 'User, or service account, to impersonate' },
  'as-group': {
    takes: 'group',
    repeatable: true,
    help: 'Group to impersonate',
  },
  'as-uid': { takes: 'uid', help: 'UID to impersonate' },
  'as-user-extra': {
    takes: 'key=value',
    repeatable: true,
    help: 'Extra field of the user to impersonate',
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
    help:
      'Proxy on the way to the API server (http, https or socks5), for upgrades too; else HTTPS_PROXY, ' +
      'HTTP_PROXY and NO_PROXY count',
  },
  kuberc: {
    takes: 'file',
    help: "kubectl's preferences, for their policy on credential plugins; else $KUBERC or ~/.kube/kuberc",
  },
  'exec-timeout': {
    takes: 'duration',
    default: '60s',
    help: 'How long a credential plugin may take, unless it can ask at this terminal; 0s is no limit',
  },
  'rotation-grace': {
    takes: 'duration',
    default: '0s',
    commands: ['serve', 'run', 'trace'],
    help: 'How long watches and streams go on with a client certificate, user or cluster that is not used any more',
  },
  'in-cluster': {
    help: 'Use the service account of the pod that porthole runs in',
  },
  'cache-dir': {
    takes: 'directory',
    help: 'Accepted as by kubectl; nothing is cached',
  },
} as const satisfies Record<string, FlagRow>;

/** Those that have nothing to do here. */
export const ACCEPTED_ROWS = {
  vmodule: { takes: 'levels', help: 'Log levels of single files' },
  'log-flush-frequency': { takes: 'duration', help: 'The log is written at once' },
  'match-server-version': { help: 'Requests pass whatever the version' },
  'warnings-as-errors': {
    help: 'Warnings of the API server are passed on',
  },
  profile: { takes: 'name', help: 'Name of a profile to capture' },
  'profile-output': { takes: 'file', help: 'File for the profile' },
} as const satisfies Record<string, FlagRow>;

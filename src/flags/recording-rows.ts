/** Flags about what is recorded, and what is read of it. */
import type { FlagRow } from './rows.ts';

const PROXYING = ['serve', 'run', 'trace'] as const;

export const LOG_ROWS = {
  'log-format': {
    takes: 'format',
    default: 'auto',
    help: 'pretty, json, combined (as Apache) or off; auto is pretty on a terminal and json elsewhere (run: off without --log-file)',
  },
  'log-file': {
    takes: 'file',
    help: 'Where the log goes, instead of standard error; SIGHUP opens it anew',
  },
  'log-file-max-size': {
    takes: 'MiB',
    default: '0',
    help: 'Put the log file aside before it grows beyond this, and begin another; 0 is never',
  },
  'log-file-max-backups': {
    takes: 'number',
    default: '0',
    help: 'How many of those are kept; 0 is all',
  },
  'log-file-max-age': {
    takes: 'days',
    default: '0',
    help: 'How long those are kept; 0 is for ever',
  },
  'log-file-compress': { help: 'Compress those with gzip' },
  'log-all': {
    help: 'A line for each request on the terminal, also for discovery and health checks, which are counted together',
  },
  v: {
    short: 'v',
    takes: 'level',
    default: '0',
    commands: PROXYING,
    help: 'Tell of requests to the API server as kubectl does of its own: 6 the URL, 7 and 8 header fields, 9 curl and timings, 10 whole bodies',
  },
} as const satisfies Record<string, FlagRow>;

export const AUDIT_ROWS = {
  'audit-log-path': {
    takes: 'file',
    help: "Write audit.k8s.io/v1 events to this file, as kube-apiserver does; '-' is standard output",
  },
  'audit-policy-file': {
    takes: 'file',
    help: "kube-apiserver's audit policy: which requests, and how much of them; without one, Metadata of all",
  },
  'audit-log-format': {
    takes: 'format',
    default: 'json',
    help: 'json or legacy (a line of text)',
  },
  'audit-mode': {
    takes: 'mode',
    default: 'batch',
    help: 'batch never delays a request and counts what it has to drop; blocking-strict refuses requests whose event can not be written',
  },
  'audit-log-maxsize': {
    takes: 'MiB',
    default: '100',
    help: 'Put the file aside before it grows beyond this, and begin another; 0 is never',
  },
  'audit-log-maxbackup': {
    takes: 'number',
    default: '100',
    help: 'How many of those are kept; 0 is all',
  },
  'audit-log-maxage': {
    takes: 'days',
    default: '366',
    help: 'How long those are kept; 0 is for ever',
  },
  'audit-log-compress': { help: 'Compress those with gzip' },
  'audit-max-body': {
    takes: 'size',
    default: '256KiB',
    help: 'Longer bodies are left out of events and of the HTTP archive, but for their size and hash',
  },
  har: {
    takes: 'file',
    help: 'Record every exchange in an HTTP archive (HAR 1.2), which browsers and other tools can show',
  },
  'har-bodies': { help: 'With the bodies of requests and answers, but for watches and tunnels' },
  'dangerously-record-secrets': {
    help: 'Leave Secrets, tokens and credentials as they are in recorded bodies and in the HTTP archive',
  },
} as const satisfies Record<string, FlagRow>;

export const TRACE_ROWS = {
  output: {
    takes: 'format',
    default: 'text',
    help: 'text, json (as the log), har or audit (events)',
  },
  'output-file': {
    short: 'o',
    takes: 'file',
    help: 'Where the calls go, instead of standard error',
  },
  summary: { help: 'Show the summary alone' },
} as const satisfies Record<string, FlagRow>;

export const REVIEW_ROWS = {
  verb: { takes: 'verb', repeatable: true, help: 'Events of this verb' },
  resource: {
    takes: 'resource',
    repeatable: true,
    help: 'Events about a RESOURCE[/SUB][.GROUP], as in pods/exec or deployments.apps',
  },
  namespace: {
    short: 'n',
    takes: 'name',
    repeatable: true,
    help: "Events about what is in this namespace; '' is what is in none",
  },
  user: {
    takes: 'name',
    repeatable: true,
    help: 'Events of this user, or of those that impersonate it; may end in *',
  },
  code: {
    takes: 'code',
    repeatable: true,
    help: 'Events with this status, as in 404, 4xx or 400-499',
  },
  since: {
    takes: 'time',
    help: 'Requests received at or after this time, as in 2026-11-22T13:05:00Z, or so long ago, as in 90m',
  },
  until: { takes: 'time', help: 'Requests received before this time' },
  'all-stages': { help: 'Every event, not the last one of each request alone' },
  top: { takes: 'number', help: 'The first so many by --by, in a table' },
  by: {
    takes: 'what',
    default: 'resource',
    help: 'What --top counts by: client, verb, resource, user or code; latency is the slowest requests',
  },
  follow: { short: 'f', help: 'Wait for more when the end is reached' },
  output: {
    short: 'o',
    takes: 'format',
    default: 'text',
    help: 'text, or json: the events as they were',
  },
} as const satisfies Record<string, FlagRow>;

/** What do the flags about records add up to? Mistakes go to the values' errors. */
import { normalize } from 'node:path';
import type {
  AuditOptions,
  AuditReportOptions,
  LogOptions,
  RecordingOptions,
} from './recordings.ts';
import {
  AUDIT_FORMATS,
  AUDIT_GROUPINGS,
  AUDIT_MODES,
  AUDIT_OUTPUTS,
  type FlagValues,
  LOG_FORMATS,
  parseBool,
  parseCodes,
  parseCount,
  parseDays,
  parseMegabytes,
  parseMoment,
  parseSize,
  parseWord,
} from './values.ts';

export function readLog(values: FlagValues): LogOptions {
  return {
    logFormat: values.one('log-format', parseWord(LOG_FORMATS)),
    logFile: values.text('log-file'),
    logRotation: {
      maxBytes: values.one('log-file-max-size', parseMegabytes),
      maxBackups: values.one('log-file-max-backups', parseCount),
      maxAgeMs: values.one('log-file-max-age', parseDays),
      compress: values.one('log-file-compress', parseBool),
    },
    logAll: values.one('log-all', parseBool),
  };
}

export function readRecording(values: FlagValues): RecordingOptions {
  const audit = readAudit(values);
  const har = values.text('har');
  const harBodies = values.one('har-bodies', parseBool);
  if (harBodies && har === undefined && values.text('output') !== 'har')
    values.errors.push('--har-bodies without --har records nothing; give both');
  checkFiles(values);
  return {
    audit: audit.path === undefined ? undefined : { ...audit, path: audit.path },
    har,
    harBodies,
    recordSecrets: values.one('dangerously-record-secrets', parseBool),
    maxBodyBytes: values.one('audit-max-body', parseSize),
  };
}

/** Two kinds of records in one file would overwrite, empty or put aside each other's. Devices can be shared. */
function checkFiles(values: FlagValues): void {
  const flags = new Map<string, string>();
  for (const flag of ['log-file', 'audit-log-path', 'har', 'output-file'] as const) {
    const file = values.text(flag);
    if (file === undefined || file.startsWith('/dev/')) continue;
    const place = normalize(file);
    const other = flags.get(place);
    if (other !== undefined)
      values.errors.push(`--${other} and --${flag} name the same file; give each its own`);
    flags.set(place, flag);
  }
}

function readAudit(values: FlagValues): Omit<AuditOptions, 'path'> & { path: string | undefined } {
  const audit = {
    path: values.text('audit-log-path'),
    format: values.one('audit-log-format', parseWord(AUDIT_FORMATS)),
    policyFile: values.text('audit-policy-file'),
    strict: values.one('audit-mode', parseWord(AUDIT_MODES)) === 'blocking-strict',
    rotation: {
      maxBytes: values.one('audit-log-maxsize', parseMegabytes),
      maxBackups: values.one('audit-log-maxbackup', parseCount),
      maxAgeMs: values.one('audit-log-maxage', parseDays),
      compress: values.one('audit-log-compress', parseBool),
    },
  };
  if (audit.path !== undefined) return audit;
  if (audit.policyFile !== undefined)
    values.errors.push('--audit-policy-file without --audit-log-path records nothing; give both');
  if (audit.strict)
    values.errors.push('--audit-mode without --audit-log-path records nothing; give both');
  return audit;
}

export function readAuditReport(values: FlagValues, files: readonly string[]): AuditReportOptions {
  if (files.length === 0)
    values.errors.push("audit needs a file: porthole audit [flags] FILE...; '-' is standard input");
  const now = Date.now();
  const moment = (name: 'since' | 'until') =>
    values.all(name, (text) => parseMoment(text, now)).at(-1);
  const options = {
    files,
    verbs: values.all('verb', (text) => text.toLowerCase()),
    resources: values.all('resource', String),
    namespaces: values.all('namespace', String),
    users: values.all('user', String),
    codes: values.all('code', parseCodes),
    since: moment('since'),
    until: moment('until'),
    allStages: values.one('all-stages', parseBool),
    top: values.all('top', parseCount).at(-1),
    by: values.one('by', parseWord(AUDIT_GROUPINGS)),
    follow: values.one('follow', parseBool),
    output: values.one('output', parseWord(AUDIT_OUTPUTS)),
  };
  if (options.top === undefined && values.all('by', String).length > 0)
    values.errors.push('--by without --top counts nothing; give both');
  if (options.follow && options.top !== undefined)
    values.errors.push(
      '--top needs the end of the events, which --follow waits for; give one of them',
    );
  return options;
}

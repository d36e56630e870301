import { resolve } from 'node:path';
import { packageVersion } from '../flags/version.ts';
import { readYaml } from '../kubeconfig/yaml.ts';
import type { AuditOptions } from '../options.ts';
import { type AccessLog, openAccessLog } from '../record/access/access-log.ts';
import { WatchEvents } from '../record/access/watch-events.ts';
import type { KlogUpstream } from '../record/klog/heads-trail.ts';
import { Recent } from '../record/recent/recent.ts';
import { statusSummary } from '../record/recent/status-summary.ts';
import type { Recorder } from '../record/recorder.ts';
import type { LineSink } from '../record/sink/line-sink.ts';
import { openSink } from '../record/sink/open-sink.ts';
import type { Notes } from './notes.ts';
import type { ServingOptions } from './serving.ts';
import type { Terminal } from './terminal.ts';

const STDERR = 2;
const EVENTS = 'audit events';
/** What an audit log's copies of bodies may hold together. Bytes. */
const MAX_COPIES = 64 * 1024 * 1024;

/** Where the exchanges of a proxy are recorded. */
export interface Recordings {
  readonly recorders: readonly Recorder[];
  /** Whether any of them wants to know who the API server takes us for. */
  readonly identify: boolean;
  /** Keeps lines off the terminal, within bounds, until it is called with false. */
  hold(on: boolean): void;
  /** Opens the files anew by their names: logrotate has moved them. */
  reopen(): void;
  /** How porthole is, in a few lines for a person. */
  summary(state: ProxyState): string;
  /** Writes what is queued, for a second at most. Never rejects. */
  close(): Promise<void>;
}

/** What a summary needs to know of the proxy. */
export interface ProxyState {
  readonly connections: { readonly client: number; readonly upstream: number };
  readonly credentials: string;
}

/** What recordings are made from, beside their flags. */
export interface RecordingSurroundings {
  readonly terminal: Terminal;
  readonly notes: Notes;
  /** What must not be in any record: the token of the door. */
  readonly secret: string | undefined;
  readonly upstream: () => KlogUpstream;
}

/** A recorder with what ends it. */
interface Opened {
  readonly recorder: Recorder & {
    /** Of what there is to write, so much was not written and will not be. */
    readonly dropped?: number;
  };
  /** What it writes, in the plural. */
  readonly entries: string;
  readonly sink: LineSink | undefined;
  /** What it writes is for the terminal. */
  readonly onTerminal?: boolean;
  close(): Promise<void>;
}

/**
 * Opens what the flags ask for; what they do not ask for is not even loaded.
 * @throws {PortholeError} `ERR_LOG_FILE`, `ERR_AUDIT_LOG`, as rejection
 */
export async function openRecordings(
  options: ServingOptions,
  surroundings: RecordingSurroundings,
): Promise<Recordings> {
  const { terminal, notes, secret } = surroundings;
  const log = openLog(options, surroundings);
  const opened = await openOthers(options, surroundings).catch(async (error: unknown) => {
    await log.close();
    throw error;
  });
  const audit = opened.find(({ entries }) => entries === EVENTS)?.recorder;
  const recent = new Recent();
  const recorders = opened.map(({ recorder }) => recorder);
  let closing: Promise<void> | undefined;
  return {
    recorders: [new WatchEvents(), log, ...recorders, ...(options.recorders ?? []), recent],
    identify: audit !== undefined || options.logFormat === 'combined' || options.identify === true,
    hold(on) {
      if (options.logFile === undefined) log.hold(on);
      for (const { sink, onTerminal } of opened) if (onTerminal) sink?.hold(on);
      options.onTerminalTaken?.(on);
    },
    reopen() {
      log.reopen();
      for (const { sink } of opened) sink?.reopen();
    },
    summary: (state) =>
      statusSummary(recent, {
        ...state,
        ...terminal.usage(),
        now: performance.now(),
        logDropped: log.dropped,
        auditDropped: audit?.dropped,
        secret,
      }),
    // Of two signals to stop, each closes.
    close() {
      closing ??= close();
      return closing;
    },
  };

  async function close(): Promise<void> {
    await Promise.all(opened.map((one) => one.close()));
    await log.close();
    for (const { recorder, entries } of opened)
      if (recorder.dropped)
        notes.warn(`${recorder.dropped} ${entries} could not be written, all in all`);
  }
}

/** All but the access log. */
async function openOthers(
  options: ServingOptions,
  surroundings: RecordingSurroundings,
): Promise<readonly Opened[]> {
  const { verbosity, audit, har } = options;
  const opened: Opened[] = [];
  try {
    if (verbosity >= 6) opened.push(await openKlog(options, surroundings));
    if (audit !== undefined) opened.push(await openAudit(options, audit, surroundings));
    if (har !== undefined) opened.push(await openHar(options, har, surroundings));
    return opened;
  } catch (error) {
    await Promise.all(opened.map((one) => one.close()));
    throw error;
  }
}

function openLog(
  { logFormat, logFile, logRotation, logAll, apiPrefix }: ServingOptions,
  { terminal, notes, secret }: RecordingSurroundings,
): AccessLog {
  const { env, stderrIsTTY } = terminal;
  const onTerminal = logFile === undefined && stderrIsTTY;
  return openAccessLog({
    format: logFormat === 'auto' ? (notes.json ? 'json' : 'pretty') : logFormat,
    colour: onTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    columns: onTerminal ? () => terminal.columns : undefined,
    fold: onTerminal && !logAll,
    apiPrefix,
    file: logFile && resolve(terminal.cwd, logFile),
    fd: STDERR,
    rotation: logRotation,
    onProblem: notes.warn,
    secret,
  });
}

async function openKlog(
  { verbosity }: ServingOptions,
  { terminal, upstream, secret }: RecordingSurroundings,
): Promise<Opened> {
  const { createKlog } = await import('../record/klog/klog.ts');
  const sink = openSink({ fd: STDERR, secret });
  const recorder = createKlog({ level: verbosity, sink, pid: terminal.pid, upstream, readYaml });
  return { recorder, sink, entries: 'lines of -v', onTerminal: true, close: () => sink.close() };
}

async function openAudit(
  options: ServingOptions,
  { path, policyFile, rotation, format, strict }: AuditOptions,
  { terminal, notes, secret }: RecordingSurroundings,
): Promise<Opened> {
  const { createAuditLog } = await import('../record/audit/audit-log.ts');
  const { METADATA_FOR_ALL } = await import('../record/audit/policy/decide.ts');
  const { loadPolicy } = await import('../record/audit/policy/load.ts');
  const policy =
    policyFile === undefined
      ? { decide: METADATA_FOR_ALL, warnings: [] }
      : loadPolicy(resolve(terminal.cwd, policyFile), { readYaml });
  for (const warning of policy.warnings) notes.warn(warning);
  const file = path === '-' ? path : resolve(terminal.cwd, path);
  const sink = openSink({ file, rotation, isPrivate: true, secret, onProblem: notes.warn });
  const recorder = createAuditLog({
    ...options,
    ...policy,
    sink,
    format,
    strict,
    budget: { left: MAX_COPIES },
    readYaml,
  });
  const { onRoom } = sink;
  sink.onRoom = (count) => {
    notes.warn(`${count} audit events were dropped: they came faster than they could be written`);
    onRoom(count);
  };
  return { recorder, sink, entries: EVENTS, close: () => recorder.close() };
}

async function openHar(
  options: ServingOptions,
  har: string,
  { terminal, notes, secret }: RecordingSurroundings,
): Promise<Opened> {
  const { createHar } = await import('../record/har/har.ts');
  const recorder = createHar({
    file: resolve(terminal.cwd, har),
    mode: 'continue',
    scheme: options.tls.kind === 'off' ? 'http' : 'https',
    bodies: options.harBodies,
    recordSecrets: options.recordSecrets,
    maxBodyBytes: options.maxBodyBytes,
    version: packageVersion(),
    readYaml,
    secret,
    onProblem: notes.warn,
  });
  const entries = 'entries of the HTTP archive';
  return { recorder, sink: undefined, entries, close: () => recorder.close() };
}

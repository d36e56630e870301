import { closeSync, ftruncateSync } from 'node:fs';
import { resolve } from 'node:path';
import { packageVersion } from '../flags/version.ts';
import { readYaml } from '../kubeconfig/yaml.ts';
import type { TraceOptions } from '../options.ts';
import { openAccessLog } from '../record/access/access-log.ts';
import type { Recorder } from '../record/recorder.ts';
import { openForAppending } from '../record/sink/open-file.ts';
import { openSink } from '../record/sink/open-sink.ts';
import { TraceLines } from '../record/trace/trace-lines.ts';
import type { Terminal } from './terminal.ts';

const STDERR = 2;
/** What copies of bodies may hold together. Bytes. */
const MAX_COPIES = 16 * 1024 * 1024;

/** Where the calls of a command are shown, and what they add up to. */
export interface TraceOutput {
  /**
   * Shows calls from now on: the command begins. `secret` must not be in any line.
   * @throws {PortholeError} `ERR_LOG_FILE`, as rejection
   */
  show(secret: string | undefined): Promise<Recorder>;
  /** Keeps lines off the terminal until it is called with false: somebody else has it. */
  hold(on: boolean): void;
  /** Shows the summary behind all calls, and lets go of the file. Never rejects. */
  close(summary: string): Promise<void>;
}

/** What shows calls, at a place that stays open. */
interface Shown {
  readonly recorder: Recorder;
  /** Lines that were not written: they came too fast. */
  dropped(): number;
  hold?(on: boolean): void;
  close(): Promise<void>;
}

interface Place {
  readonly fd: number;
  readonly secret: string | undefined;
  readonly colour: boolean;
}

/**
 * Calls go to stderr, or to a file that is empty first; the summary to stderr, or where the calls would go when it is alone.
 * @throws {PortholeError} `ERR_LOG_FILE`, `ERR_AUDIT_LOG`
 */
export function openTraceOutput(options: TraceOptions, terminal: Terminal): TraceOutput {
  const { output, outputFile, summaryOnly } = options;
  const file = outputFile === undefined ? undefined : resolve(terminal.cwd, outputFile);
  // An archive is written by whoever knows how, and to no place but a file.
  const isArchive = output === 'har' && !summaryOnly;
  const isOwn = file !== undefined && !isArchive;
  const place = isOwn ? openForAppending(file, output === 'audit') : undefined;
  const fd = place?.fd ?? STDERR;
  let shown: Shown | undefined;
  return {
    async show(secret) {
      // Not before: what was there is lost only when there is something new.
      if (place?.stat.isFile()) ftruncateSync(place.fd);
      if (summaryOnly) return {};
      const colour = fd === STDERR && wantsColour(terminal);
      shown =
        isArchive && file !== undefined
          ? await openHar(options, file, secret)
          : await open(options, { fd, secret, colour });
      return shown.recorder;
    },
    hold(on) {
      if (fd === STDERR) shown?.hold?.(on);
    },
    async close(summary) {
      await shown?.close();
      const missing = shown?.dropped() ?? 0;
      if (missing > 0) terminal.say(`warning: ${missing} lines are missing: they came too fast`);
      const last = openSink({ fd: summaryOnly ? fd : STDERR });
      last.write(summary);
      await last.close();
      if (fd !== STDERR) closeSync(fd);
    },
  };
}

function open(options: TraceOptions, place: Place): Shown | Promise<Shown> {
  switch (options.output) {
    case 'json':
      return openJson(place);
    case 'audit':
      return openAudit(options, place);
    default:
      return openText(place);
  }
}

function openText({ fd, secret, colour }: Place): Shown {
  const sink = openSink({ fd, secret });
  const write = (line: string) => sink.write(line);
  const recorder = new TraceLines({ write, colour, now: () => performance.now() });
  const hold = (on: boolean): void => sink.hold(on);
  return { recorder, dropped: () => sink.dropped, hold, close: () => sink.close() };
}

function openJson(place: Place): Shown {
  const log = openAccessLog({ ...place, format: 'json', file: undefined });
  const hold = (on: boolean): void => log.hold(on);
  return { recorder: log, dropped: () => log.dropped, hold, close: () => log.close() };
}

async function openAudit({ maxBodyBytes, recordSecrets }: TraceOptions, { fd, secret }: Place) {
  const { createAuditLog } = await import('../record/audit/audit-log.ts');
  const { METADATA_FOR_ALL } = await import('../record/audit/policy/decide.ts');
  const log = createAuditLog({
    ...{ sink: openSink({ fd, secret }), format: 'json', decide: METADATA_FOR_ALL, strict: false },
    ...{ maxBodyBytes, recordSecrets, apiPrefix: '/', readYaml },
    // Names of created objects, and what failures say, are in bodies.
    budget: { left: MAX_COPIES },
  });
  return { recorder: log, dropped: () => log.dropped, close: () => log.close() };
}

async function openHar(options: TraceOptions, file: string, secret: string | undefined) {
  const { harBodies, recordSecrets, maxBodyBytes, tls } = options;
  const { createHar } = await import('../record/har/har.ts');
  const har = createHar({
    file,
    mode: 'fresh',
    scheme: tls.kind === 'off' ? 'http' : 'https',
    bodies: harBodies,
    version: packageVersion(),
    ...{ recordSecrets, maxBodyBytes, readYaml, secret },
  });
  return { recorder: har, dropped: () => har.dropped, close: () => har.close() };
}

function wantsColour({ stderrIsTTY, env }: Terminal): boolean {
  return stderrIsTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

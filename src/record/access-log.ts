import { pino } from 'pino';
import type { ExchangeRecord } from './exchange-record.ts';
import { logFields, logLevel } from './fields.ts';
import { LineSink } from './line-sink.ts';
import { borrowDescriptor, openLogFile } from './log-file.ts';
import { prettyLine } from './pretty.ts';

export interface AccessLogOptions {
  readonly format: 'pretty' | 'json' | 'off';
  /** Colours in pretty lines. */
  readonly colour: boolean;
  /** `--log-file`: appended to; created with mode 0600. */
  readonly file: string | undefined;
  /** Where lines go without a file: 2, for stderr. It stays open. */
  readonly fd: number;
  /** What must not be in any line, wherever a client wrote it: visible ASCII. */
  readonly secret?: string | undefined;
}

/** One line per exchange. A slow reader, a full disk or a broken pipe costs lines, which are counted, and nothing else. */
export interface AccessLog {
  /** Takes the line of an ended record. Never waits, never throws. */
  write(record: ExchangeRecord): void;
  /** Lines that were not written and will not be. */
  readonly dropped: number;
  /** Keeps lines back, within bounds, until it is called with false: somebody else has the terminal. */
  hold(on: boolean): void;
  /** Writes what is queued, for a second at most. Never rejects. */
  close(): Promise<void>;
}

/** How records become lines on a sink. */
interface Format {
  write(record: ExchangeRecord): void;
  /** Says in the log that lines are missing before this one. */
  reportDropped(count: number): void;
}

type Lines = Pick<LineSink, 'write'>;

/** Without a secret, nor its percent-encoded form. */
function hiding(secret: string, sink: LineSink): Lines {
  const forms = [secret, encodeURIComponent(secret)];
  return {
    write: (line) => sink.write(forms.reduce((text, form) => text.replaceAll(form, '***'), line)),
  };
}

const OFF: AccessLog = { write() {}, dropped: 0, hold() {}, close: () => Promise.resolve() };

/** @throws {PortholeError} `ERR_LOG_FILE` when the file cannot be written */
export function openAccessLog(options: AccessLogOptions): AccessLog {
  if (options.format === 'off') return OFF;
  const { file, fd, colour } = options;
  const sink = new LineSink(file === undefined ? borrowDescriptor(fd) : openLogFile(file));
  const lines = options.secret === undefined ? sink : hiding(options.secret, sink);
  const format = options.format === 'json' ? jsonFormat(lines) : prettyFormat(lines, colour);
  sink.onRoom = format.reportDropped;
  return {
    write: format.write,
    get dropped() {
      return sink.dropped;
    },
    hold: (on) => sink.hold(on),
    close: () => sink.close(),
  };
}

/** pino's own fields are off, but for the level: `time` is the record's, so that it is the moment the request came. */
function jsonFormat(sink: Lines): Format {
  const logger = pino(
    {
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: escapeControls },
    },
    sink,
  );
  let latest = 0;
  return {
    write(record) {
      latest = record.time;
      logger[logLevel(record)](logFields(record));
    },
    reportDropped(count) {
      const time = new Date(latest).toISOString();
      logger.warn({
        time,
        msg: 'log lines dropped: they came faster than they could be written',
        dropped: count,
      });
    },
  };
}

function prettyFormat(sink: Lines, colour: boolean): Format {
  return {
    write(record) {
      sink.write(prettyLine(record, colour));
    },
    reportDropped(count) {
      sink.write(`... ${count} log lines dropped: they came faster than they could be written\n`);
    },
  };
}

/**
 * JSON allows DEL, C1 controls and U+2028/2029 as they are; terminals act upon the first two (a log gets read with `cat`),
 * and some readers of lines end a line at the others.
 */
function escapeControls(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

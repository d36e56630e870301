import type { ExchangeRecord } from '../exchange-record.ts';
import { escapeControls } from '../json/json-text.ts';
import type { Lines } from '../sink/hiding.ts';
import { combinedLine, combinedNote } from './combined.ts';
import { type Level, logFields, logLevel } from './fields.ts';
import { type FoldedLines, Folding } from './fold.ts';
import { writeJsonLine } from './json-line.ts';
import { foldedLine, openedLine, prettyLine } from './pretty.ts';

/** How records become lines. */
export interface Format {
  /** Takes an ended record. */
  readonly write: (record: ExchangeRecord) => void;
  /** Takes the record of a stream that has begun; undefined where there are lines of ends only. */
  readonly opened: ((record: ExchangeRecord) => void) | undefined;
  /** Says in the log that lines are missing before this one. */
  readonly reportDropped: (count: number) => void;
  /** Writes what it holds. */
  readonly flush: () => void;
}

/** What lines for a person depend on. */
interface PrettyOptions {
  readonly colour: boolean;
  /** Of the terminal, at this moment; undefined where there is none. */
  readonly columns: () => number | undefined;
  /** Discovery and health checks of a client within a second share a line. */
  readonly fold: boolean;
  /** The path of the API; begins and ends with a slash. */
  readonly apiPrefix: string;
}

function dropped(count: number): string {
  return `${count} log lines dropped: they came faster than they could be written`;
}

/**
 * pino's lines, with the record's `time`: the moment the request came. Not by pino: loading it takes a fifth of the start and
 * 8 MB, and what it would write of these fields is what JSON.stringify makes, to the byte, as a property test holds against it.
 */
export function jsonFormat(lines: Lines): Format {
  const tell = (level: Level, fields: object): void =>
    lines.write(`${escapeControls(JSON.stringify({ level, ...fields }))}\n`);
  let latest = 0;
  return {
    write(record) {
      latest = record.time;
      if (!writeJsonLine(record, lines)) tell(logLevel(record), logFields(record));
    },
    opened: (record) => tell('info', logFields(record)),
    reportDropped(count) {
      const time = new Date(latest).toISOString();
      tell('warn', {
        time,
        msg: 'log lines dropped: they came faster than they could be written',
        dropped: count,
      });
    },
    flush() {},
  };
}

export function combinedFormat(lines: Lines): Format {
  let latest = 0;
  return {
    write(record) {
      latest = record.time;
      lines.write(combinedLine(record));
    },
    opened: undefined,
    reportDropped: (count) => lines.write(combinedNote(`porthole: ${dropped(count)}`, latest)),
    flush() {},
  };
}

export function prettyFormat(lines: Lines, options: PrettyOptions): Format {
  const { colour, columns } = options;
  const writes: FoldedLines = {
    one: (record) => lines.write(prettyLine(record, colour, columns())),
    several: (folded) => lines.write(foldedLine(folded, colour, columns())),
  };
  const folding = options.fold ? new Folding(writes, options.apiPrefix) : undefined;
  return {
    write: folding === undefined ? writes.one : (record) => folding.take(record),
    opened(record) {
      folding?.before(record);
      lines.write(openedLine(record, colour, columns()));
    },
    reportDropped: (count) => lines.write(`... ${dropped(count)}\n`),
    flush: () => folding?.flush(),
  };
}

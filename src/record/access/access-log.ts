import type { RequestHead } from '../../http1/message.ts';
import type { OutgoingHead } from '../../server/exchange.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import type { Recorder, Trail } from '../recorder.ts';
import type { Lines } from '../sink/hiding.ts';
import { openSink } from '../sink/open-sink.ts';
import type { Rotation } from '../sink/rotation.ts';
import { combinedFormat, type Format, jsonFormat, prettyFormat } from './formats.ts';
import { isStream } from './words.ts';

export interface AccessLogOptions {
  /** `combined` is Apache's. */
  readonly format: 'pretty' | 'json' | 'combined' | 'off';
  /** Colours in pretty lines. */
  readonly colour: boolean;
  /** Columns of the terminal that pretty lines are shown on, at this moment; undefined where there is none. */
  readonly columns?: (() => number | undefined) | undefined;
  /** Discovery and health checks of one client within a second share a pretty line. */
  readonly fold?: boolean | undefined;
  /** The path that the API is served at, which tells discovery; `/` unless given. */
  readonly apiPrefix?: string | undefined;
  /** `--log-file`: appended to; created with mode 0600. */
  readonly file: string | undefined;
  /** When the file is put aside for a new one; never unless given. */
  readonly rotation?: Rotation | undefined;
  /** Where lines go without a file: 2, for stderr. It stays open. */
  readonly fd: number;
  /** What must not be in any line, wherever a client wrote it: visible ASCII. */
  readonly secret?: string | undefined;
  /** Takes a sentence about what goes wrong with the file: once, until it worked again. */
  readonly onProblem?: ((sentence: string) => void) | undefined;
}

/**
 * One line per exchange, and one more when a watch or a tunnel opens. A slow reader, a full disk or a broken pipe costs lines,
 * which are counted, and nothing else.
 */
export interface AccessLog extends Recorder {
  /** Takes the line of an ended record. Never waits, never throws. */
  ended(record: ExchangeRecord): void;
  /** Lines that were not written and will not be. */
  readonly dropped: number;
  /** Keeps lines back, within bounds, until it is called with false: somebody else has the terminal. */
  hold(on: boolean): void;
  /** Opens the file anew by its name: somebody has moved it away. Never throws. */
  reopen(): void;
  /** Writes what is queued, for a second at most. Never rejects. */
  close(): Promise<void>;
}

const OFF: AccessLog = {
  ended() {},
  dropped: 0,
  hold() {},
  reopen() {},
  close: () => Promise.resolve(),
};

/** @throws {PortholeError} `ERR_LOG_FILE` when the file cannot be written */
export function openAccessLog(options: AccessLogOptions): AccessLog {
  if (options.format === 'off') return OFF;
  const { file, fd, rotation, secret, onProblem } = options;
  const sink = openSink({ file, fd, rotation, secret, onProblem });
  const format = createFormat(options, sink);
  sink.onRoom = format.reportDropped;
  const log = {
    ended: format.write,
    get dropped() {
      return sink.dropped;
    },
    hold(on: boolean) {
      format.flush();
      sink.hold(on);
    },
    reopen: () => sink.reopen(),
    close() {
      format.flush();
      return sink.close();
    },
  };
  const { opened } = format;
  if (opened === undefined) return log;
  return Object.assign(log, {
    begin: (record: ExchangeRecord, request: RequestHead) =>
      isStream(record) || request.upgrade !== undefined ? new Stream(record, opened) : undefined,
  });
}

function createFormat(options: AccessLogOptions, lines: Lines): Format {
  switch (options.format) {
    case 'json':
      return jsonFormat(lines);
    case 'combined':
      return combinedFormat(lines);
    default:
      return prettyFormat(lines, {
        colour: options.colour,
        columns: options.columns ?? (() => undefined),
        fold: options.fold ?? false,
        apiPrefix: options.apiPrefix ?? '/',
      });
  }
}

/** Tells when the answer to a request begins that may last: one whose end nobody knows yet. */
class Stream implements Trail {
  readonly #record: ExchangeRecord;
  readonly #opened: (record: ExchangeRecord) => void;

  constructor(record: ExchangeRecord, opened: (record: ExchangeRecord) => void) {
    this.#record = record;
    this.#opened = opened;
  }

  responded({ status, framing }: OutgoingHead): void {
    const lasts = framing.kind === 'chunked' || framing.kind === 'close';
    if (status === 101 || (status < 300 && lasts && isStream(this.#record)))
      this.#opened(this.#record);
  }
}

import { basename } from 'node:path';
import type { RequestHead } from '../http1/message.ts';
import type { TraceOptions } from '../options.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { Recorder, Trail } from '../record/recorder.ts';
import { summaryJson, summaryText } from '../record/trace/summary-text.ts';
import { TraceTally } from '../record/trace/tally.ts';
import { startPrivateProxy } from './private-proxy.ts';
import { runCommand } from './run.ts';
import type { Terminal } from './terminal.ts';
import { openTraceOutput } from './trace-output.ts';

/** A log would be a second account of the same calls. */
const NO_LOG = {
  logFormat: 'off',
  logFile: undefined,
  logRotation: { maxBytes: 0, maxBackups: 0, maxAgeMs: 0, compress: false },
  logAll: false,
} as const;

/** As shells have it: what could not be run, and what there is not. */
const NOT_RUN: ReadonlySet<number> = new Set([126, 127]);

/** `porthole trace`: a command with a proxy of its own that shows its calls. Resolves to the command's exit code. */
export async function traceCommand(options: TraceOptions, terminal: Terminal): Promise<number> {
  const { command, output, summaryOnly } = options;
  const shown = openTraceOutput(options, terminal);
  const tally = new TraceTally();
  const calls = new Calls();
  let startedAt = 0;
  let endedAt = 0;
  const start = async () => {
    const recording = {
      recorders: [tally, calls],
      identify: output === 'audit',
      onTerminalTaken: shown.hold,
    };
    const proxy = await startPrivateProxy({ ...options, ...NO_LOG, ...recording }, terminal);
    const close = (): Promise<void> => {
      endedAt = performance.now();
      return proxy.close();
    };
    try {
      calls.shown = await shown.show(proxy.token);
    } catch (error) {
      await close();
      throw error;
    }
    startedAt = performance.now();
    return { ...proxy, close };
  };
  let summary = '';
  try {
    const exitCode = await runCommand({ command, start }, terminal);
    const program = basename(command[0] ?? '');
    const sums = tally.summary({ program, exitCode, wallMs: endedAt - startedAt });
    if (output === 'json' && summaryOnly) summary = summaryJson(sums);
    else if (sums.calls > 0 || !NOT_RUN.has(exitCode)) summary = summaryText(sums);
    return exitCode;
  } finally {
    await shown.close(summary);
  }
}

/** Passes on what is recorded to what is there to show it once the command begins. */
class Calls implements Recorder {
  shown: Recorder = {};

  begin(record: ExchangeRecord, request: RequestHead): Trail | undefined {
    return this.shown.begin?.(record, request);
  }

  ended(record: ExchangeRecord): void {
    this.shown.ended?.(record);
  }
}

import { LineSink } from './line-sink.ts';
import type { LineSinkOptions } from './line-sink-options.ts';
import { borrowDescriptor, openLogFile } from './log-file.ts';
import type { Rotation } from './rotation.ts';

/** Where lines go, and by which rules. */
export interface SinkOptions extends LineSinkOptions {
  /** A private one called `-` is stdout, as for kube-apiserver's `--audit-log-path`. */
  readonly file?: string | undefined;
  /** Where lines go without a file; stderr when nothing is said. It stays open. */
  readonly fd?: number | undefined;
  readonly rotation?: Rotation | undefined;
  /** The file has to be ours, and is nobody else's to read; what is wrong with it is ERR_AUDIT_LOG. */
  readonly isPrivate?: boolean | undefined;
}

/** @throws {PortholeError} `ERR_LOG_FILE`, and for a private file `ERR_AUDIT_LOG`, when the file cannot be written */
export function openSink(options: SinkOptions): LineSink {
  const { file, isPrivate } = options;
  if (file === undefined) return new LineSink(borrowDescriptor(options.fd ?? 2), options);
  if (isPrivate && file === '-') return new LineSink(borrowDescriptor(1), options);
  return new LineSink(openLogFile(file, options), options);
}

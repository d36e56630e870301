/** When a log file is put aside for a new one, and what becomes of those that were: lumberjack's rules. */
export interface Rotation {
  /** A file is put aside before it grows beyond this; 0 is never. Bytes. */
  readonly maxBytes: number;
  /** How many that were put aside are kept; 0 is all. */
  readonly maxBackups: number;
  /** How long those are kept, in ms; 0 is for ever. */
  readonly maxAgeMs: number;
  /** Those are compressed with gzip. */
  readonly compress: boolean;
}

export interface LineSinkOptions {
  /** What must not be in any line: visible ASCII. */
  readonly secret?: string | undefined;
  /** How long writeThrough() waits, in ms. */
  readonly writeThroughMs?: number | undefined;
  /** How long close() goes on to write, in ms. */
  readonly closeMs?: number | undefined;
  /** The most that waits to be written. Bytes. */
  readonly maxHeld?: number | undefined;
  /** Takes a sentence about what goes wrong: once, until it worked again. */
  readonly onProblem?: ((sentence: string) => void) | undefined;
}

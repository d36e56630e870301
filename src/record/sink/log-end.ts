/** Where lines go in the end: a file, a pipe, a terminal. It is asked one thing at a time. */
export interface LogEnd {
  /** For sentences: `"/var/log/audit.log"`, `descriptor 2`. */
  readonly name: string;
  /**
   * Writes some of these bytes, and resolves to how many; the next call goes on behind those. 0 is: nothing stands in its
   * way any more, ask again. Rejects with the system's error when none could be written.
   */
  write(bytes: Buffer): Promise<number>;
  /** Opens the file anew by its name, which somebody may have given to another one. Never throws. */
  reopen(): void;
  /** Never rejects. */
  close(): Promise<void>;
}

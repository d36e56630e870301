import type { LineSink } from '../sink/line-sink.ts';
import { klogLine, type Pair } from './line.ts';

/** Writes klog's lines. */
export class Klog {
  readonly level: number;
  readonly #sink: Pick<LineSink, 'write'>;
  readonly #pid: number;
  /** From the monotonic clock to ms since the epoch. */
  #offset = 0;

  /** `level` from 6 on. */
  constructor(level: number, sink: Pick<LineSink, 'write'>, pid: number) {
    this.level = level;
    this.#sink = sink;
    this.#pid = pid;
  }

  info(message: string, pairs: readonly Pair[]): void {
    this.#sink.write(klogLine(this.#now(), this.#pid, message, pairs));
  }

  /** To the microsecond, which the wall clock does not tell: it is asked whether the two have parted (a machine slept). */
  #now(): number {
    const wall = Date.now();
    const now = this.#offset + performance.now();
    if (now >= wall && now < wall + 1) return now;
    this.#offset += wall - now;
    return wall;
  }
}

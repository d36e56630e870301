// One answer to a watch, with its exact bytes.
import { agentFor, begin, type Door } from './asking.ts';
import { revisionOf } from './direct.ts';
import type { WatchPiece } from './journal.ts';

export interface Watch {
  readonly door: Door;
  readonly path: string;
  /** The revision that it begins behind. */
  readonly from: number;
}

export interface Watched {
  /** Undefined when no answer began, or another one than 200. */
  readonly piece: Omit<WatchPiece, 'client' | 'timeoutMs'> | undefined;
  /** The revision of the last whole event, else `from`. */
  readonly reached: number;
}

/** Resolves when the answer ends, or has brought the event of the revision that `last` comes to. Never rejects. */
export function watchOnce({ door, path, from }: Watch, last: Promise<number>): Promise<Watched> {
  return new Promise((resolve) => {
    const asked = performance.now();
    let goal = Number.POSITIVE_INFINITY;
    let check = (): void => {};
    void last.then((revision) => {
      goal = revision;
      check();
    });
    let begun = false;
    const sent = begin(door, { path, agent: agentFor(door) });
    sent.once('response', (answer) => {
      begun = true;
      const events = new Events(from);
      const settle = (state: WatchPiece['state']): void => {
        const lastedMs = performance.now() - asked;
        const piece = { from, bytes: events.bytes, state, lastedMs };
        const { statusCode } = answer;
        resolve({ piece: statusCode === 200 ? piece : undefined, reached: events.reached });
      };
      check = () => {
        if (events.reached < goal) return;
        settle('open');
        sent.destroy();
      };
      answer.on('data', (part: Buffer) => {
        if (answer.statusCode === 200) events.take(part);
        check();
      });
      answer.on('error', () => {});
      answer.once('close', () => settle(answer.complete ? 'complete' : 'cut'));
      check();
    });
    sent.on('error', () => {});
    // Once an answer has begun, its own end tells, which comes later.
    sent.once('close', () => begun || resolve({ piece: undefined, reached: from }));
    sent.end();
  });
}

/** The bytes of a watch, and how far its whole events go. */
class Events {
  reached: number;
  readonly #parts: Buffer[] = [];
  #line = '';

  constructor(from: number) {
    this.reached = from;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  take(part: Buffer): void {
    this.#parts.push(part);
    const text = part.toString('latin1');
    const end = text.lastIndexOf('\n');
    if (end === -1) {
      this.#line += text;
      return;
    }
    const lines = (this.#line + text.slice(0, end)).split('\n');
    this.#line = text.slice(end + 1);
    const last = lines.at(-1);
    if (last !== undefined) this.reached = reachedBy(last, this.reached);
  }
}

/** What is no event is for the judge of the bytes. */
function reachedBy(line: string, otherwise: number): number {
  try {
    return revisionOf(line);
  } catch {
    return otherwise;
  }
}

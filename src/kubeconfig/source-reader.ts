import { type Fingerprints, fingerprintAt } from './fingerprint.ts';
import { readBounded } from './read-bounded.ts';

/**
 * Reads the files of one loading, each of them once: what is judged is what is used, whatever is written meanwhile. Knows
 * afterwards what the outcome depends on.
 */
export class SourceReader {
  readonly #outcomes = new Map<string, () => Buffer>();
  readonly #sources = new Map<string, string>();
  /** As in `readBounded`. */
  readonly again: boolean;

  constructor(again = false) {
    this.again = again;
  }

  /** @throws what `readBounded` throws, each time the same */
  read(path: string): Buffer {
    this.note(path);
    return this.peek(path);
  }

  /** @throws as `read` */
  text(path: string): string {
    return this.read(path).toString('utf8');
  }

  /** Reads what is not to count as a source. @throws as `read` */
  peek(path: string): Buffer {
    let outcome = this.#outcomes.get(path);
    if (outcome === undefined) {
      outcome = outcomeOf(() => readBounded(path, this.again));
      this.#outcomes.set(path, outcome);
    }
    return outcome();
  }

  note(path: string): void {
    if (!this.#sources.has(path)) this.#sources.set(path, fingerprintAt(path));
  }

  /** All that was read or looked for, in order, as it was found just before. */
  get sources(): Fingerprints {
    return this.#sources;
  }
}

function outcomeOf(read: () => Buffer): () => Buffer {
  try {
    const bytes = read();
    return () => bytes;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

// A review of real files in this process, with what it writes kept.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AuditReportOptions } from '../../../src/options.ts';
import { review } from '../../../src/review/review.ts';

/** A folder for the files of one test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'porthole-review-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

export interface ReviewOf {
  readonly files: readonly string[];
  readonly options?: Partial<AuditReportOptions>;
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** How many texts are taken before the reader is gone. */
  readonly taken?: number;
}

/** A review under way. */
export class Review {
  output = '';
  readonly said: string[] = [];
  readonly ended: Promise<boolean>;
  readonly #stop = new AbortController();
  #waiting: (() => void)[] = [];
  #taken: number;

  constructor({ files, options, stdin = nothing(), taken = Number.POSITIVE_INFINITY }: ReviewOf) {
    this.#taken = taken;
    this.ended = review(
      { ...EVERYTHING, files, ...options },
      {
        write: (text) => this.#take(text),
        say: (sentence) => this.said.push(sentence),
        stdin,
        signal: this.#stop.signal,
        meantBy: (words) => words,
        readUri: () => undefined,
      },
    );
  }

  async #take(text: string): Promise<boolean> {
    if (this.#taken-- <= 0) return false;
    this.output += text;
    for (const wake of this.#waiting.splice(0)) wake();
    return true;
  }

  /** Resolves when so many lines have been written. */
  async lines(count: number): Promise<string[]> {
    while (this.output.split('\n').length <= count)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.output.trimEnd().split('\n');
  }

  stop(): void {
    this.#stop.abort();
  }
}

/** Runs one to its end. */
export async function reviewed(of: ReviewOf) {
  const running = new Review(of);
  const isWhole = await running.ended;
  return { isWhole, output: running.output, said: running.said };
}

const EVERYTHING: AuditReportOptions = {
  files: [],
  verbs: [],
  resources: [],
  namespaces: [],
  users: [],
  codes: [],
  since: undefined,
  until: undefined,
  allStages: false,
  top: undefined,
  by: 'resource',
  follow: false,
  output: 'json',
};

async function* nothing(): AsyncGenerator<Uint8Array> {}

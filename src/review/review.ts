/** `porthole audit`: reads audit files of any size in a room that does not grow with them. */
import type { AuditReportOptions } from '../options.ts';
import { quote } from '../printable.ts';
import { type FoundEvent, readJson } from './event.ts';
import { piecesOf, unpacked } from './files.ts';
import { eventFilter, type MeantBy } from './filter.ts';
import { FOLLOWED_ANEW } from './follow.ts';
import { type ReadUri, readLegacy } from './legacy.ts';
import { LineSplitter } from './lines.ts';
import { inert, textLine } from './text.ts';
import { createTop, type Top } from './top.ts';

/** What a review needs of the world. */
export interface ReviewIO {
  /** To stdout; resolves when it was taken, to false when nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** A line to stderr. */
  say(sentence: string): void;
  /** The file `-`. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Ends `follow`. */
  readonly signal: AbortSignal;
  readonly meantBy: MeantBy;
  readonly readUri: ReadUri;
}

/** Of the JSON of what is no object. */
const BRACE = '{';

/**
 * Writes the events that hold the conditions, or a table of them. Resolves to whether every file could be read; a file that
 * can not is told of, and the next one is read. Throws ERR_USAGE for conditions that say nothing.
 */
export async function review(options: AuditReportOptions, io: ReviewIO): Promise<boolean> {
  const reading = new Reading(options, io);
  let isWhole = true;
  for (const [at, file] of options.files.entries()) {
    const following = options.follow && at === options.files.length - 1 ? io.signal : undefined;
    try {
      const pieces = file === '-' ? unpacked(io.stdin) : piecesOf(file, following);
      if (!(await reading.read(pieces, following))) break;
    } catch (error) {
      isWhole = false;
      const name = file === '-' ? 'standard input' : quote(file);
      io.say(`error: cannot read ${name}: ${reasonOf(error)}`);
    }
  }
  await reading.end();
  return isWhole;
}

/** One pass over all files. */
class Reading {
  readonly #options: AuditReportOptions;
  readonly #io: ReviewIO;
  readonly #top: Top | undefined;
  readonly #passes: ReturnType<typeof eventFilter>['passes'];
  readonly #lines: LineSplitter;
  /** What is to be written before more is read. */
  #output = '';
  #strange = 0;
  /** Whether somebody takes what is written. */
  #isRead = true;

  constructor(options: AuditReportOptions, io: ReviewIO) {
    const { top, by, output } = options;
    const filter = eventFilter(options, io.meantBy);
    this.#options = options;
    this.#io = io;
    this.#top = top === undefined ? undefined : createTop({ top, by, output });
    this.#passes = filter.passes;
    this.#lines = new LineSplitter((line) => {
      if (filter.mayPass(line)) this.#take(line.toString());
    });
  }

  /** False when nobody reads what it writes, and none of it is needed any more. */
  async read(
    pieces: AsyncIterable<Buffer | typeof FOLLOWED_ANEW>,
    following: AbortSignal | undefined,
  ): Promise<boolean> {
    try {
      for await (const piece of pieces) {
        if (piece === FOLLOWED_ANEW) this.#lines.end();
        else this.#lines.push(piece);
        if (!(await this.#flush())) return false;
      }
    } finally {
      // The next file begins a new line, also behind one that broke off. Of one that is followed, the line may be whole later.
      if (following?.aborted !== true) this.#lines.end();
    }
    return this.#flush();
  }

  async end(): Promise<void> {
    if (!(await this.#flush())) return;
    if (this.#top !== undefined) await this.#io.write(this.#top.report());
    const strange = this.#strange + this.#lines.tooLong;
    if (strange === 1) this.#io.say('1 line was no audit event');
    if (strange > 1) this.#io.say(`${strange} lines were no audit events`);
  }

  #take(line: string): void {
    const found = this.#eventsIn(line);
    if (found !== undefined) for (const one of found) this.#show(one);
    else if (line.trim() !== '') this.#strange++;
  }

  #eventsIn(line: string): readonly FoundEvent[] | undefined {
    if (line.startsWith(BRACE)) return readJson(line);
    const event = readLegacy(line, this.#io.readUri);
    return event === undefined ? undefined : [{ event, line }];
  }

  #show(found: FoundEvent): void {
    if (!this.#passes(found.event)) return;
    if (this.#top !== undefined) this.#top.add(found);
    else if (this.#options.output === 'json') this.#output += `${inert(found.line)}\n`;
    else this.#output += textLine(found.event);
  }

  async #flush(): Promise<boolean> {
    if (this.#output !== '') {
      const text = this.#output;
      this.#output = '';
      this.#isRead = await this.#io.write(text);
    }
    return this.#isRead;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  Z_BUF_ERROR: 'its compressed data ends too early',
  Z_DATA_ERROR: 'its compressed data is damaged',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  // A defect of ours is nothing that was wrong with the file.
  if (code === undefined) throw error;
  return REASONS[code] ?? code;
}

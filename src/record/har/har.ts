import type { RequestHead } from '../../http1/message.ts';
import type { OutgoingHead } from '../../server/exchange.ts';
import { BodyCopy, type CopyBudget } from '../body/body-copy.ts';
import { type Content, type ReadYaml, readContent } from '../body/content.ts';
import { keepsNoBodies } from '../body/shown-text.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { escapeControls } from '../json/json-text.ts';
import type { Recorder, Trail } from '../recorder.ts';
import { hider } from '../sink/hiding.ts';
import { Archive } from './archive.ts';
import { type EntryOptions, type Followed, harEntry } from './entry.ts';
import { fieldsOf, firstOf } from './fields.ts';
import { openArchive } from './open.ts';
import { contentOf, postDataOf } from './texts.ts';

export interface HarOptions extends EntryOptions {
  readonly file: string;
  /** `fresh` empties the file; `continue` adds to an archive that porthole wrote. */
  readonly mode: 'fresh' | 'continue';
  /** Porthole's, for `creator`. */
  readonly version: string;
  /** Bodies are recorded; those that could hold secrets are only described, and JSON goes without its secrets. */
  readonly bodies: boolean;
  /** Longer bodies are only described. */
  readonly maxBodyBytes: number;
  readonly readYaml?: ReadYaml | undefined;
  /** What must not be in any entry, wherever a client wrote it: visible ASCII. */
  readonly secret?: string | undefined;
  /** Takes a sentence about why nothing more is recorded. */
  readonly onProblem?: ((sentence: string) => void) | undefined;
}

/** Records exchanges as an HTTP Archive 1.2: one entry for each, when it has ended. */
export interface Har extends Recorder {
  /** Entries that were not written and will not be. */
  readonly dropped: number;
  /** Writes what is left, for a second at most. Never rejects. */
  close(): Promise<void>;
}

/** What copies of bodies may hold together. Bytes. */
const MAX_COPIES = 64 * 1024 * 1024;

/** @throws {PortholeError} `ERR_LOG_FILE` when the file can not be written, or holds something else */
export function createHar(options: HarOptions): Har {
  const { file, mode, version, onProblem } = options;
  const archive = new Archive(openArchive(file, mode, version), {
    openAnew: () => openArchive(file, 'continue', version),
    onTaken: () =>
      onProblem?.(
        `another program writes to the HTTP Archive ${JSON.stringify(file)}: nothing more is recorded there; give each porthole a file of its own`,
      ),
  });
  const writer = new EntryWriter(options, archive);
  const budget = { left: MAX_COPIES };
  return {
    begin: (record, request) =>
      options.bodies
        ? new BodiesTrail(writer, record, request, budget)
        : new HarTrail(writer, record, request),
    get dropped() {
      return writer.archive.dropped;
    },
    close: () => writer.close(),
  };
}

/** Writes entries, once their bodies have been read. */
class EntryWriter {
  readonly options: HarOptions;
  readonly archive: Archive;
  readonly #hide: ((text: string) => string) | undefined;
  readonly #reading = new Set<Promise<void>>();

  constructor(options: HarOptions, archive: Archive) {
    this.options = options;
    this.archive = archive;
    this.#hide = options.secret === undefined ? undefined : hider(options.secret);
  }

  write(followed: Followed): void {
    const entry = JSON.stringify(harEntry(followed, this.options));
    this.archive.add(escapeControls(this.#hide?.(entry) ?? entry));
  }

  /** `reading` ends with a `write`. */
  later(reading: Promise<void>): void {
    this.#reading.add(reading);
    void reading.then(() => this.#reading.delete(reading));
  }

  async close(): Promise<void> {
    await Promise.all(this.#reading);
    await this.archive.close();
  }
}

/** Follows an exchange without its bodies. */
class HarTrail implements Trail {
  protected readonly writer: EntryWriter;
  protected readonly record: ExchangeRecord;
  protected readonly request: RequestHead;
  protected response: OutgoingHead | undefined;
  #respondedAt: number | undefined;

  constructor(writer: EntryWriter, record: ExchangeRecord, request: RequestHead) {
    this.writer = writer;
    this.record = record;
    this.request = request;
  }

  responded(head: OutgoingHead): void {
    this.response = head;
    this.#respondedAt = performance.now();
  }

  ended(_record: ExchangeRecord): void {
    this.write(undefined, undefined);
  }

  protected write(sent: Content | undefined, got: Content | undefined): void {
    const { record, request, response } = this;
    const { recordSecrets } = this.writer.options;
    this.writer.write({
      record,
      request,
      response,
      respondedAt: this.#respondedAt,
      postData: sent && postDataOf(sent, record, recordSecrets),
      content: got && contentOf(got, record, recordSecrets),
    });
  }
}

/** Follows one with its bodies, but for those of watches, logs and tunnels. */
class BodiesTrail extends HarTrail {
  readonly #budget: CopyBudget;
  #sent: BodyCopy | undefined;
  #got: BodyCopy | undefined;

  constructor(
    writer: EntryWriter,
    record: ExchangeRecord,
    request: RequestHead,
    budget: CopyBudget,
  ) {
    super(writer, record, request);
    this.#budget = budget;
  }

  requestBody(bytes: Buffer): void {
    if (keepsNoBodies(this.record, this.request)) return;
    const { maxBodyBytes } = this.writer.options;
    this.#sent ??= new BodyCopy(this.request.framing, maxBodyBytes, this.#budget);
    this.#sent.add(bytes);
  }

  override responded(head: OutgoingHead): void {
    super.responded(head);
    if (keepsNoBodies(this.record, this.request) || head.status === 101) return;
    this.#got = new BodyCopy(head.framing, this.writer.options.maxBodyBytes, this.#budget);
  }

  responseBody(bytes: Buffer): void {
    this.#got?.add(bytes);
  }

  override ended(): void {
    const [sent, got] = [this.#sent, this.#got];
    this.#sent = this.#got = undefined;
    this.writer.later(this.#finish(sent, got));
  }

  async #finish(sent: BodyCopy | undefined, got: BodyCopy | undefined): Promise<void> {
    const { headers } = this.request;
    const fields = fieldsOf(this.response?.fields ?? '');
    const request = sent && this.#read(sent, (key) => headers.get(key));
    const response = got && this.#read(got, (key) => firstOf(fields, key));
    this.write(await request, await response);
    sent?.release();
    got?.release();
  }

  #read(copy: BodyCopy, field: (key: string) => string | undefined): Content | Promise<Content> {
    const { readYaml } = this.writer.options;
    return readContent(copy, field('content-type'), field('content-encoding'), readYaml);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { asPortholeError, PortholeError } from '../../errors.ts';
import { quote } from '../../printable.ts';
import { type Fingerprints, fingerprintsOf, isUnchanged, writtenWithin } from '../fingerprint.ts';
import type { ResolvedConfig } from '../kubeconfig.ts';
import type { Trace } from '../load.ts';
import { describeChange } from './describe-change.ts';
import { FolderWatch } from './folder-watch.ts';

/** From an event to the look at the files; and how long a file has to be left alone before it is read. */
const SETTLED_MS = 50;
/** Who writes without end is read after so many looks all the same. */
const MOST_POSTPONED = 20;
/** What was written this shortly before we began may have been written after it was loaded. */
const JUST_BEFORE_MS = 10_000;
const POLL_MS = 10_000;
/** Where events cannot be had. */
const POLL_ALONE_MS = 1_000;
const CHECK_MS = 1_000;

/**
 * Loads the configuration again: `traceLoading` with `again` and a new `now`. What it leaves in `trace` is needed to know
 * which files to watch when it throws.
 */
export type Load = (trace: Trace) => ResolvedConfig;

export interface FollowOptions {
  /** The one in use. */
  readonly config: ResolvedConfig;
  readonly load: Load;
  /** Puts another one to use, and returns whether that is news; when it throws, the one before stays. */
  readonly take: (config: ResolvedConfig) => boolean;
  /** Take sentences for the operator. */
  readonly warn: (sentence: string) => void;
  readonly inform: (sentence: string) => void;
  /** Between looks that nothing asks for, in ms. Default 10 s, and 1 s where the system gives no events. */
  readonly pollMs?: number;
}

/**
 * Keeps the configuration true to its files. File system events only wake it up; what counts is whether the files look
 * different, and whether what they say can be used: what cannot never takes the place of what can. Never throws.
 */
export class Follower {
  readonly #options: FollowOptions;
  readonly #watch = new FolderWatch(() => this.#wake());
  #config: ResolvedConfig;
  /** The files as they were when they were loaded. */
  #seen: Fingerprints;
  #warnings: readonly string[];
  /** Why they cannot be used: all reasons since they could. */
  readonly #failures = new Set<string>();
  #postponed = 0;
  /** It is to be loaded at the next look, whatever the files look like. */
  #due: boolean;
  /** The operator has asked for that. */
  #byHand = false;
  #woken: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: FollowOptions) {
    const { config } = options;
    this.#options = options;
    this.#config = config;
    this.#warnings = config.warnings;
    this.#seen = fingerprintsOf(config.sources);
    this.#due = config.sources.some((path) => writtenWithin(path, JUST_BEFORE_MS));
    this.#arm();
    this.#wake();
  }

  /** Looks now, when the API server does not accept what is in use. Shared, and at most once a second. */
  check(): Promise<void> {
    if (this.#checking === undefined) {
      if (performance.now() - this.#checkedAt < CHECK_MS) return Promise.resolve();
      this.#checking = this.#settle().finally(() => {
        this.#checking = undefined;
        this.#checkedAt = performance.now();
      });
    }
    return this.#checking;
  }

  /** Loads whatever the files look like, and tells the operator, who has asked for it, how it went. */
  reload(): Promise<void> {
    this.#due = true;
    this.#byHand = true;
    return this.#settle();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#woken);
    clearTimeout(this.#poll);
    this.#watch.close();
  }

  async #settle(): Promise<void> {
    while (!this.#look() && !this.#closed) await sleep(SETTLED_MS, undefined, { ref: false });
  }

  #wake(): void {
    this.#woken ??= setTimeout(() => {
      this.#woken = undefined;
      if (!this.#look()) this.#wake();
    }, SETTLED_MS).unref();
  }

  /** Before any look, so that what happens after it makes an event. */
  #arm(): void {
    if (this.#closed) return;
    const complete = this.#watch.arm(this.#seen.keys());
    clearTimeout(this.#poll);
    this.#poll = setTimeout(
      () => {
        // What cannot be used may have been out of reach for another reason than its content.
        if (this.#failures.size > 0) this.#due = true;
        if (!this.#look()) this.#wake();
      },
      this.#options.pollMs ?? (complete ? POLL_MS : POLL_ALONE_MS),
    ).unref();
  }

  /** False when files are being written at this moment, so that somebody has to look again. */
  #look(): boolean {
    if (this.#closed) return true;
    this.#arm();
    if (!this.#due && isUnchanged(this.#seen)) return true;
    this.#due = true;
    if (isBusy(this.#seen) && this.#postpones()) return false;
    if (!this.#load()) return false;
    this.#due = false;
    this.#byHand = false;
    this.#postponed = 0;
    this.#arm();
    return true;
  }

  #postpones(): boolean {
    return ++this.#postponed < MOST_POSTPONED;
  }

  /** False when files were being written meanwhile; what was loaded is then not looked at. */
  #load(): boolean {
    const trace: Trace = { warnings: [] };
    try {
      const config = this.#options.load(trace);
      if (!this.#remember(trace.sources ?? fingerprintsOf(config.sources))) return false;
      const missing = this.#byHand ? undefined : missingFrom(config, this.#config);
      if (missing !== undefined) throw new PortholeError('ERR_KUBECONFIG', missing);
      this.#accept(config);
    } catch (error) {
      if (!this.#remember(trace.sources ?? fingerprintsOf(this.#seen.keys()))) return false;
      this.#fail(asPortholeError(error).message);
    }
    return true;
  }

  /** What is in use is watched too: it may come back. Returns whether the files are still as they were loaded. */
  #remember(sources: Fingerprints): boolean {
    this.#seen = new Map([...fingerprintsOf(this.#config.sources), ...sources]);
    return (isUnchanged(sources) && !isBusy(sources)) || !this.#postpones();
  }

  #accept(config: ResolvedConfig): void {
    const { take, warn, inform } = this.#options;
    const change = describeChange(this.#config, config);
    const isNews = change !== undefined && take(config);
    this.#config = config;
    this.#seen = new Map([...this.#seen].filter(([path]) => config.sources.includes(path)));
    const again = 'the kubeconfig can be used again';
    if (this.#failures.size > 0) inform(`${again}: ${change ?? 'nothing has changed'}`);
    else if (isNews) inform(change);
    else if (this.#byHand) inform('kubeconfig read again: nothing has changed');
    this.#failures.clear();
    for (const warning of config.warnings) if (!this.#warnings.includes(warning)) warn(warning);
    this.#warnings = config.warnings;
  }

  #fail(reason: string): void {
    if (this.#failures.has(reason) && !this.#byHand) return;
    this.#failures.add(reason);
    this.#options.warn(`${reason}; the configuration in use stays`);
  }
}

/** Clocks tick slowly: a file that is written twice within a tick looks the same (git's racy index). */
function isBusy(files: Fingerprints): boolean {
  return [...files.keys()].some((path) => writtenWithin(path, SETTLED_MS));
}

/**
 * Why another configuration is not to be taken unasked though it can be used: a kubeconfig that is away, perhaps only while
 * an editor saves it, would leave another user to act as.
 */
function missingFrom(config: ResolvedConfig, inUse: ResolvedConfig): string | undefined {
  const gone = inUse.files.find((file) => !config.files.includes(file));
  if (gone === undefined) return undefined;
  return config.files.length === 0
    ? `kubeconfig ${quote(gone)} chooses nothing any more or is gone`
    : `kubeconfig ${quote(gone)} is gone`;
}

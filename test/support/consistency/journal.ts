// What is written down of a run: what clients asked and were told, what etcd has, what watches brought.

export type Verb = 'create' | 'update' | 'delete' | 'get' | 'list';

/** An object as an answer, or etcd, has it. */
export interface Seen {
  readonly name: string;
  /** metadata.resourceVersion, etcd's mod_revision. */
  readonly revision: number;
  /** The request that wrote it like this. */
  readonly op: string | undefined;
}

/** A request of one of the clients. */
export interface Asked {
  /** Its Audit-ID. A create and an update write it into the object. */
  readonly id: string;
  readonly verb: Verb;
  /** Of the object; undefined for lists, and where the API server chooses it. */
  readonly name: string | undefined;
  /** The state of the object that an update or a delete is based on. */
  readonly base: number | undefined;
  /** Undefined until there is one, and when none came. */
  answer: Answer | undefined;
}

/** An answer whose head came. */
export interface Answer {
  readonly status: number;
  /** It came to its end, as HTTP has it. */
  readonly whole: boolean;
  /** Audit-ID of the answer. */
  readonly auditID: string | undefined;
  /** Of a list. */
  readonly revision: number | undefined;
  readonly objects: readonly Seen[];
  /** An end that is no end: what came whole can not be read. */
  readonly broken: boolean;
}

/** One write that etcd has. */
export interface Write extends Seen {
  readonly kind: 'create' | 'update' | 'delete';
  /** The state that it replaced. */
  readonly before: number | undefined;
}

/** One answer to a watch. */
export interface WatchPiece {
  readonly client: number;
  /** The revision that it begins behind. */
  readonly from: number;
  /** Its body so far. */
  readonly bytes: Buffer;
  /** `complete` is an answer with an end, `cut` one that broke off. */
  readonly state: 'open' | 'complete' | 'cut';
  /** It is not to be complete sooner; undefined: not at all. */
  readonly timeoutMs: number | undefined;
  readonly lastedMs: number;
}

/** The API server's own answer to a watch, without anybody between. */
export interface Truth {
  readonly bytes: Buffer;
  /** Where the event of each revision ends, in order. */
  readonly ends: ReadonlyMap<number, number>;
}

/** All of one run. */
export interface World {
  /** The revision that the run began behind. */
  readonly start: number;
  readonly asked: readonly Asked[];
  /** Of the run's namespace, in order. */
  readonly history: readonly Write[];
  /** What etcd holds at the end. */
  readonly content: readonly Seen[];
  /** What the API server lists at the end, and what it lists through the proxy. */
  readonly lists: Readonly<Record<string, readonly Seen[]>>;
  readonly truth: Truth;
  readonly watches: readonly WatchPiece[];
  /** How often the API server had a request, by Audit-ID. */
  readonly had: ReadonlyMap<string, number>;
  /** How many final records the proxy wrote of a request, by Audit-ID; undefined where it writes none. */
  readonly recorded: ReadonlyMap<string, number> | undefined;
}

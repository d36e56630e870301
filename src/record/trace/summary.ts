/** What a trace adds up to. Times in ms, bytes of bodies as the command sees them. Its keys are those of `--output=json`. */
export interface TraceSummary {
  /** The program's name, without its arguments: those may hold secrets. */
  readonly program: string;
  readonly exitCode: number;
  readonly wallMs: number;
  /** While at least one call was under way. */
  readonly apiMs: number;
  /** Of that, while nothing but watches, tunnels and other streams was. */
  readonly streamingMs: number;
  readonly calls: number;
  readonly failed: number;
  /** Of the calls, those that ask which resources there are: `/api`, `/apis`, `/openapi`. */
  readonly discovery: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Those that took the most time in all first. */
  readonly groups: readonly CallGroup[];
  /** The slowest first; without watches, tunnels and other streams. */
  readonly slowest: readonly CallSummary[];
  readonly failures: readonly Failure[];
  /** Failed calls of more kinds than `failures` has room for. */
  readonly otherFailures: number;
  readonly connections: ConnectionFacts;
}

/** The calls of one verb and kind of resource. */
export interface CallGroup {
  readonly verb: string;
  /** `deployments.apps/scale`, `discovery`, or a path. */
  readonly resource: string;
  readonly calls: number;
  readonly failed: number;
  readonly totalMs: number;
  readonly meanMs: number;
  /** 95 % of the calls took this or less (nearest rank). */
  readonly p95Ms: number;
  readonly maxMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface CallSummary {
  readonly verb: string;
  /** `deployments.apps/default/web`, or a path. */
  readonly object: string;
  /** Null where there was no answer. */
  readonly status: number | null;
  readonly ms: number;
}

/** Calls that failed in the same way. */
export interface Failure extends Omit<CallSummary, 'ms'> {
  readonly calls: number;
  readonly outcome: string;
  /** porthole's own sentence; null where the API server said no. */
  readonly error: string | null;
}

/** Of connections to the API server. */
export interface ConnectionFacts {
  readonly opened: number;
  /** Calls that found one open. */
  readonly reuses: number;
  /** `127.0.0.1:6443`; the API servers', or those of proxies on the way to them. */
  readonly addresses: readonly string[];
  /** What those that were opened took in all: TCP with the name, then TLS. */
  readonly dialMs: number;
  readonly tlsMs: number;
  /** What calls waited for credentials. */
  readonly authMs: number;
  /** Calls that were sent once more, with a renewed credential. */
  readonly replayed: number;
}

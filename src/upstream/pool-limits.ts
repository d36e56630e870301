/** Bounds of a pool. Times are milliseconds. */
export const POOL_LIMITS = {
  /** As in Go's http.DefaultTransport. */
  idle: 90_000,
  maxIdle: 256,
  /** Handshakes at once with one certificate: a burst of clients shares them instead of each paying for its own. */
  maxDials: 16,
  /** Up to so many connections, whoever finds none idle has one opened. */
  eager: 64,
  /**
   * Beyond them, who has waited for so long: more connections than a processor can keep busy only cost handshakes (at 512
   * clients, 105 us of CPU a request in place of 77), while one whose turn does not come is held back by slow answers.
   */
  grow: 20,
  maxConnections: 8_192,
  /** How often open connections are looked over. */
  sweep: 5_000,
  /** Of silence, after which an exchange that is owed bytes makes the pool ask whether the API server is there. */
  silence: 20_000,
  /** Until it asks again, and how long it waits for an answer: with the two above, less than a minute. */
  again: 25_000,
  probe: 15_000,
  /** How often it asks an API server that is unreachable, and for how long after the last request. */
  recovery: 5_000,
  patience: 300_000,
} as const;

/** Of one pool. */
export type PoolLimits = Readonly<Record<keyof typeof POOL_LIMITS, number>>;
